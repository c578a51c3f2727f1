//! Who calls: from what a request shows to an actor.
//!
//! Callers show tokens of the ledger's own, or access tokens of the institution's issuer where there is one. Which of them it
//! is, its form says; what follows is the same.

use std::time::Duration;

use http::HeaderValue;
use zeroize::Zeroizing;

use super::errors::ApiError;
use crate::metrics::Metrics;
use crate::oidc::{NotLetIn, Refused, SignIn};
use crate::tokens::{Actor, Token, TokenHash, Tokens};

/// When a caller is told to come back whose token could not be checked.
const COME_BACK: Duration = Duration::from_secs(2);

/// What every token is told that is none any more. Why exactly is for the log.
const INVALID: &str = "the token is not valid: unknown, revoked, or past its end";

/// Those who are let in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Callers {
    tokens: Tokens,
    sign_in: Option<SignIn>,
}

impl From<Tokens> for Callers {
    /// Those with tokens of the ledger's own alone.
    fn from(tokens: Tokens) -> Self {
        Self { tokens, sign_in: None }
    }
}

/// What a caller showed, kept to be looked at again while an answer goes on.
#[derive(Clone)]
pub(super) enum Shown {
    /// A token of the ledger's own, by its hash.
    Token(TokenHash),
    /// One of the issuer, whole: its keys may be others by then.
    OfIssuer(Zeroizing<String>),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(…)")
    }
}

impl Callers {
    /// Those with tokens of the ledger's own, and those whom the issuer signs in.
    #[must_use]
    pub const fn new(tokens: Tokens, sign_in: Option<SignIn>) -> Self {
        Self { tokens, sign_in }
    }

    /// Whose request it is that has this header.
    pub(super) async fn let_in(
        &self,
        header: &HeaderValue,
        metrics: &Metrics,
    ) -> Result<(Actor, Shown), ApiError> {
        let Some(text) = bearer(header) else {
            return Err(ApiError::unauthorised(INVALID));
        };
        let let_in = match shown(text) {
            Ok(shown) => self.again(&shown).await.map(|actor| (actor, shown)),
            Err(refused) => Err(refused.into()),
        };
        let_in.map_err(|error| match error {
            NotLetIn::Refused(refused) => {
                metrics.sign_in_refused(refused);
                tracing::info!(why = refused.label(), "a caller was not let in");
                refusal(refused)
            }
            error => {
                let detail = "the token could not be checked just now; try again";
                ApiError::unavailable("tokens_unavailable", detail, COME_BACK).because(error)
            }
        })
    }

    /// Whose it is now.
    pub(super) async fn again(&self, shown: &Shown) -> Result<Actor, NotLetIn> {
        match (shown, &self.sign_in) {
            (Shown::Token(hash), _) => Ok(self.tokens.actor_of(*hash).await?.ok_or(Refused::UnknownToken)?),
            (Shown::OfIssuer(text), Some(sign_in)) => sign_in.actor(text).await,
            (Shown::OfIssuer(_), None) => Err(Refused::NoIssuer.into()),
        }
    }
}

/// The text of `Bearer <token>` (RFC 6750, section 2.1; the scheme's case does not matter, RFC 9110, section 11.1).
pub(super) fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether a text has the form of a token; whether it is one is found out later.
pub(super) fn is_token(text: &str) -> bool {
    Token::parse(text).is_some() || text.matches('.').count() == 2
}

/// What a text is: a token of the ledger's own has a form that no other has, one of an issuer has two dots (RFC 7515).
fn shown(text: &str) -> Result<Shown, Refused> {
    match Token::parse(text) {
        Some(token) => Ok(Shown::Token(token.hash())),
        None if text.matches('.').count() == 2 => Ok(Shown::OfIssuer(Zeroizing::new(text.to_owned()))),
        None => Err(Refused::NoToken),
    }
}

/// What whoever was not let in is told: no more than helps those who meant well.
fn refusal(refused: Refused) -> ApiError {
    match refused {
        // Of a token whose signature is the issuer's.
        Refused::Expired => ApiError::no_token_any_more("the token is past its end; sign in again"),
        Refused::NotYetValid => ApiError::no_token_any_more("the token is not valid yet"),
        Refused::Issuer | Refused::Audience => {
            ApiError::no_token_any_more("the token is not for this service")
        }
        Refused::Blocked => ApiError::no_token_any_more(INVALID),
        Refused::NoRole => ApiError::forbidden(
            "no_role",
            "you are signed in, and in no role of this service; ask whoever runs the sign-in to give you one of admin, grader, \
             clerk, auditor, student, service",
        ),
        Refused::SeveralRoles => ApiError::forbidden(
            "several_roles",
            "you are signed in, and in more than one role of this service; ask whoever runs the sign-in for a token with one",
        ),
        Refused::NoScope => ApiError::forbidden(
            "no_scope",
            "the service is signed in, and has no scope of this API: metrics:read, events:read, export, import",
        ),
        Refused::NoSubject => ApiError::forbidden(
            "no_subject",
            "you are signed in as a student, and the token does not say which; ask whoever runs the sign-in",
        ),
        Refused::UnknownStudent => ApiError::forbidden(
            "unknown_student",
            "you are signed in, and nobody is known here by the reference that you are signed in with; ask the exam office to \
             enter it",
        ),
        Refused::NoToken
        | Refused::UnknownToken
        | Refused::NoIssuer
        | Refused::TooLong
        | Refused::Malformed
        | Refused::Header
        | Refused::Type
        | Refused::Algorithm
        | Refused::NoKeyNamed
        | Refused::UnknownKey
        | Refused::KeyType
        | Refused::Signature
        | Refused::Claims => ApiError::invalid_token(INVALID),
    }
}
