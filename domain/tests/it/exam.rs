//! The exam: scheme, graders and results.

use cqrs_es::test::TestFramework;
use domain::exam::{Duty, Exam, ExamCommand, ExamError, ExamEvent, MAX_GRADERS};
use domain::scheme::{InvalidScheme, MAX_QUESTIONS};
use domain::{ActorId, Points, Question};

use crate::story::{ADA, BLAISE, question, scheme};

fn created() -> ExamEvent {
    ExamEvent::ExamCreated { code: "MATHS-2026".parse().unwrap() }
}

fn create() -> ExamCommand {
    ExamCommand::Create { code: "MATHS-2026".parse().unwrap() }
}

fn expect(given: &[ExamEvent], when: ExamCommand, then: Result<ExamEvent, ExamError>) {
    let result = TestFramework::<Exam>::with(()).given(given.to_vec()).when(when).inspect_result();
    assert_eq!(result, then.map(|event| vec![event]));
}

#[test]
fn an_exam_is_created_once() {
    expect(&[], create(), Ok(created()));
    expect(&[created()], create(), Err(ExamError::Exists));
    expect(&[created(), ExamEvent::ExamArchived {}], create(), Err(ExamError::Exists));
}

#[test]
fn an_exam_that_does_not_exist_accepts_nothing_else() {
    for command in others() {
        expect(&[], command, Err(ExamError::Absent));
    }
}

fn dispatch(graders: &[ActorId]) -> ExamCommand {
    let graders = graders.iter().map(|grader| (*grader, 0)).collect();
    ExamCommand::Dispatch { run: uuid::Uuid::from_u128(0xd1), seed: 7, graders, copies: 2 }
}

#[test]
fn copies_are_dealt_out_to_enrolled_graders_alone() {
    let enrolled = ExamEvent::GraderEnrolled { grader: ADA, duty: Duty::Marker };
    let given = [created(), enrolled];
    expect(&given, dispatch(&[]), Err(ExamError::NoGraders));
    expect(&given, dispatch(&[ADA, BLAISE]), Err(ExamError::NotEnrolled(BLAISE)));
    let dealt = ExamEvent::CopiesDispatched {
        run: uuid::Uuid::from_u128(0xd1),
        seed: 7,
        graders: [(ADA, 0)].into(),
        copies: 2,
    };
    expect(&given, dispatch(&[ADA]), Ok(dealt.clone()));
    let mut exam = Exam::default();
    for event in given.into_iter().chain([dealt]) {
        assert!(!exam.state.session().is_some_and(domain::exam::Session::assigns));
        exam.fold(event);
    }
    assert!(exam.state.session().unwrap().assigns());
}

fn others() -> Vec<ExamCommand> {
    vec![
        ExamCommand::PublishScheme { questions: scheme() },
        dispatch(&[ADA]),
        ExamCommand::EnrolGrader { grader: ADA, duty: Duty::Marker },
        ExamCommand::RemoveGrader { grader: ADA },
        ExamCommand::ReleaseResults,
        ExamCommand::WithdrawResults,
        ExamCommand::Archive,
    ]
}

#[test]
fn schemes_are_numbered_and_the_last_one_is_in_force() {
    let publish = || ExamCommand::PublishScheme { questions: scheme() };
    let published = |version| ExamEvent::SchemePublished { version, questions: scheme() };
    expect(&[created()], publish(), Ok(published(1)));
    expect(&[created(), published(1)], publish(), Ok(published(2)));
    let mut exam = Exam::default();
    [created(), published(1), published(2)].into_iter().for_each(|event| exam.fold(event));
    assert_eq!(exam.state.session().unwrap().scheme.as_ref().unwrap().version, 2);
}

