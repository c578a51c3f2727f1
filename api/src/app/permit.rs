//! Whether a caller may do an act on this exam or copy.
//!
//! Architecture invariant: this is asked once for every request, by the frame and before any handler runs, with what the
//! path of the request names. What a handler still has to do by itself is to leave out of lists what is not its caller's.

use std::sync::Arc;
use std::time::Instant;

use domain::access::{Act, Party, Rule, rule};
use domain::copy::ExamCopy;
use domain::exam::{Duty, Exam, Session};
use domain::{CopyId, ExamId, Role};

use super::{App, AppError, Found};
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
    /// of one that is not there: that it is there is not theirs to know. Answers with the copy, where it had to be looked at.
    ///
    /// # Errors
    /// [`AppError::NotYours`], [`AppError::LeadsOnly`], or what kept the exam or copy from being read.
    pub async fn permit(&self, actor: &Actor, act: Act, about: About) -> Result<Option<Found>, AppError> {
        match (actor.role, about) {
            (Role::Grader, About::Nothing) => Ok(None),
            (Role::Grader, About::Exam(exam)) => {
                let exam = known(self.exam_state(exam).await, "exam")?;
                permit_grader(actor, act, &exam, None).map(|()| None)
            }
            (Role::Grader, About::Copy(id)) => {
                let asked_at = Instant::now();
                let (copy, exam) = known(self.copy_and_exam(id).await, "copy")?;
                permit_grader(actor, act, &exam, Some(&copy))?;
                Ok(Some(Found::new(id, copy, asked_at)))
            }
            (Role::Student, About::Copy(copy)) => {
                self.permit_student(actor.subject, copy).await.map(|()| None)
            }
            // Of the others, the table has said all there is to say.
            _ => Ok(None),
        }
    }

    /// A copy with its exam: both asked for at once, where it is remembered which exam that is. A copy never changes its exam.
    pub(super) async fn copy_and_exam(&self, id: CopyId) -> Result<(Arc<ExamCopy>, Arc<Exam>), AppError> {
        let remembered = self.ledger.remembered::<ExamCopy>(id.0);
        if let Some(exam) = remembered.and_then(|copy| Some(copy.state.identity()?.exam)) {
            let (copy, exam) = tokio::join!(self.copy_state(id), self.exam_state(exam));
            return Ok((copy?, exam?));
        }
        let copy = self.copy_state(id).await?;
        let identity = copy.state.identity().ok_or(AppError::NoSuch("copy"))?;
        let exam = self.exam_state(identity.exam).await?;
        Ok((copy, exam))
    }
}

fn permit_grader(actor: &Actor, act: Act, exam: &Exam, copy: Option<&ExamCopy>) -> Result<(), AppError> {
    let what = if copy.is_some() { "copy" } else { "exam" };
    let session = exam.state.session().ok_or(AppError::NotYours(what))?;
    match session.graders.get(&actor.id) {
        Some(Duty::Lead) if rule(act, Party::Lead) != Rule::No => Ok(()),
        Some(_) if copy.is_some_and(|copy| !is_in_hand_of(actor, copy, session)) => {
            Err(AppError::NotYours(what))
        }
        Some(_) if rule(act, Party::Grader) == Rule::No => Err(AppError::LeadsOnly),
        Some(_) => Ok(()),
        None => Err(AppError::NotYours(what)),
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
