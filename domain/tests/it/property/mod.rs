//! Properties of whole lives of copies: sequences of commands, most of them accepted, some hostile.

mod life;
mod model;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use domain::copy::{CopyCommand, CopyError, CopyEvent, CopyState, ExamCopy};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use proptest::{collection, prop_assert, prop_assert_eq};

use crate::story::folded;
use life::{Step, step};
use model::Model;

const LIVES: u32 = 200;
const STEPS: usize = 150;

/// Commands go in as cqrs-es sends them. The rules never wait, so one poll is all that it takes.
fn handle(copy: &mut ExamCopy, command: CopyCommand) -> Result<Vec<CopyEvent>, CopyError> {
    let sink = EventSink::default();
    let polled = pin!(copy.handle(command, &(), &sink)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(answer) = polled else { panic!("the rules wait for something") };
    answer?;
    match pin!(sink.collect()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(events) => Ok(events),
        Poll::Pending => panic!("collecting events waits for something"),
    }
}

/// Lives one life, holding every law on the way, and gives its events and how many commands were refused.
fn live(steps: &[Step]) -> Result<(Vec<CopyEvent>, usize), TestCaseError> {
    let mut copy = ExamCopy::default();
    let mut model = Model::default();
    let (mut events, mut refused, mut second) = (vec![], 0, 0);
    for (number, step) in steps.iter().enumerate() {
        second += i64::from(step.seconds);
        let command = life::command(&copy, step, number, second);
        let decided = copy.decide(&command);
        let before = copy.clone();
        let handled = handle(&mut copy, command);
        prop_assert_eq!(&decided, &handled, "deciding and handling are one");
        match handled {
            Err(_) => {
                refused += 1;
                prop_assert_eq!(&copy, &before, "a refusal changes nothing");
            }
            Ok(new) => {
                for event in &new {
                    model.take(event).map_err(TestCaseError::fail)?;
                }
                events.extend(new);
            }
        }
        // The sequence is dense: as many as there are events.
        prop_assert_eq!(copy.sequence, events.len() as u64);
        model.agrees_with(&copy).map_err(TestCaseError::fail)?;
    }
    prop_assert_eq!(&folded(&events), &copy, "events fold to what was built while handling");
    Ok((events, refused))
}

/// Every event goes through JSON as it goes through the database and the framework.
fn through_json(events: &[CopyEvent]) -> Result<Vec<CopyEvent>, TestCaseError> {
    let back = |event: &CopyEvent| -> Result<CopyEvent, TestCaseError> {
        let text = serde_json::to_string(event).unwrap();
        let payload: serde_json::Value = serde_json::from_str(&text).unwrap();
        let keys: Vec<_> = payload.as_object().unwrap().keys().collect();
        prop_assert_eq!(keys, [event.type_name()], "a payload is an object of one key, the type");
        Ok(serde_json::from_value(payload).unwrap())
    };
    events.iter().map(back).collect()
}

// L1, L8, L11 and the fold.
#[test]
fn a_copy_is_what_its_events_say_and_every_kind_of_event_is_reached() {
    let counts: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let ends: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let (commands, refusals) = (RefCell::new(0), RefCell::new(0));
    let config = Config { cases: LIVES, failure_persistence: None, ..Config::default() };
    let lives = collection::vec(step(), STEPS / 3..=STEPS);
    TestRunner::new(config)
        .run(&lives, |steps| {
            let (events, refused) = live(&steps)?;
            let back = through_json(&events)?;
            prop_assert_eq!(&back, &events);
            let copy = folded(&events);
            prop_assert_eq!(&folded(&back), &copy);
            let state = serde_json::to_value(&copy).unwrap();
            prop_assert_eq!(serde_json::from_value::<ExamCopy>(state).unwrap(), copy.clone());
            *commands.borrow_mut() += steps.len();
            *refusals.borrow_mut() += refused;
            for event in &events {
                *counts.borrow_mut().entry(event.type_name()).or_default() += 1;
            }
            let end = copy.state.status().map_or("voided or absent".to_owned(), |s| s.to_string());
            *ends.borrow_mut().entry(end).or_default() += 1;
            Ok(())
        })
        .unwrap();
    let (counts, commands, refusals) = (counts.into_inner(), commands.into_inner(), refusals.into_inner());
    println!("{commands} commands, {refusals} refused; ends {:?}; events {counts:#?}", ends.into_inner());
    for name in CopyEvent::TYPE_NAMES {
        assert!(counts.get(name).is_some_and(|&count| count >= 10), "{name} is hardly ever reached");
    }
    assert!(refusals * 2 < commands, "most commands are accepted, else lives stay shallow");
    assert!(refusals * 20 > commands, "hostile commands are tried too");
}

// The fold is total: any events in any order give a state, and never a lock outside LOCKED.
#[test]
fn events_in_an_order_that_no_command_gives_are_folded_without_harm() {
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let lives = (collection::vec(step(), 20..100), collection::vec(proptest::num::usize::ANY, 60));
    TestRunner::new(config)
        .run(&lives, |(steps, order)| {
            let (events, _) = live(&steps)?;
            prop_assert!(!events.is_empty());
            let mut copy = ExamCopy::default();
            let mut requested = false;
            for (folded, index) in order.into_iter().enumerate() {
                let event = events[index % events.len()].clone();
                requested |= matches!(event, CopyEvent::CopyImportRequested { .. });
                copy.fold(event);
                prop_assert_eq!(copy.sequence, folded as u64 + 1, "an event that fits nowhere counts too");
                prop_assert_eq!(copy.state != CopyState::Absent, requested);
                let total = copy.state.paper().map(|paper| paper.breakdown().total().0);
                prop_assert!(total.is_none_or(|total| total.abs() <= 60 * 2_000 + 2_000));
            }
            Ok(())
        })
        .unwrap();
}
