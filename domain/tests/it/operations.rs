//! What operators do to views: every act has its trace.

use cqrs_es::test::TestFramework;
use domain::operations::{
    MAX_PARKED, NamedStream, Operations, OperationsCommand, OperationsError, OperationsEvent, Parked,
};
use domain::{Commitment, ViewName};
use uuid::Uuid;

use crate::story::sealed;

fn view(name: &str) -> ViewName {
    name.parse().unwrap()
}

fn stream(number: u128) -> NamedStream {
    NamedStream { sort: "ExamCopy".parse().unwrap(), id: Uuid::from_u128(number) }
}

fn park(name: &str, number: u128) -> OperationsCommand {
    OperationsCommand::Park {
        view: view(name),
        stream: stream(number),
        from_position: 7,
        reason: sealed("no fix before Monday"),
    }
}

fn unpark(name: &str, number: u128, reason: Option<Commitment>) -> OperationsCommand {
    OperationsCommand::Unpark { view: view(name), stream: stream(number), reason }
}

fn parked(name: &str, number: u128) -> OperationsEvent {
    let NamedStream { sort: stream_type, id: stream_id } = stream(number);
    let reason = sealed("no fix before Monday");
    OperationsEvent::ProjectionParked { view: view(name), stream_type, stream_id, from_position: 7, reason }
}

fn unparked(name: &str, number: u128, reason: Option<Commitment>) -> OperationsEvent {
    let NamedStream { sort: stream_type, id: stream_id } = stream(number);
    OperationsEvent::ProjectionUnparked { view: view(name), stream_type, stream_id, from_position: 7, reason }
}

fn expect(
    given: &[OperationsEvent],
    when: OperationsCommand,
    then: Result<OperationsEvent, OperationsError>,
) {
    let result = TestFramework::<Operations>::with(()).given(given.to_vec()).when(when).inspect_result();
    assert_eq!(result, then.map(|event| vec![event]));
}

#[test]
fn a_stream_is_parked_once_for_a_view_and_for_each_view_on_its_own() {
    expect(&[], park("copies", 1), Ok(parked("copies", 1)));
    let refused = OperationsError::Parked { view: view("copies"), stream: stream(1), from_position: 7 };
    expect(&[parked("copies", 1)], park("copies", 1), Err(refused));
    expect(&[parked("copies", 1)], park("copies", 2), Ok(parked("copies", 2)));
    expect(&[parked("copies", 1)], park("exams", 1), Ok(parked("exams", 1)));
}

#[test]
fn only_what_is_parked_is_unparked_and_the_event_says_since_where_it_was() {
    let refused = || OperationsError::NotParked { view: view("copies"), stream: stream(1) };
    expect(&[], unpark("copies", 1, None), Err(refused()));
    expect(&[parked("exams", 1)], unpark("copies", 1, None), Err(refused()));
    for reason in [None, Some(sealed("fixed"))] {
        let done = unparked("copies", 1, reason);
        expect(&[parked("copies", 1)], unpark("copies", 1, reason), Ok(done.clone()));
        let given = [parked("copies", 1), done];
        expect(&given, unpark("copies", 1, reason), Err(refused()));
        expect(&given, park("copies", 1), Ok(parked("copies", 1)));
    }
}

#[test]
fn a_stream_is_parked_from_a_position_on() {
    let command = OperationsCommand::Park {
        view: view("copies"),
        stream: stream(1),
        from_position: 0,
        reason: sealed("?"),
    };
    expect(&[], command, Err(OperationsError::NoPosition));
}

#[test]
fn no_more_streams_are_parked_than_the_limit() {
    let full: Vec<_> = (0..MAX_PARKED as u128).map(|number| parked("copies", number)).collect();
    let one_more = MAX_PARKED as u128;
    expect(&full, park("copies", one_more), Err(OperationsError::TooManyParked(MAX_PARKED)));
    let given = [full, vec![unparked("copies", 0, None)]].concat();
    expect(&given, park("copies", one_more), Ok(parked("copies", one_more)));
}

#[test]
fn what_is_parked_is_what_was_parked_and_not_unparked_since() {
    let mut operations = Operations::default();
    let story = [parked("copies", 1), parked("exams", 2), parked("copies", 3), unparked("copies", 1, None)];
    story.into_iter().for_each(|event| operations.fold(event));
    let standing = |name, number| Parked {
        view: view(name),
        stream: stream(number),
        from_position: 7,
        reason: sealed("no fix before Monday"),
    };
    assert_eq!(operations.parked, [standing("exams", 2), standing("copies", 3)]);
    assert_eq!(operations.sequence, 4);
}
