//! Whether a token is the issuer's, for this service, and of now (RFC 7519, with the advice of RFC 8725).
//!
//! Architecture invariant: which algorithm a signature is checked by is said by our list and by the key's own type. A token's
//! header only says which of the issuer's keys it claims, and is refused where that does not agree.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::claims::{self, Student};
use super::jwks::Jwks;
use super::limits::SignInLimits;
use super::refused::{NotLetIn, Refused};
use super::settings::{InvalidOidc, OidcSettings};
use domain::Role;
use domain::access::Scopes;

/// The farthest that the clocks may be apart, in seconds.
const LONGEST_LEEWAY_SECONDS: u64 = 60;
/// The longest name of a key, in bytes.
const KID_BYTES: usize = 256;
/// Headers that would have a token bring its own key, say where there is one, or change what a token is.
const REFUSED_HEADERS: [&str; 5] = ["jwk", "jku", "x5u", "x5c", "crit"];
/// What tokens call themselves that give access: JWT of old, and RFC 9068.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// Reads the tokens of one issuer.
pub(super) struct Verifier {
    settings: OidcSettings,
    limits: SignInLimits,
    keys: Jwks,
}

/// What a token says that holds.
pub(super) struct Verified {
    /// The issuer's name for the person.
    pub(super) sub: Zeroizing<String>,
    /// Until when it is let in, in seconds since 1970, the clocks' difference included.
    pub(super) until: u64,
    pub(super) role: Role,
    pub(super) scopes: Scopes,
    /// Who they are, if they are a student.
    pub(super) student: Option<Student>,
}

/// What a header claims.
struct Claimed {
    algorithm: Algorithm,
    kid: Option<String>,
}

impl Verifier {
    pub(super) fn new(settings: OidcSettings, limits: SignInLimits) -> Result<Self, InvalidOidc> {
        if limits.leeway.as_secs_f64() > LONGEST_LEEWAY_SECONDS as f64 {
            return Err(InvalidOidc::Leeway { most: LONGEST_LEEWAY_SECONDS });
        }
        let keys = Jwks::new(&settings.keys, limits)?;
        Ok(Self { settings, limits, keys })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Checks a token, and reads what it says.
    pub(super) async fn verify(&self, token: &str) -> Result<Verified, NotLetIn> {
        if token.len() > self.limits.token_bytes {
            return Err(Refused::TooLong.into());
        }
        let claimed = header(token)?;
        let key = self.keys.key(claimed.kid.as_deref(), claimed.algorithm).await?;
        let validation = self.validation(key.algorithm);
        let decoded = decode::<Map<String, Value>>(token, &key.decoding, &validation);
        let said = decoded.map_err(|error| refusal(error.kind()))?.claims;
        Ok(self.read(&said)?)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.limits.leeway.as_secs();
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }

    fn read(&self, said: &Map<String, Value>) -> Result<Verified, Refused> {
        // One issuer, and not a list with ours among others.
        if said.get("iss").and_then(Value::as_str) != Some(self.settings.issuer.as_str()) {
            return Err(Refused::Issuer);
        }
        let sub = said.get("sub").and_then(Value::as_str).unwrap_or_default();
        if sub.is_empty() || sub.len() > self.limits.subject_bytes {
            return Err(Refused::Claims);
        }
        let until = claims::seconds(said.get("exp")).ok_or(Refused::Claims)?;
        let names = &self.settings.claims;
        let role = claims::role(said, &names.role)?;
        let scopes = if role == Role::Service { claims::scopes(said, &names.scope)? } else { Scopes::NONE };
        let student = if role == Role::Student {
            Some(claims::student(said, &names.subject, self.limits.subject_bytes)?)
        } else {
            None
        };
        let until = until.saturating_add(self.limits.leeway.as_secs());
        Ok(Verified { sub: Zeroizing::new(sub.to_owned()), until, role, scopes, student })
    }
}

/// Reads a header, and refuses what asks for more than a key of the issuer's.
fn header(token: &str) -> Result<Claimed, Refused> {
    let (encoded, rest) = token.split_once('.').ok_or(Refused::Malformed)?;
    if rest.matches('.').count() != 1 {
        return Err(Refused::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Refused::Malformed)?;
    let header: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed)?;
    if REFUSED_HEADERS.iter().any(|name| header.contains_key(*name)) {
        return Err(Refused::Header);
    }
    if !header.get("typ").is_none_or(|typ| typ.as_str().is_some_and(gives_access)) {
        return Err(Refused::Type);
    }
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some("RS256") => Algorithm::RS256,
        Some("ES256") => Algorithm::ES256,
        Some("EdDSA") => Algorithm::EdDSA,
        _ => return Err(Refused::Algorithm),
    };
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= KID_BYTES => Some(kid.clone()),
        Some(_) => return Err(Refused::Malformed),
    };
    Ok(Claimed { algorithm, kid })
}

fn gives_access(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
}

/// What the check of signature and times says.
fn refusal(error: &ErrorKind) -> Refused {
    match error {
        ErrorKind::ExpiredSignature => Refused::Expired,
        ErrorKind::ImmatureSignature => Refused::NotYetValid,
        ErrorKind::InvalidIssuer => Refused::Issuer,
        ErrorKind::InvalidAudience => Refused::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::InvalidSubject => {
            Refused::Claims
        }
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
            Refused::Malformed
        }
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            Refused::Algorithm
        }
        _ => Refused::Signature,
    }
}
