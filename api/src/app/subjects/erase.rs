//! Erasing a subject, step by step: each can be repeated, so that whoever goes on after a kill begins at the first.
//!
//! The event comes first. Then the keys go, which makes all that was sealed under them unreadable wherever a copy of it lies;
//! then what they opened, and what signs the person in. A process that had a key in memory may still write with it for a
//! while, so all of it is done once more when that cannot be any more, and only then it is recorded as done.

use std::time::Duration;

use domain::copy::{CopyAction, CopyCommand, CopyState, ExamCopy};
use domain::subject::{Destroyed, Subject, SubjectCommand, SubjectError, SubjectState};
use domain::{CopyId, Role, SubjectId};
use serde_json::Value;

use super::super::{App, AppError, SYSTEM};
use crate::ledger::{By, ExecuteError, Order};
use crate::vault::{Purpose, VaultOwner};

/// How far an erasure came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It cannot begin or go on: a hold stands, or a final PDF of a copy is being made.
    Waits(&'static str),
    /// All is destroyed, and late writers are waited for.
    Settles,
    /// All is destroyed, and recorded.
    Done(Destroyed),
    /// There is nothing to be done.
    Nothing,
}

impl App {
    /// Takes an approved erasure as far as it goes now.
    ///
    /// # Errors
    /// [`AppError`]; what was destroyed until then is, and a repeat goes on.
    pub async fn erase_subject(
        &self,
        subject: SubjectId,
        request_id: &str,
        settle: Duration,
    ) -> Result<Step, AppError> {
        let mut standing = self.subject_state(subject).await?;
        if matches!(standing.state, SubjectState::Known(_)) {
            if let Some(waits) = self.begin(subject, request_id).await? {
                return Ok(waits);
            }
            standing = self.subject_state(subject).await?;
        }
        let SubjectState::Erasing { copies } = &standing.state else { return Ok(Step::Nothing) };
        let mut copies = copies.clone();
        // One that was identified while the erasure began is theirs as well.
        copies.extend(self.copies_of(subject).await?);
        copies.sort_unstable();
        copies.dedup();
        for copy in &copies {
            if !self.put_away(*copy, request_id).await? {
                return Ok(Step::Waits("the final PDF of one of the copies is being made"));
            }
        }
        self.destroy(subject, &copies).await?;
        let Some(destroyed) = self.destroyed(subject, &copies, settle).await? else {
            return Ok(Step::Settles);
        };
        self.record(subject, request_id, SubjectCommand::RecordErased { destroyed }).await?;
        Ok(Step::Done(destroyed))
    }

