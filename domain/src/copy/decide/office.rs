//! What the office does with a copy beside marking: whose it is, and who is to mark it. Neither moves its status (L11).

use super::{Decision, wrong_status};
use crate::copy::command::CopyAction;
use crate::copy::error::CopyError;
use crate::copy::event::CopyEvent;
use crate::copy::state::{CopyState, ExamCopy};

pub(super) fn decide(copy: &ExamCopy, action: &CopyAction) -> Decision {
    match action {
        CopyAction::Identify { subject, method } => match copy.subject {
            None => Ok(vec![CopyEvent::CopyIdentified { subject: *subject, method: *method }]),
            Some(standing) if standing == *subject => Ok(vec![]),
            // Whose it is, is not for whoever guesses at it.
            Some(_) => Err(CopyError::IdentifiedAlready),
        },
        CopyAction::Unidentify { reason } => match copy.subject {
            Some(subject) => Ok(vec![CopyEvent::CopyUnidentified { subject, reason: *reason }]),
            None => Err(CopyError::NotIdentified),
        },
        CopyAction::Assign { grader, run } => {
            check_waiting(&copy.state)?;
            match copy.assigned_to {
                Some(standing) if standing == *grader => Ok(vec![]),
                before => Ok(vec![CopyEvent::CopyAssigned { grader: *grader, before, run: *run }]),
            }
        }
        CopyAction::Unassign => {
            check_waiting(&copy.state)?;
            let grader = copy.assigned_to.ok_or(CopyError::NotAssigned)?;
            Ok(vec![CopyEvent::CopyUnassigned { grader }])
        }
        _ => Err(wrong_status(&copy.state, "another status")),
    }
}

/// A copy changes hands while nobody holds it and nothing is made of it.
fn check_waiting(state: &CopyState) -> Result<(), CopyError> {
    match state {
        CopyState::Staging(_) | CopyState::Ready(_) | CopyState::GradingFailed(..) => Ok(()),
        _ => Err(wrong_status(state, "STAGING, READY or GRADING_FAILED")),
    }
}
