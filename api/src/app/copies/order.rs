//! The one way of a command to a copy.

use std::sync::Arc;

use domain::copy::{CopyAction, CopyCommand, CopyError, CopyState, ExamCopy};
use domain::{Commitment, CopyId};
use serde::Serialize;
use tracing::Span;

use super::super::answers::copy::CopyAnswer;
use super::super::texts::Prose;
use super::super::{App, AppError, Caller, Written};
use crate::vault::{Purpose, VaultOwner, VaultRow};

/// A command to a copy on its way: the copy as it stands, and what was sealed for it.
pub(in crate::app) struct CopyOrder<'a> {
    app: &'a App,
    caller: &'a Caller,
    copy: CopyId,
    standing: Arc<ExamCopy>,
    sealed: Vec<VaultRow>,
}

impl App {
    /// Begins an order to a copy that exists, and records the expiry of its lease if that is over: a refused
    /// command keeps no event, so the expiry is a command of its own.
    pub(in crate::app) async fn order<'a>(
        &'a self,
        caller: &'a Caller,
        copy: CopyId,
    ) -> Result<CopyOrder<'a>, AppError> {
        let mut standing = self.found_copy(caller.found.as_ref(), copy).await?;
        if self.lease_is_over(&standing) {
            self.expire_lock(copy, &caller.request_id, caller.traceparent).await?;
            standing = self.copy_state(copy).await?;
        }
        Ok(CopyOrder { app: self, caller, copy, standing, sealed: Vec::new() })
    }

    /// The copy as its stream has made it.
    pub(in crate::app) async fn copy_state(&self, copy: CopyId) -> Result<Arc<ExamCopy>, AppError> {
        let loaded = self.ledger.load::<ExamCopy>(copy.0).await?;
        match loaded.state.state {
            CopyState::Absent => Err(AppError::NoSuch("copy")),
            _ => Ok(loaded.state),
        }
    }

    /// Decides a command to a copy and appends what follows.
    pub(super) async fn command_copy<T: Serialize>(
        &self,
        caller: &Caller,
        copy: CopyId,
        sealed: Vec<VaultRow>,
        action: CopyAction,
        answer: impl Fn(&ExamCopy) -> T + Send + Sync,
    ) -> Result<Written, AppError> {
        // On the lines of the request; an import's path does not name it.
        Span::current().record("copy_id", tracing::field::display(copy));
        let actor = caller.actor;
        let command = move |at| CopyCommand { actor, at, action: action.clone() };
        let executed = self.execute::<ExamCopy, _>(caller, copy.0, sealed, &command, &answer).await;
        if let Err(AppError::Copy { error: CopyError::Lock(conflict), .. }) = &executed {
            tracing::warn!(copy_id = %copy, conflict = conflict.label(), "lock conflict");
            self.metrics.lock_conflict(conflict);
        }
        executed
    }
}

impl CopyOrder<'_> {
    /// The copy as it stood when the order began.
    pub(super) fn standing(&self) -> &ExamCopy {
        &self.standing
    }

    /// Looks at the copy once more.
    pub(super) async fn look_again(&mut self) -> Result<(), AppError> {
        self.standing = self.app.copy_state(self.copy).await?;
        Ok(())
    }

    /// Seals a text that goes with the command.
    pub(super) async fn seal_text(&mut self, text: &str) -> Result<Commitment, AppError> {
        let owner = VaultOwner::Copy(self.copy);
        let sealed = self.app.vault.seal(owner, Purpose::Comments, text).await?;
        self.sealed.push(sealed.row);
        Ok(sealed.commitment)
    }

    /// The same for what a grader writes, where there is something in it.
    pub(super) async fn seal_prose(&mut self, text: Option<&Prose>) -> Result<Option<Commitment>, AppError> {
        match text.and_then(Prose::written) {
            Some(text) => self.seal_text(text).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same where a text stands already: the same text keeps its commitment, so that nothing is recorded.
    pub(super) async fn seal_changed(
        &mut self,
        standing: Option<Commitment>,
        text: Option<&Prose>,
    ) -> Result<Option<Commitment>, AppError> {
        if let (Some(standing), Some(text)) = (standing, text.and_then(Prose::written)) {
            let texts = self.app.vault.open(&[standing]).await?;
            if texts.get(&standing).is_some_and(|known| known.shown() == text) {
                return Ok(Some(standing));
            }
        }
        self.seal_prose(text).await
    }

    /// Sends it; answers with the whole copy.
    pub(super) async fn send_for_copy(self, action: CopyAction) -> Result<Written, AppError> {
        let copy = self.copy;
        self.send(action, |standing| CopyAnswer::of(copy, standing)).await
    }

    /// Sends it; answers with what `answer` makes of the copy after it.
    pub(in crate::app) async fn send<T: Serialize>(
        self,
        action: CopyAction,
        answer: impl Fn(&ExamCopy) -> T + Send + Sync,
    ) -> Result<Written, AppError> {
        self.app.command_copy(self.caller, self.copy, self.sealed, action, answer).await
    }

    /// What is answered where the copy as it stands leaves no command to build.
    pub(super) async fn refuse(self, error: CopyError) -> Result<Written, AppError> {
        let current_sequence = self.standing.sequence;
        self.app.repeat_or(self.caller, AppError::Copy { error, current_sequence }).await
    }
}
