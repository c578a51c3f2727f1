//! Events of older versions mean what they meant, and become events of the newest version.

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::copy::CopyEvent;
use domain::exam::{Duty, Exam, ExamEvent};
use domain::operations::OperationsEvent;
use domain::shape::{self, Reading, Shape};
use domain::upcast::{Upcaster, upcast};
use domain::{ActorId, Reader};
use serde_json::{Value, json};

use crate::golden::{golden, stem};
use crate::story::{ADA, BLAISE};

fn older() -> impl Iterator<Item = Shape> {
    shape::all().filter(|shape| {
        let version = shape.version.to_string();
        matches!(
            Reader::CURRENT.reading(shape.aggregate_type, shape.event_type, &version),
            Reading::Upcast(_)
        )
    })
}

/// A payload read as an event of this build and written again, with the event's type and version.
fn written_again(shape: Shape, payload: Value) -> (&'static str, usize, Value) {
    fn facts<E: serde::Serialize>(event: &E, of: (&'static str, usize)) -> (&'static str, usize, Value) {
        (of.0, of.1, serde_json::to_value(event).unwrap())
    }
    match shape.aggregate_type {
        "ExamCopy" => {
            let event: CopyEvent = serde_json::from_value(payload).unwrap();
            facts(&event, (event.type_name(), event.version()))
        }
        "Exam" => {
            let event: ExamEvent = serde_json::from_value(payload).unwrap();
            facts(&event, (event.type_name(), event.version()))
        }
        "Operations" => {
            let event: OperationsEvent = serde_json::from_value(payload).unwrap();
            facts(&event, (event.type_name(), event.version()))
        }
        other => panic!("{other} is no sort of stream"),
    }
}

#[test]
fn every_golden_event_of_an_older_version_becomes_one_of_the_newest() {
    let golden = golden();
    assert!(older().count() > 0, "there is a version 2 of something");
    for shape in older() {
        let newest = shape::all().filter(|it| it.event_type == shape.event_type).map(|it| it.version).max();
        for payload in &golden[&stem(shape.event_type, shape.version)] {
            let raised = upcast(shape, payload.clone());
            let (event_type, version, written) = written_again(shape, raised.clone());
            assert_eq!((event_type, Some(version)), (shape.event_type, newest));
            assert_eq!(written, raised, "what is raised is written as this build writes");
        }
    }
}

#[test]
fn the_upcaster_of_stores_does_the_same_and_leaves_alone_what_is_as_written_or_unknown() {
    let event = |event_type: &str, version: &str, payload: &Value| {
        let (id, kind) = ("an-exam".to_owned(), "Exam".to_owned());
        let (event_type, version) = (event_type.to_owned(), version.to_owned());
        SerializedEvent::new(
            id,
            7,
            kind,
            event_type,
            version,
            payload.clone(),
            json!({"actor_role": "admin"}),
        )
    };
    let upcaster = Upcaster { aggregate_type: "Exam" };
    let first = json!({"GraderEnrolled": {"grader": ADA}});
    let raised = upcaster.upcast(event("GraderEnrolled", "1", &first));
    assert_eq!(raised.payload, json!({"GraderEnrolled": {"grader": ADA, "duty": "MARKER"}}));
    assert_eq!((raised.event_version.as_str(), raised.sequence), ("2", 7));
    assert_eq!(raised.metadata, json!({"actor_role": "admin"}));
    assert!(!upcaster.can_upcast("GraderEnrolled", &raised.event_version), "it is not raised twice");
    for (event_type, version) in [("GraderEnrolled", "2"), ("GraderEnrolled", "3"), ("ExamPostponed", "1")] {
        assert!(!upcaster.can_upcast(event_type, version));
        assert_eq!(upcaster.upcast(event(event_type, version, &first)).payload, first);
    }
    assert!(!Upcaster { aggregate_type: "ExamCopy" }.can_upcast("GraderEnrolled", "1"));
}

// Damage is for whoever reads the event to name; an upcaster that panicked would hide it.
#[test]
fn a_payload_that_is_not_of_its_shape_passes_through_and_is_refused_where_it_is_read() {
    let shape = older().find(|shape| shape.event_type == "GraderEnrolled").unwrap();
    for payload in [json!(null), json!([]), json!("GraderEnrolled"), json!({"GraderEnrolled": 7}), json!({})]
    {
        assert_eq!(upcast(shape, payload.clone()), payload);
        serde_json::from_value::<ExamEvent>(payload).unwrap_err();
    }
}

fn folded(history: impl IntoIterator<Item = ExamEvent>) -> Exam {
    let mut exam = Exam::default();
    history.into_iter().for_each(|event| exam.fold(event));
    exam
}

#[test]
fn a_history_of_mixed_versions_folds_to_the_same_as_one_that_was_written_today() {
    let shape = older().find(|shape| shape.event_type == "GraderEnrolled").unwrap();
    let yesterday = |grader: ActorId| {
        let payload = upcast(shape, json!({"GraderEnrolled": {"grader": grader}}));
        serde_json::from_value::<ExamEvent>(payload).unwrap()
    };
    let today = |grader, duty| ExamEvent::GraderEnrolled { grader, duty };
    let created = || ExamEvent::ExamCreated { code: "MATHS-2026".parse().unwrap() };
    let removed = || ExamEvent::GraderRemoved { grader: ADA };
    let mixed = folded([created(), yesterday(ADA), removed(), today(ADA, Duty::Lead), yesterday(BLAISE)]);
    let (ada, blaise) = (today(ADA, Duty::Marker), today(BLAISE, Duty::Marker));
    assert_eq!(mixed, folded([created(), ada, removed(), today(ADA, Duty::Lead), blaise]));
    let graders: Vec<_> = mixed.state.session().unwrap().graders.clone().into_values().collect();
    assert_eq!(graders.iter().filter(|duty| **duty == Duty::Lead).count(), 1);
}
