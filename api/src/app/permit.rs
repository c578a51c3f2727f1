//! Whether a caller may do an act on this exam or copy.
//!
//! Architecture invariant: this is asked once for every request, by the frame and before any handler runs, with what the
//! path of the request names. What a handler still has to do by itself is to leave out of lists what is not its caller's.

use domain::access::{Act, Party, Rule, rule};
use domain::copy::ExamCopy;
use domain::exam::{Duty, Session};
use domain::{CopyId, ExamId, Role};

use super::{App, AppError};
use crate::tokens::Actor;

/// What a request is about, as its path says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// No exam and no copy.
    Nothing,
    /// An exam.
    Exam(ExamId),
    /// A copy, and with it the exam that it belongs to.
    Copy(CopyId),
}

impl App {
    /// Whether this caller may do this to that. A grader is told of an exam or a copy that is not theirs what they are told
    /// of one that is not there: that it is there is not theirs to know.
    ///
    /// # Errors
    /// [`AppError::NotYours`], [`AppError::LeadsOnly`], or what kept the exam or copy from being read.
    pub async fn permit(&self, actor: &Actor, act: Act, about: About) -> Result<(), AppError> {
        match (actor.role, about) {
            (Role::Grader, _) => self.permit_grader(actor, act, about).await,
            (Role::Student, About::Copy(copy)) => self.permit_student(actor.subject, copy).await,
            // Of the others, the table has said all there is to say.
            _ => Ok(()),
        }
    }

    async fn permit_grader(&self, actor: &Actor, act: Act, about: About) -> Result<(), AppError> {
        let (exam, copy) = match about {
            About::Nothing => return Ok(()),
            About::Exam(exam) => (exam, None),
            About::Copy(copy) => {
                let copy = known(self.copy_state(copy).await, "copy")?;
                let identity = copy.state.identity().ok_or(AppError::NotYours("copy"))?;
                (identity.exam, Some(copy))
            }
        };
        let what = if copy.is_some() { "copy" } else { "exam" };
        let exam = known(self.exam_state(exam).await, what)?;
        let session = exam.state.session().ok_or(AppError::NotYours(what))?;
        match session.graders.get(&actor.id) {
            Some(Duty::Lead) if rule(act, Party::Lead) != Rule::No => Ok(()),
            Some(_) if copy.as_deref().is_some_and(|copy| !is_in_hand_of(actor, copy, session)) => {
                Err(AppError::NotYours(what))
            }
            Some(_) if rule(act, Party::Grader) == Rule::No => Err(AppError::LeadsOnly),
            Some(_) => Ok(()),
            None => Err(AppError::NotYours(what)),
        }
    }
}

/// Whether this copy is for this grader of its exam: assigned to them, or to nobody where the exam does not assign.
fn is_in_hand_of(actor: &Actor, copy: &ExamCopy, session: &Session) -> bool {
    copy.assigned_to.map_or(!session.assigns(), |grader| grader == actor.id)
}

/// What is not there is told as what is not theirs.
fn known<T>(found: Result<T, AppError>, what: &'static str) -> Result<T, AppError> {
    found.map_err(|error| match error {
        AppError::NoSuch(_) => AppError::NotYours(what),
        error => error,
    })
}