// L9
#[test]
fn a_scheme_has_distinct_questions_with_positive_maxima() {
    let one = |id: &str, maximum| Question { id: question(id), maximum: Points(maximum) };
    let refused = |questions: Vec<Question>, why: InvalidScheme| {
        expect(&[created()], ExamCommand::PublishScheme { questions }, Err(why.into()));
    };
    refused(vec![], InvalidScheme::Count(0));
    refused(vec![one("1", 100), one("1", 200)], InvalidScheme::Twice(question("1")));
    for maximum in [0, -100, 100_001, i64::MAX, i64::MIN] {
        refused(vec![one("1", maximum)], InvalidScheme::Maximum(question("1")));
    }
    let many = (0..=MAX_QUESTIONS).map(|n| one(&n.to_string(), 100)).collect();
    refused(many, InvalidScheme::Count(MAX_QUESTIONS + 1));
}

#[test]
fn a_grader_is_enrolled_with_a_duty_and_removed_once() {
    let remove = |grader| ExamCommand::RemoveGrader { grader };
    let removed = ExamEvent::GraderRemoved { grader: ADA };
    for duty in [Duty::Marker, Duty::Lead] {
        let enrolled = ExamEvent::GraderEnrolled { grader: ADA, duty };
        let enrol = |duty| ExamCommand::EnrolGrader { grader: ADA, duty };
        expect(&[created()], enrol(duty), Ok(enrolled.clone()));
        expect(&[created(), enrolled.clone()], remove(ADA), Ok(removed.clone()));
        expect(&[created(), enrolled.clone()], remove(BLAISE), Err(ExamError::NotEnrolled(BLAISE)));
        // Whatever the duty: to change it, a grader is removed and enrolled anew.
        for another in [Duty::Marker, Duty::Lead] {
            let enrolled_anew = ExamEvent::GraderEnrolled { grader: ADA, duty: another };
            expect(&[created(), enrolled.clone()], enrol(another), Err(ExamError::Enrolled(ADA)));
            expect(&[created(), enrolled.clone(), removed.clone()], enrol(another), Ok(enrolled_anew));
        }
        let mut exam = Exam::default();
        [created(), enrolled].into_iter().for_each(|event| exam.fold(event));
        assert_eq!(exam.state.session().unwrap().graders.get(&ADA), Some(&duty));
    }
}

#[test]
fn an_exam_takes_no_more_graders_than_its_limit() {
    let grader = |number: usize| ActorId(uuid::Uuid::from_u128(number as u128));
    let duty = Duty::Marker;
    let enrolled = |number| ExamEvent::GraderEnrolled { grader: grader(number), duty };
    let full: Vec<_> = std::iter::once(created()).chain((0..MAX_GRADERS).map(enrolled)).collect();
    let one_more = ExamCommand::EnrolGrader { grader: grader(MAX_GRADERS), duty };
    expect(&full, one_more.clone(), Err(ExamError::TooManyGraders(MAX_GRADERS)));
    let removed = ExamEvent::GraderRemoved { grader: grader(0) };
    expect(&[full, vec![removed]].concat(), one_more, Ok(enrolled(MAX_GRADERS)));
}

// L13
#[test]
fn results_are_released_and_withdrawn_in_turn_even_of_an_archived_exam() {
    let released = || ExamEvent::ResultsReleased {};
    for archived in [vec![], vec![ExamEvent::ExamArchived {}]] {
        let given = [vec![created()], archived].concat();
        expect(&given, ExamCommand::ReleaseResults, Ok(released()));
        expect(&given, ExamCommand::WithdrawResults, Err(ExamError::NotReleased));
        let given = [given, vec![released()]].concat();
        expect(&given, ExamCommand::ReleaseResults, Err(ExamError::Released));
        expect(&given, ExamCommand::WithdrawResults, Ok(ExamEvent::ResultsWithdrawn {}));
    }
}

// L11
#[test]
fn an_archived_exam_accepts_nothing_else() {
    for command in others() {
        if !matches!(command, ExamCommand::ReleaseResults | ExamCommand::WithdrawResults) {
            expect(&[created(), ExamEvent::ExamArchived {}], command, Err(ExamError::Archived));
        }
    }
}
