//! What can be done with an exam.

mod dispatch;
mod order;
mod read;

pub use dispatch::Dealing;
use domain::access::{Act, Scopes, may};
use domain::exam::{Duty, ExamCommand};
use domain::{ActorId, ExamCode, ExamId, Question};
use uuid::Uuid;

use super::{App, AppError, Caller, Written};
use crate::tokens;

impl App {
    /// Creates an exam; its id is in the answer.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn create_exam(&self, caller: &Caller, code: ExamCode) -> Result<Written, AppError> {
        let exam = ExamId(Uuid::now_v7());
        self.command_exam(caller, exam, ExamCommand::Create { code }).await
    }

    /// Publishes a scheme; copies validated from now on are marked by it.
    ///
    /// # Errors
    /// A rule of the exam.
    pub async fn publish_scheme(
        &self,
        caller: &Caller,
        exam: ExamId,
        questions: Vec<Question>,
    ) -> Result<Written, AppError> {
        self.command_exam(caller, exam, ExamCommand::PublishScheme { questions }).await
    }

    /// Lets a grader mark the exam's copies.
    ///
    /// # Errors
    /// [`AppError::AdminsOnly`] where somebody else names a lead, or a rule of the exam.
    pub async fn enrol_grader(
        &self,
        caller: &Caller,
        exam: ExamId,
        grader: ActorId,
        duty: Duty,
    ) -> Result<Written, AppError> {
        if duty == Duty::Lead {
            check_names_leads(caller)?;
        }
        // A mistyped pseudonym would be dealt copies that nobody marks.
        if !tokens::is_known(self.vault.keys().pool(), grader).await? {
            let detail = "nobody acts under this pseudonym: it is the actor_id that GET /api/me says to the grader, and \
                          `gradeledger token create` to the operator";
            let refusal = AppError::unprocessable("no_such_actor", detail.to_owned());
            return self.repeat_or(caller, refusal).await;
        }
        self.command_exam(caller, exam, ExamCommand::EnrolGrader { grader, duty }).await
    }

    /// Lets a grader mark no more of its copies, not even one that they have in hand: their lock is nobody's until its lease
    /// ends or the lead takes it away.
    ///
    /// # Errors
    /// [`AppError::AdminsOnly`] where somebody else removes a lead, or a rule of the exam.
    pub async fn remove_grader(
        &self,
        caller: &Caller,
        exam: ExamId,
        grader: ActorId,
    ) -> Result<Written, AppError> {
        let standing = self.exam_state(exam).await?;
        if standing.state.session().and_then(|session| session.graders.get(&grader)) == Some(&Duty::Lead) {
            check_names_leads(caller)?;
        }
        self.command_exam(caller, exam, ExamCommand::RemoveGrader { grader }).await
    }

    /// Closes the exam: nothing more comes in.
    ///
    /// # Errors
    /// A rule of the exam.
    pub async fn archive_exam(&self, caller: &Caller, exam: ExamId) -> Result<Written, AppError> {
        self.command_exam(caller, exam, ExamCommand::Archive).await
    }

    /// Releases the results: the condition, beside grading, under which a student reads their own copy (L13).
    ///
    /// # Errors
    /// The exam is not there, or its results are out.
    pub async fn release_results(&self, caller: &Caller, exam: ExamId) -> Result<Written, AppError> {
        self.command_exam(caller, exam, ExamCommand::ReleaseResults).await
    }

    /// Takes released results back.
    ///
    /// # Errors
    /// The exam is not there, or its results are not out.
    pub async fn withdraw_results(&self, caller: &Caller, exam: ExamId) -> Result<Written, AppError> {
        self.command_exam(caller, exam, ExamCommand::WithdrawResults).await
    }
}

/// Else a lead could make themselves successors whom the office never saw.
fn check_names_leads(caller: &Caller) -> Result<(), AppError> {
    if may(Act::NameLeads, caller.role, Scopes::NONE) { Ok(()) } else { Err(AppError::AdminsOnly) }
}
