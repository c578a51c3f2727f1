//! What can be done with a subject: the person whose copies there may be.
//!
//! Architecture invariant: who somebody is comes in here, is sealed at once, and is opened for those who may read identities
//! alone. No event, no view and no stored answer holds it.

mod copies_of;
mod erase;
mod export;
mod identity;
mod known_by;
mod read;
mod sign_in;

use std::sync::Arc;

use domain::subject::{Subject, SubjectCommand, SubjectState};
use domain::{HoldId, SubjectId};
use uuid::Uuid;

pub use erase::Step;
pub use export::SubjectExport;
pub use identity::{Identity, IdentityChange};
pub use sign_in::GivenToken;

use super::answers::subject::SubjectAnswer;
use super::texts::Reason;
use super::{App, AppError, Caller, Written};
use crate::vault::{Purpose, Sealed, VaultOwner};

impl App {
    /// Registers a person; the pseudonym is in the answer.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn register_subject(&self, caller: &Caller, identity: &Identity) -> Result<Written, AppError> {
        // Random bits alone: a pseudonym that began with the time would tell in which order people were registered.
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(AppError::internal)?;
        let subject = SubjectId(uuid::Builder::from_random_bytes(bits).into_uuid());
        let Sealed { commitment: identity, row } = self.seal_identity(subject, identity).await?;
        self.command_subject(caller, subject, vec![row], SubjectCommand::Register { identity }).await
    }

    /// Puts right who it is; what the change leaves out stays as it is.
    ///
    /// # Errors
    /// A rule of the subject.
    pub async fn rectify_subject(
        &self,
        caller: &Caller,
        subject: SubjectId,
        change: IdentityChange,
    ) -> Result<Written, AppError> {
        let standing = self.subject_state(subject).await?;
        let SubjectState::Known(person) = &standing.state else {
            let erased = domain::subject::SubjectError::Erased;
            let refusal = AppError::Subject { error: erased, current_sequence: standing.sequence };
            return self.repeat_or(caller, refusal).await;
        };
        let before = self.open_identity(person.identity).await?;
        let after = change.applied_to(&before);
        if after == before {
            let identity = person.identity;
            return self
                .command_subject(caller, subject, Vec::new(), SubjectCommand::Rectify { identity })
                .await;
        }
        let Sealed { commitment: identity, row } = self.seal_identity(subject, &after).await?;
        self.command_subject(caller, subject, vec![row], SubjectCommand::Rectify { identity }).await
    }

    /// Places a legal hold.
    ///
    /// # Errors
    /// A rule of the subject.
    pub async fn hold_subject(
        &self,
        caller: &Caller,
        subject: SubjectId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let hold = HoldId(Uuid::now_v7());
        self.because(caller, subject, reason, |reason| SubjectCommand::PlaceHold { hold, reason }).await
    }

    /// Lifts one.
    ///
    /// # Errors
    /// A rule of the subject.
    pub async fn lift_hold(
        &self,
        caller: &Caller,
        subject: SubjectId,
        hold: HoldId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        self.because(caller, subject, reason, |reason| SubjectCommand::LiftHold { hold, reason }).await
    }

    /// Asks for the erasure of all that is kept of a person.
    ///
    /// # Errors
    /// A rule of the subject.
    pub async fn request_erasure(
        &self,
        caller: &Caller,
        subject: SubjectId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let by = caller.actor;
        self.because(caller, subject, reason, |reason| SubjectCommand::RequestErasure { by, reason }).await
    }

    /// Agrees to it.
    ///
    /// # Errors
    /// A rule of the subject: whoever asked cannot agree.
    pub async fn approve_erasure(&self, caller: &Caller, subject: SubjectId) -> Result<Written, AppError> {
        let by = caller.actor;
        self.command_subject(caller, subject, Vec::new(), SubjectCommand::ApproveErasure { by }).await
    }

    /// Takes the wish back.
    ///
    /// # Errors
    /// A rule of the subject: once it has begun it cannot be.
    pub async fn withdraw_erasure(
        &self,
        caller: &Caller,
        subject: SubjectId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let by = caller.actor;
        self.because(caller, subject, reason, |reason| SubjectCommand::WithdrawErasure { by, reason }).await
    }

    /// The subject as its stream has made it.
    pub(in crate::app) async fn subject_state(&self, subject: SubjectId) -> Result<Arc<Subject>, AppError> {
        let loaded = self.ledger.load::<Subject>(subject.0).await?;
        match loaded.state.state {
            SubjectState::Absent => Err(AppError::NoSuch("subject")),
            _ => Ok(loaded.state),
        }
    }

    /// A copy becomes that of somebody who is registered, and not of somebody whose data is erased: it would come too late to
    /// be destroyed with it.
    pub(in crate::app) async fn check_is_known(&self, subject: SubjectId) -> Result<(), AppError> {
        let loaded = self.ledger.load::<Subject>(subject.0).await?;
        if matches!(loaded.state.state, SubjectState::Absent) {
            let detail = "there is no subject with this id; register them first with POST /api/subjects";
            return Err(AppError::unprocessable("no_such_subject", detail));
        }
        if loaded.state.state.destroyed_copies().is_none() {
            return Ok(());
        }
        let error = domain::subject::SubjectError::Erased;
        Err(AppError::Subject { error, current_sequence: loaded.sequence })
    }

    async fn because(
        &self,
        caller: &Caller,
        subject: SubjectId,
        reason: &Reason,
        command: impl FnOnce(domain::Commitment) -> SubjectCommand,
    ) -> Result<Written, AppError> {
        // Before a key is made: nobody who is not there gets one.
        if let Err(refusal) = self.subject_state(subject).await {
            return self.repeat_or(caller, refusal).await;
        }
        let owner = VaultOwner::Subject(subject);
        let sealed = match self.vault.seal(owner, Purpose::Comments, reason.as_str()).await {
            Ok(sealed) => sealed,
            Err(error) => return self.repeat_or(caller, error.into()).await,
        };
        self.command_subject(caller, subject, vec![sealed.row], command(sealed.commitment)).await
    }

    async fn command_subject(
        &self,
        caller: &Caller,
        subject: SubjectId,
        sealed: Vec<crate::vault::VaultRow>,
        command: SubjectCommand,
    ) -> Result<Written, AppError> {
        let command = move |_| command.clone();
        let answer = move |standing: &Subject| SubjectAnswer::of(subject, standing);
        let written = self.execute::<Subject, _>(caller, subject.0, sealed, &command, &answer).await?;
        Ok(Written { answer: identity::read(written.answer), ..written })
    }
}
