//! Giving a copy to a grader.

use domain::copy::{CopyAction, ExamCopy};
use domain::{ActorId, CopyId};

use super::super::{App, AppError, Caller, Written};

impl App {
    /// Gives the copy to a grader of its exam, or to nobody in particular.
    ///
    /// # Errors
    /// The grader is not enrolled, or a rule of the copy.
    pub async fn assign_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        grader: Option<ActorId>,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        let Some(grader) = grader else { return order.send_for_copy(CopyAction::Unassign).await };
        if let Err(refusal) = self.check_marks_exam_of(grader, order.standing()).await {
            return self.repeat_or(caller, refusal).await;
        }
        order.send_for_copy(CopyAction::Assign { grader, run: None }).await
    }

    async fn check_marks_exam_of(&self, grader: ActorId, copy: &ExamCopy) -> Result<(), AppError> {
        let identity = copy.state.identity().ok_or(AppError::NoSuch("copy"))?;
        let exam = self.exam_state(identity.exam).await?;
        if exam.state.session().is_some_and(|session| session.graders.contains_key(&grader)) {
            return Ok(());
        }
        let detail = format!("grader {grader} is not enrolled in this copy's exam; enrol them first");
        Err(AppError::unprocessable("not_enrolled", detail))
    }
}
