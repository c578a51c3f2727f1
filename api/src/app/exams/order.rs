//! The one way of a command to an exam.

use std::sync::Arc;

use domain::ExamId;
use domain::exam::{Exam, ExamCommand, ExamState};

use super::super::answers::exam::ExamAnswer;
use super::super::{App, AppError, Caller, Written};

impl App {
    pub(super) async fn command_exam(
        &self,
        caller: &Caller,
        exam: ExamId,
        command: ExamCommand,
    ) -> Result<Written, AppError> {
        let command = move |_at| command.clone();
        let answer = |standing: &Exam| ExamAnswer::of(exam, standing);
        self.execute::<Exam, _>(caller, exam.0, Vec::new(), &command, &answer).await
    }

    /// The exam as its stream has made it.
    pub(in crate::app) async fn exam_state(&self, exam: ExamId) -> Result<Arc<Exam>, AppError> {
        let loaded = self.ledger.load::<Exam>(exam.0).await?;
        match loaded.state.state {
            ExamState::Absent => Err(AppError::NoSuch("exam")),
            _ => Ok(loaded.state),
        }
    }
}
