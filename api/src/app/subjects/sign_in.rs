//! What a student signs in with: tokens that the office gives, and references by which the institution's issuer knows them.
//!
//! None of it is an event: the ledger says what happened to copies, and who may knock at its door is kept in the key store, so
//! that a restored ledger brings no token back.

use std::time::Duration;

use domain::SubjectId;
use domain::subject::SubjectError;
use uuid::Uuid;

use super::super::texts::Reference;
use super::super::{App, AppError};
use crate::ledger::LedgerError;
use crate::oidc::{self, ReferenceError};
use crate::tokens::{self, Given, TokenError};

/// A token that was made for a student, to be handed out once.
pub type GivenToken = Given;

impl App {
    /// Makes a token for a student that lives for `seconds`.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], a subject whose data is erased, a life that is too long, or too many tokens.
    pub async fn give_token(&self, subject: SubjectId, seconds: u32) -> Result<GivenToken, AppError> {
        let (life, longest) = (Duration::from_secs(seconds.into()), self.sign_in.student_token_life);
        if life.is_zero() || life > longest {
            let detail = format!("life_seconds takes 1 to {}", longest.as_secs());
            return Err(AppError::form("life_out_of_range", detail));
        }
        self.check_stays(subject).await?;
        let keys = self.vault.keys().pool();
        Ok(tokens::give(keys, subject, life, self.sign_in.student_tokens).await?)
    }

    /// Ends every token of a student.
    ///
    /// # Errors
    /// [`AppError::NoSuch`].
    pub async fn revoke_tokens(&self, subject: SubjectId) -> Result<(), AppError> {
        self.subject_state(subject).await?;
        tokens::revoke_all(self.vault.keys().pool(), subject).await?;
        Ok(())
    }

    /// Makes these the references by which the issuer's tokens name a student, and no others.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], a subject whose data is erased, or a reference that is another's.
    pub async fn set_references(&self, subject: SubjectId, references: &[Reference]) -> Result<(), AppError> {
        let most = self.sign_in.references;
        if references.len() > most {
            return Err(AppError::form(
                "too_many_references",
                format!("a subject has at most {most} references"),
            ));
        }
        if references.iter().any(|reference| Uuid::try_parse(reference.as_str()).is_ok()) {
            let detail = "a reference of the form of a UUID is taken for a subject's id where a token shows it: leave it out, or \
                          have the issuer send another one";
            return Err(AppError::unprocessable("reference_is_an_id", detail.to_owned()));
        }
        self.check_stays(subject).await?;
        let (keys, names) = (self.vault.keys().pool(), self.server_keys.sign_ins());
        oidc::set_references(keys, names, subject, references.iter().map(Reference::as_str)).await?;
        Ok(())
    }

    /// Nobody begins to sign in as somebody whose data is being erased, or was.
    async fn check_stays(&self, subject: SubjectId) -> Result<(), AppError> {
        let standing = self.subject_state(subject).await?;
        if standing.state.destroyed_copies().is_none() {
            return Ok(());
        }
        Err(AppError::Subject { error: SubjectError::Erased, current_sequence: standing.sequence })
    }
}

impl From<TokenError> for AppError {
    fn from(error: TokenError) -> Self {
        let detail = error.to_string();
        match error {
            TokenError::TooMany(_) => Self::unprocessable("too_many_tokens", detail),
            TokenError::Erased => Self::Erased("personal data that this is about"),
            TokenError::Database(error) => LedgerError::from(error).into(),
            error => Self::internal(error),
        }
    }
}

impl From<ReferenceError> for AppError {
    fn from(error: ReferenceError) -> Self {
        let detail = error.to_string();
        match error {
            ReferenceError::Taken => Self::unprocessable("reference_taken", detail),
            ReferenceError::Erased => Self::Erased("personal data that this is about"),
            ReferenceError::Database(error) => LedgerError::from(error).into(),
        }
    }
}
