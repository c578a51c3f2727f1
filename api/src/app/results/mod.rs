//! What a student reads: their own copies, graded and released (L13).
//!
//! Architecture invariant: of a single copy, [`App::permit`] has asked the rule before a use case here runs.

use domain::access::student_may_read;
use domain::{CopyId, SubjectId};
use projections::views::copies;
use serde_json::Value;

use super::answers::list::List;
use super::answers::result::ResultAnswer;
use super::execute::json;
use super::{App, AppError, Sight};

/// What a student sees of a result: what was written on their copy is for them.
const SIGHT: Sight = Sight { texts: true, file_names: false, whose: true, marks: true };

impl App {
    /// The student's results, the oldest copy first.
    ///
    /// # Errors
    /// [`AppError::Behind`], or the database's.
    pub async fn results(&self, student: SubjectId, seen: Option<i64>) -> Result<Value, AppError> {
        self.catch_up(copies::VIEW, seen).await?;
        let mut items = Vec::new();
        for row in copies::of_subject(self.views.pool(), student).await? {
            let (copy, exam) = self.copy_and_exam(row.copy).await?;
            if student_may_read(student, &copy, row.body.exam, &exam).is_ok() {
                items.extend(ResultAnswer::of(row.copy, &copy, &exam));
            }
        }
        self.opened(SIGHT, json(&List { items, next: None })).await
    }

    /// One of them.
    ///
    /// # Errors
    /// [`AppError::NoSuch`] where the copy is graded no more.
    pub async fn result(&self, copy: CopyId) -> Result<Value, AppError> {
        let (standing, exam) = self.copy_and_exam(copy).await?;
        let answer = ResultAnswer::of(copy, &standing, &exam).ok_or(AppError::NoSuch("result"))?;
        self.opened(SIGHT, json(&answer)).await
    }

    /// Whether the student may read this copy, by the rule of the domain. Every refusal is told in the same words.
    pub(super) async fn permit_student(
        &self,
        student: Option<SubjectId>,
        copy: CopyId,
    ) -> Result<(), AppError> {
        let refused = AppError::NoSuch("result of yours; results are read once they are released");
        let (standing, exam) = match self.copy_and_exam(copy).await {
            Err(AppError::NoSuch(_)) => return Err(refused),
            found => found?,
        };
        let exam_id = standing.state.identity().map(|identity| identity.exam);
        match student.zip(exam_id).map(|(student, id)| student_may_read(student, &standing, id, &exam)) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(refused),
        }
    }
}