    /// Erases again what an erased subject has left: the key store was restored from before, or a blob came back. Answers
    /// whether there was any.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn erase_again(&self, subject: SubjectId) -> Result<bool, AppError> {
        let standing = self.subject_state(subject).await?;
        let SubjectState::Erased { copies, .. } = &standing.state else { return Ok(false) };
        let mut copies = copies.clone();
        copies.extend(self.copies_of(subject).await?);
        let mut left = self.is_left(VaultOwner::Subject(subject)).await?
            || self.vault.keys().has_sign_in(subject).await?;
        for copy in &copies {
            left = left || self.is_left(VaultOwner::Copy(*copy)).await? || self.blobs.count(*copy).await? > 0;
        }
        if left {
            self.destroy(subject, &copies).await?;
        }
        Ok(left)
    }

    async fn is_left(&self, owner: VaultOwner) -> Result<bool, AppError> {
        let keys = self.vault.keys();
        Ok(!keys.is_erased(owner).await? || keys.has_keys(owner).await? || self.vault.count(owner).await? > 0)
    }

    /// Appends that the erasure begins, with the copies that go with it. Answers what is in the way, if something is.
    async fn begin(&self, subject: SubjectId, request_id: &str) -> Result<Option<Step>, AppError> {
        let copies = self.copies_of(subject).await?;
        for copy in &copies {
            if matches!(self.copy_state(*copy).await?.state, CopyState::Grading(..)) {
                return Ok(Some(Step::Waits("the final PDF of one of the copies is being made")));
            }
        }
        match self.record(subject, request_id, SubjectCommand::StartErasure { copies }).await {
            Err(AppError::Subject { error: SubjectError::Held(_), .. }) => {
                Ok(Some(Step::Waits("a legal hold stands")))
            }
            // It was withdrawn, or another process began.
            Err(AppError::Subject { error: SubjectError::NotApproved, .. }) => Ok(Some(Step::Nothing)),
            Err(AppError::Subject { error: SubjectError::Erased, .. }) | Ok(()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a copy that is not graded out of the count, since nobody can mark what nobody can see. Answers whether it is
    /// where nothing is made of it any more.
    async fn put_away(&self, copy: CopyId, request_id: &str) -> Result<bool, AppError> {
        match self.copy_state(copy).await?.state {
            CopyState::Grading(..) => return Ok(false),
            CopyState::Absent | CopyState::Graded(..) | CopyState::Voided(..) => return Ok(true),
            CopyState::Staging(_)
            | CopyState::Ready(_)
            | CopyState::Locked(..)
            | CopyState::GradingFailed(..) => {}
        }
        let reason = "the data of the person whose copy it is was erased";
        let sealed = self.vault.seal(VaultOwner::Copy(copy), Purpose::Comments, reason).await?;
        let action = CopyAction::Void { reason: sealed.commitment, replaced_by: None };
        let order = Order {
            by: by(request_id),
            idempotency: None,
            vault: vec![sealed.row],
            command: &|at| CopyCommand { actor: SYSTEM, at, action: action.clone() },
            answer: &|_: &ExamCopy| Value::Null,
        };
        match self.ledger.execute::<ExamCopy>(copy.0, order).await {
            Ok(_) => Ok(true),
            // It moved on meanwhile; the next look sees where to.
            Err(ExecuteError::Refused { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn destroy(&self, subject: SubjectId, copies: &[CopyId]) -> Result<(), AppError> {
        let keys = self.vault.keys();
        let person = VaultOwner::Subject(subject);
        let owners = || copies.iter().map(|copy| VaultOwner::Copy(*copy)).chain([person]);
        for owner in owners() {
            keys.erase(owner).await?;
        }
        for copy in copies {
            let owner = VaultOwner::Copy(*copy);
            keys.note_found(owner, self.vault.count(owner).await?, self.blobs.count(*copy).await?).await?;
        }
        keys.note_found(person, self.vault.count(person).await?, 0).await?;
        for owner in owners() {
            self.vault.erase_rows(owner).await?;
            self.access_log.erase_reasons(owner).await?;
        }
        for copy in copies {
            self.blobs.erase(*copy).await?;
        }
        keys.end_sign_in(subject).await?;
        Ok(())
    }

    /// How much was destroyed; none while somebody may still hold a key of it.
    async fn destroyed(
        &self,
        subject: SubjectId,
        copies: &[CopyId],
        settle: Duration,
    ) -> Result<Option<Destroyed>, AppError> {
        let mut sum =
            Destroyed { copies: u32::try_from(copies.len()).unwrap_or(u32::MAX), ..Default::default() };
        let owners = copies.iter().map(|copy| VaultOwner::Copy(*copy)).chain([VaultOwner::Subject(subject)]);
        for owner in owners {
            match self.vault.keys().erased(owner, settle).await? {
                Some(erased) if erased.is_settled => {
                    sum.keys += erased.keys;
                    sum.texts += erased.texts;
                    sum.files += erased.files;
                }
                Some(_) | None => return Ok(None),
            }
        }
        Ok(Some(sum))
    }

    async fn record(
        &self,
        subject: SubjectId,
        request_id: &str,
        command: SubjectCommand,
    ) -> Result<(), AppError> {
        let order = Order {
            by: by(request_id),
            idempotency: None,
            vault: Vec::new(),
            command: &|_| command.clone(),
            answer: &|_: &Subject| Value::Null,
        };
        self.ledger.execute::<Subject>(subject.0, order).await?;
        Ok(())
    }
}

fn by(request_id: &str) -> By {
    By {
        actor: SYSTEM,
        role: Role::System,
        request_id: request_id.to_owned(),
        causation_id: None,
        traceparent: None,
    }
}
