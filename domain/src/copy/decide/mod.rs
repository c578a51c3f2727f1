//! The rule book: state and command give events, or the rule that refuses.

mod finalisation;
mod intake;
mod lock;
mod marking;

use super::command::{CopyAction, CopyCommand};
use super::error::{CopyError, LockConflict};
use super::event::CopyEvent;
use super::state::{CopyState, ExamCopy};

type Decision = Result<Vec<CopyEvent>, CopyError>;

impl ExamCopy {
    /// Decides what follows from a command. An empty list means that what was asked for stands already.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub fn decide(&self, command: &CopyCommand) -> Decision {
        use CopyAction as A;
        match (&self.state, &command.action) {
            (CopyState::Absent, A::RequestImport { .. }) => intake::request(&command.action),
            (CopyState::Absent, _) => Err(CopyError::Absent),
            (_, A::RequestImport { .. }) => Err(CopyError::AnonymousIdTaken),
            (CopyState::Voided(..), _) => Err(CopyError::Voided),
            (
                _,
                A::RecordImport { .. } | A::RecordImportFailure { .. } | A::RetryImport | A::Validate { .. },
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
                | A::RecordGraded { .. }
                | A::RecordFinalisationFailure { .. }
                | A::Export { .. }
                | A::Correct { .. }
                | A::Reopen { .. },
            ) => finalisation::decide(self, command),
            (CopyState::Grading(..), A::Void { .. }) => {
                Err(wrong_status(&self.state, "any status but GRADING_IN_PROGRESS"))
            }
            (_, A::Void { reason, replaced_by }) => {
                Ok(vec![CopyEvent::CopyVoided { reason: *reason, replaced_by: *replaced_by }])
            }
        }
    }
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
