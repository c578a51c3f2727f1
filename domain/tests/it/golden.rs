//! Golden events: what was once written is read for ever. `fixtures/events/TYPE.vN.json` holds, for every type
//! and version, an array of payloads that is written once and never edited.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent, EventEnvelope};
use domain::Metadata;
use domain::copy::event::{ExportFormat, FinalisationCause, WorkError, WorkStage};
use domain::copy::{CopyEvent, ExamCopy, MarkKind};
use domain::exam::{Duty, Exam};
use domain::operations::Operations;
use domain::shape;
use domain::subject::Subject;
use domain::upcast::Upcaster;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// File stems to their instances.
pub(crate) fn golden() -> BTreeMap<String, Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events");
    let entries = std::fs::read_dir(&folder).expect("fixtures/events is there");
    let read = |path: &Path| -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(&path)))
        .collect()
}

pub(crate) fn stem(event_type: &str, version: usize) -> String {
    format!("{event_type}.v{version}")
}

/// Reads a payload as postgres-es and cqrs-es do, metadata and all, brought up to the newest version on its way.
fn read_by_framework<A: Aggregate>(
    (event_type, version): (&str, usize),
    payload: &Value,
    metadata: &Value,
) -> A::Event {
    let serialized = SerializedEvent::new(
        "01972f3e-8c00-7000-8000-000000000001".to_owned(),
        1,
        A::TYPE.to_owned(),
        event_type.to_owned(),
        version.to_string(),
        payload.clone(),
        metadata.clone(),
    );
    let upcaster = Upcaster { aggregate_type: A::TYPE };
    let is_older = upcaster.can_upcast(event_type, &version.to_string());
    let serialized = if is_older { upcaster.upcast(serialized) } else { serialized };
    let envelope = EventEnvelope::<A>::try_from(serialized).expect("the framework reads a golden event");
    assert!(envelope.metadata.contains_key("actor_id"));
    envelope.payload
}

fn holds<A: Aggregate>()
where
    A::Event: Serialize + DeserializeOwned,
{
    let golden = golden();
    let metadata = &golden["metadata.v1"][0];
    for shape in shape::all().filter(|shape| shape.aggregate_type == A::TYPE) {
        let name = stem(shape.event_type, shape.version);
        let instances = golden
            .get(&name)
            .unwrap_or_else(|| panic!("{name} has no golden file; write fixtures/events/{name}.json"));
        assert!(!instances.is_empty(), "{name} has no instance");
        for payload in instances {
            let event = read_by_framework::<A>((shape.event_type, shape.version), payload, metadata);
            assert_eq!(event.event_type(), shape.event_type, "the file is named after its events");
            // What is read from an older version is an event of the newest one.
            if event.event_version() == shape.version.to_string() {
                assert_eq!(&serde_json::to_value(&event).unwrap(), payload, "{name} is written as it was");
            }
        }
    }
}

#[test]
fn every_event_of_a_copy_reads_for_ever_and_writes_the_same() {
    holds::<ExamCopy>();
}

#[test]
fn every_event_of_an_exam_reads_for_ever_and_writes_the_same() {
    holds::<Exam>();
}

#[test]
fn every_act_of_operators_reads_for_ever_and_writes_the_same() {
    holds::<Operations>();
}

#[test]
fn every_event_of_a_subject_reads_for_ever_and_writes_the_same() {
    holds::<Subject>();
}

#[test]
fn every_metadata_reads_for_ever_and_writes_the_same() {
    for instance in &golden()["metadata.v1"] {
        let metadata: Metadata = serde_json::from_value(instance.clone()).unwrap();
        assert_eq!(&serde_json::to_value(&metadata).unwrap(), instance);
    }
}

#[test]
fn no_golden_file_is_left_unread() {
    let mut known: BTreeSet<String> =
        shape::all().map(|shape| stem(shape.event_type, shape.version)).collect();
    known.insert("metadata.v1".to_owned());
    assert_eq!(golden().into_keys().collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_spelling_of_an_enumeration_stands_in_a_golden_event() {
    let all = serde_json::to_string(&golden()).unwrap();
    let stands =
        |value: Value| assert!(all.contains(&value.to_string()), "{value} stands in no golden event");
    for kind in [MarkKind::Comment, MarkKind::Highlight, MarkKind::Error, MarkKind::Bonus] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        stands(kind.as_str().into());
    }
    use WorkStage as S;
    for stage in [S::Claim, S::Fetch, S::Limits, S::Open, S::Render, S::Write, S::Store] {
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
        stands(stage.as_str().into());
    }
    for error in [WorkError::Timeout, WorkError::InvalidPdf, WorkError::EmptyResult, WorkError::Unknown] {
        assert_eq!(serde_json::to_value(error).unwrap(), error.as_str());
        stands(error.as_str().into());
    }
    for cause in [FinalisationCause::Requested, FinalisationCause::Retry, FinalisationCause::Correction] {
        stands(serde_json::to_value(cause).unwrap());
    }
    for format in [ExportFormat::Pdf, ExportFormat::Json] {
        stands(serde_json::to_value(format).unwrap());
    }
    for duty in [Duty::Marker, Duty::Lead] {
        assert_eq!(serde_json::to_value(duty).unwrap(), duty.as_str());
        stands(duty.as_str().into());
    }
}

// A consumer of tomorrow's events must not stop at a field that it does not know.
#[test]
fn a_field_that_was_added_does_not_stop_a_reader() {
    for (name, instances) in golden() {
        let Some(event_type) = CopyEvent::TYPE_NAMES.iter().find(|known| stem(known, 1) == name) else {
            continue;
        };
        for payload in instances {
            let mut grown = payload.clone();
            add_fields(&mut grown[*event_type]);
            let read: CopyEvent = serde_json::from_value(grown).expect("an added field is passed over");
            assert_eq!(read, serde_json::from_value(payload).unwrap());
        }
    }
}

fn add_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(add_fields);
            fields.insert("added_later".to_owned(), true.into());
        }
        Value::Array(values) => values.iter_mut().for_each(add_fields),
        _ => {}
    }
}
