//! Who may read a graded copy when results are out (L13).

use crate::copy::{CopyState, ExamCopy};
use crate::exam::Exam;
use crate::{ExamId, SubjectId};

/// Why a student does not get to read a copy. A caller outside answers each of them as if there were no such
/// copy, since even that a copy is graded is not a stranger's to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadRefusal {
    /// The copy belongs to another exam than the one that was looked at.
    #[error("the copy is not one of this exam")]
    OtherExam,
    /// Nobody has said yet whose copy it is.
    #[error("the copy has not been identified")]
    NotIdentified,
    /// It is someone else's.
    #[error("the copy is another student's")]
    NotOwn,
    /// It is not graded, or not any more: a correction or a reopening takes it back.
    #[error("the copy is not graded")]
    NotGraded,
    /// Its results are not out.
    #[error("the exam's results are not released")]
    NotReleased,
}

/// Whether the student `reader` may read `copy` when `exam` with id `exam_id` stands as given: only the student's own copy,
/// graded and released (L13). Nobody reads a copy that nobody has identified.
///
/// # Errors
/// The first reason why not.
pub fn student_may_read(
    reader: SubjectId,
    copy: &ExamCopy,
    exam_id: ExamId,
    exam: &Exam,
) -> Result<(), ReadRefusal> {
    if copy.state.identity().map(|identity| identity.exam) != Some(exam_id) {
        return Err(ReadRefusal::OtherExam);
    }
    match copy.subject {
        None => return Err(ReadRefusal::NotIdentified),
        Some(subject) if subject != reader => return Err(ReadRefusal::NotOwn),
        Some(_) => {}
    }
    if !matches!(copy.state, CopyState::Graded(..)) {
        return Err(ReadRefusal::NotGraded);
    }
    if exam.state.session().is_some_and(|session| session.released) {
        Ok(())
    } else {
        Err(ReadRefusal::NotReleased)
    }
}
