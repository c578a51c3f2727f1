//! The rule book: state and command give events, or the rule that refuses.

mod finalisation;
mod intake;
mod lock;
mod marking;
mod office;

use super::command::{CopyAction, CopyCommand};
use super::error::{CopyError, LockConflict};
use super::event::CopyEvent;
use super::state::{CopyState, ExamCopy, Lock};
use crate::{Commitment, CopyId};

type Decision = Result<Vec<CopyEvent>, CopyError>;

impl ExamCopy {
    /// Decides what follows from a command. An empty list means that what was asked for stands already.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub fn decide(&self, command: &CopyCommand) -> Decision {
        match &self.state {
            CopyState::Locked(_, lock)
                if command.at >= lock.expires_at && !matches!(command.action, CopyAction::ExpireLock) =>
            {
                self.decide_after_expiry(lock, command)
            }
            _ => self.decide_as_it_stands(command),
        }
    }

    /// A lock is over at the instant at which its lease ends, whether or not the sweeper came first: what is
    /// accepted records the expiry before its own events, and what is refused is refused as it would be later.
    fn decide_after_expiry(&self, lock: &Lock, command: &CopyCommand) -> Decision {
        let expiry = lock::expiry(lock);
        let mut unlocked = self.clone();
        unlocked.fold(expiry.clone());
        let mut events = vec![expiry];
        events.append(&mut unlocked.decide_as_it_stands(command)?);
        Ok(events)
    }

    fn decide_as_it_stands(&self, command: &CopyCommand) -> Decision {
        use CopyAction as A;
        match (&self.state, &command.action) {
            (CopyState::Absent, A::RequestImport { .. }) => intake::request(&command.action),
            (CopyState::Absent, _) => Err(CopyError::Absent),
            (_, A::RequestImport { .. }) => Err(CopyError::AnonymousIdTaken),
            (CopyState::Voided(..), _) => Err(CopyError::Voided),
            (
                _,
                A::RecordImport { .. }
                | A::RecordImportFailure { .. }
                | A::RetryImport { .. }
                | A::Validate { .. },
            ) => intake::decide(&self.state, &command.action),
            (
                _,
                A::AcquireLock { .. }
                | A::RenewLock { .. }
                | A::ReleaseLock { .. }
                | A::ExpireLock
                | A::ForceReleaseLock { .. },
            ) => lock::decide(&self.state, command),
            (_, A::Mark { shown, act }) => {
                let (paper, _) = lock::held(&self.state, *shown, command)?;
                marking::decide(paper, act)
            }
            (
                _,
                A::Finalise { .. }
                | A::RetryFinalisation { .. }
                | A::RecordGraded { .. }
                | A::RecordFinalisationFailure { .. }
                | A::Export { .. }
                | A::Correct { .. }
                | A::Reopen { .. },
            ) => finalisation::decide(self, command),
            (_, A::Identify { .. } | A::Unidentify { .. } | A::Assign { .. } | A::Unassign) => {
                office::decide(self, &command.action)
            }
            (CopyState::Grading(..), A::Void { .. }) => {
                Err(wrong_status(&self.state, "any status but GRADING_IN_PROGRESS"))
            }
            (state, A::Void { reason, replaced_by }) => void(state, *reason, *replaced_by),
        }
    }
}

fn void(state: &CopyState, reason: Commitment, replaced_by: Option<CopyId>) -> Decision {
    let own_id = state.identity().map(|identity| CopyId::of(identity.exam, &identity.anonymous_id));
    if replaced_by.is_some() && replaced_by == own_id {
        return Err(CopyError::ReplacedByItself);
    }
    let lock = match state {
        CopyState::Locked(_, lock) => Some(lock.id),
        _ => None,
    };
    Ok(vec![CopyEvent::CopyVoided { reason, replaced_by, lock }])
}

/// The refusal of L11, for a state that has a status.
fn wrong_status(state: &CopyState, needs: &'static str) -> CopyError {
    match state.status() {
        Some(status) => CopyError::WrongStatus { status, needs },
        None if matches!(state, CopyState::Absent) => CopyError::Absent,
        None => CopyError::Voided,
    }
}

/// The refusal of whatever would change the marks of a copy that is not in marking (L12).
fn not_marking(state: &CopyState, needs: &'static str) -> CopyError {
    match state {
        CopyState::Graded(..) => LockConflict::AlreadyGraded.into(),
        _ => wrong_status(state, needs),
    }
}
