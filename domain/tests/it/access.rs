//! Who may do what: the table, and L13, who reads a graded copy.

use domain::access::{Act, Party, ReadRefusal, Rule, Scope, Scopes, may, rule, student_may_read};
use domain::copy::ExamCopy;
use domain::exam::{Exam, ExamCommand};
use domain::{ExamId, Role, SubjectId};
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
    let copy = ExamCopy { subject, ..copy.clone() };
    student_may_read(READER, &copy, EXAM, &exam(commands))
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
        let answer = student_may_read(READER, &copy, other, &exam);
        assert_eq!(answer, Err(ReadRefusal::OtherExam));
    }
}

/// The whole table, as a person reads it: a change of a permission is a change of this text.
#[test]
fn the_table_of_permissions_is_what_it_is() {
    let cell = |act, party| match rule(act, party) {
        Rule::No => "no".to_owned(),
        Rule::Yes => "yes".to_owned(),
        Rule::Theirs => "theirs".to_owned(),
        Rule::With(scopes) => scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" or "),
    };
    let mut table = String::new();
    for act in Act::ALL {
        let cells: Vec<String> = Party::ALL.into_iter().map(|party| cell(act, party)).collect();
        table.push_str(&format!("{act:?}: {}\n", cells.join(", ")));
    }
    is_as_it_stands(&table);
}

/// The table beside this file.
fn is_as_it_stands(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/permissions.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(path).unwrap(), "UPDATE_DOCS=1 writes it anew");
}

#[test]
fn every_act_stands_in_the_table_once() {
    for (index, act) in Act::ALL.into_iter().enumerate() {
        assert_eq!(act as usize, index, "{act:?} is missing, or stands elsewhere");
    }
}

#[test]
fn a_worker_comes_through_no_door() {
    for act in Act::ALL {
        assert_eq!(rule(act, Party::System), Rule::No);
        assert!(!may(act, Role::System, Scope::ALL.into_iter().collect()), "{act:?}");
    }
}

#[test]
fn a_service_may_nothing_without_a_scope_and_nothing_more_with_the_scope_of_another() {
    let open = [Act::Open, Act::ReadApi];
    for act in Act::ALL {
        assert_eq!(may(act, Role::Service, Scopes::NONE), open.contains(&act), "{act:?}");
    }
    let metrics: Scopes = [Scope::MetricsRead].into_iter().collect();
    assert!(may(Act::Scrape, Role::Service, metrics));
    assert!(!may(Act::FollowEvents, Role::Service, metrics));
    let all: Scopes = Scope::ALL.into_iter().collect();
    assert_eq!(all.iter().collect::<Vec<_>>(), Scope::ALL);
    for act in Act::ALL.into_iter().filter(|act| act.writes()) {
        let expected = matches!(act, Act::ImportCopies | Act::ExportCopies);
        assert_eq!(may(act, Role::Service, all), expected, "{act:?}");
    }
}

/// Scopes of a token that has none by its role give nothing.
#[test]
fn a_scope_opens_nothing_to_another_role() {
    let all: Scopes = Scope::ALL.into_iter().collect();
    for role in [Role::Grader, Role::Clerk, Role::Auditor, Role::Student] {
        for act in Act::ALL {
            assert_eq!(may(act, role, all), may(act, role, Scopes::NONE), "{role} {act:?}");
        }
    }
}

/// The anonymity of marking: whoever marks knows neither whose a copy is nor what its file was called.
#[test]
fn whoever_marks_is_never_told_whose_it_is() {
    for party in [Party::Lead, Party::Grader] {
        for act in
            [Act::SeeWhose, Act::ReadFileNames, Act::ReadSubjects, Act::ReadIdentities, Act::FollowEvents]
        {
            assert_eq!(rule(act, party), Rule::No, "{party:?} {act:?}");
        }
    }
}
