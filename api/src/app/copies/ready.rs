//! Opening a copy to marking.

use domain::CopyId;
use domain::copy::CopyAction;
use domain::exam::ExamError;

use super::super::{App, AppError, Caller, Written};

impl App {
    /// Validates the copy by its exam's scheme in force, which is pinned: a later scheme does not touch it.
    ///
    /// # Errors
    /// The exam has no scheme, or a rule of the copy.
    pub async fn validate_copy(&self, caller: &Caller, copy: CopyId) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        let exam = match order.standing().state.identity() {
            Some(identity) => self.exam_state(identity.exam).await?,
            None => return Err(AppError::NoSuch("copy")),
        };
        let Some(scheme) = exam.state.session().and_then(|session| session.scheme.clone()) else {
            return Err(AppError::Exam { error: ExamError::NoScheme, current_sequence: exam.sequence });
        };
        let action = CopyAction::Validate { scheme_version: scheme.version, questions: scheme.questions };
        order.send_for_copy(action).await
    }
}
