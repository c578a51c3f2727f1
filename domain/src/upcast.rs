//! Events of older versions, brought up to the newest one.
//!
//! Architecture invariant: this is the only place that knows what an older version means. Aggregates are loaded and views
//! are folded through it, so the two cannot disagree; hashes are over the text as it was recorded, which nothing here
//! touches. One function makes one step, from a version to the next, and stays as it is for ever, like the event it reads.

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use serde_json::{Map, Value};

use crate::exam::Duty;
use crate::shape::{Reader, Reading, Shape};

/// The step of one event type from one version to the next.
struct Step {
    event_type: &'static str,
    from: usize,
    /// Changes the fields of the payload. It is total: fields that are not as the older version had them are left so, and
    /// whoever reads the event then says what is wrong with it.
    raise: fn(&mut Map<String, Value>),
}

/// Every step, by type; the steps of a type in their order.
const STEPS: [Step; 3] = [
    Step { event_type: "GraderEnrolled", from: 1, raise: grader_enrolled_1 },
    Step { event_type: "CopyImportRetried", from: 1, raise: without_reason },
    Step { event_type: "FinalisationStarted", from: 1, raise: without_reason },
];

/// Whoever was enrolled before duties were told was enrolled to mark.
fn grader_enrolled_1(fields: &mut Map<String, Value>) {
    fields.insert("duty".to_owned(), Duty::Marker.as_str().into());
}

/// Nobody was asked for a reason.
fn without_reason(fields: &mut Map<String, Value>) {
    fields.insert("reason".to_owned(), Value::Null);
}

/// The payload of an event of an older shape, as the newest version of its type has it.
#[must_use]
pub fn upcast(shape: Shape, mut payload: Value) -> Value {
    let Some(Value::Object(fields)) = payload.get_mut(shape.event_type) else { return payload };
    let steps = STEPS.iter().filter(|step| step.event_type == shape.event_type && step.from >= shape.version);
    steps.for_each(|step| (step.raise)(fields));
    payload
}

/// The same for stores of cqrs-es, for streams of one sort: [`EventUpcaster`] as `with_upcasters` takes it. An event as
/// this build writes it passes by untouched.
#[derive(Clone, Copy, Debug)]
pub struct Upcaster {
    /// The sort of stream, as it stands in `aggregate_type`.
    pub aggregate_type: &'static str,
}

impl Upcaster {
    fn older(self, event_type: &str, event_version: &str) -> Option<Shape> {
        match Reader::CURRENT.reading(self.aggregate_type, event_type, event_version) {
            Reading::Upcast(shape) => Some(shape),
            Reading::AsWritten(_) | Reading::Unknown => None,
        }
    }
}

impl EventUpcaster for Upcaster {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        self.older(event_type, event_version).is_some()
    }

    fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        let Some(shape) = self.older(&event.event_type, &event.event_version) else { return event };
        SerializedEvent { payload: upcast(shape, event.payload), event_version: newest(shape), ..event }
    }
}

/// The newest version of the shape's type, as `event_version` has it.
fn newest(shape: Shape) -> String {
    let last = STEPS.iter().rfind(|step| step.event_type == shape.event_type);
    last.map_or(shape.version, |step| step.from + 1).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::STEPS;
    use crate::shape;

    #[test]
    fn every_shape_before_the_newest_of_its_type_has_its_one_step_and_the_steps_stand_in_order() {
        let newer = |older: &shape::Shape| {
            shape::all().any(|it| it.event_type == older.event_type && it.version > older.version)
        };
        let needed: BTreeSet<_> =
            shape::all().filter(newer).map(|shape| (shape.event_type, shape.version)).collect();
        let there = STEPS.each_ref().map(|step| (step.event_type, step.from));
        assert_eq!(there.len(), needed.len());
        assert_eq!(BTreeSet::from(there), needed);
        for (event_type, _) in there {
            assert!(there.iter().filter(|step| step.0 == event_type).is_sorted());
        }
    }
}
