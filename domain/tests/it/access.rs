//! L13: who reads a graded copy.

use domain::access::{ReadRefusal, student_may_read};
use domain::copy::ExamCopy;
use domain::exam::{Exam, ExamCommand};
use domain::{ExamId, SubjectId};
use uuid::Uuid;

use crate::story::*;

const READER: SubjectId = SubjectId(Uuid::from_u128(1));
const ANOTHER: SubjectId = SubjectId(Uuid::from_u128(2));

fn exam(commands: Vec<ExamCommand>) -> Exam {
    let mut exam = Exam::default();
    for command in commands {
        let event = exam.decide(command).unwrap();
        exam.fold(event);
    }
    exam
}

fn created() -> ExamCommand {
    ExamCommand::Create { code: "MATHS-2026".parse().unwrap() }
}

fn read(subject: Option<SubjectId>, copy: &ExamCopy, commands: Vec<ExamCommand>) -> Result<(), ReadRefusal> {
    student_may_read(READER, subject, copy, EXAM, &exam(commands))
}

// L13
#[test]
fn a_student_reads_only_their_own_copy_graded_and_released() {
    let graded = Story::graded().copy();
    let released = || vec![created(), ExamCommand::ReleaseResults];
    assert_eq!(read(Some(READER), &graded, released()), Ok(()));
    assert_eq!(read(Some(ANOTHER), &graded, released()), Err(ReadRefusal::NotOwn));
    assert_eq!(read(None, &graded, released()), Err(ReadRefusal::NotIdentified));
    assert_eq!(read(Some(READER), &graded, vec![created()]), Err(ReadRefusal::NotReleased));
    assert_eq!(read(Some(READER), &graded, vec![]), Err(ReadRefusal::NotReleased));
    let withdrawn = vec![created(), ExamCommand::ReleaseResults, ExamCommand::WithdrawResults];
    assert_eq!(read(Some(READER), &graded, withdrawn), Err(ReadRefusal::NotReleased));
}

// L13
#[test]
fn a_copy_that_is_not_graded_is_not_read_by_a_student_in_any_status() {
    let stations = [
        Story::staging(),
        Story::ready(),
        Story::locked(),
        Story::grading(),
        Story::grading_failed(),
        Story::graded().then(OFFICE, reopen()),
        Story::graded().then(OFFICE, correct("1", 0)),
        Story::voided(),
    ];
    for story in stations {
        let answer = read(Some(READER), &story.copy(), vec![created(), ExamCommand::ReleaseResults]);
        assert_eq!(answer, Err(ReadRefusal::NotGraded), "{:?}", story.copy().state.status());
    }
}

// L13: the release of one exam opens no copy of another.
#[test]
fn the_release_of_another_exam_opens_nothing() {
    let other = ExamId(Uuid::from_u128(0xe2));
    let exam = exam(vec![created(), ExamCommand::ReleaseResults]);
    for copy in [Story::graded().copy(), ExamCopy::default()] {
        let answer = student_may_read(READER, Some(READER), &copy, other, &exam);
        assert_eq!(answer, Err(ReadRefusal::OtherExam));
    }
}
