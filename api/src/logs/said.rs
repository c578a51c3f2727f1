//! What an event, and the spans around it, say.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

/// The ids that lead from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    pub(super) request_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) copy_id: Option<String>,
    /// Of an event of the ledger.
    pub(super) position: Option<i64>,
    /// Of the `traceparent` that the caller sent.
    pub(super) trace_id: Option<String>,
    pub(super) span_id: Option<String>,
}

/// The fields of an event or a span.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) message: String,
    /// The mark of [`critical!`](crate::critical).
    pub(super) critical: bool,
    pub(super) ids: Ids,
    pub(super) fields: Map<String, Value>,
}

impl Said {
    /// Takes from `outer` what is not known yet.
    pub(super) fn or(&mut self, outer: &Self) {
        let (mine, theirs) = (&mut self.ids, &outer.ids);
        for (mine, theirs) in [
            (&mut mine.request_id, &theirs.request_id),
            (&mut mine.user_id, &theirs.user_id),
            (&mut mine.copy_id, &theirs.copy_id),
            (&mut mine.trace_id, &theirs.trace_id),
            (&mut mine.span_id, &theirs.span_id),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        mine.position = mine.position.or(theirs.position);
        for (name, value) in &outer.fields {
            if !self.fields.contains_key(name) {
                self.fields.insert(name.clone(), value.clone());
            }
        }
    }

    fn put(&mut self, field: &Field, value: Value) {
        let ids = &mut self.ids;
        let id = match field.name() {
            "message" => return self.message = text(value),
            "critical" => return self.critical = value == Value::Bool(true),
            "position" => return ids.position = value.as_i64().or_else(|| text(value).parse().ok()),
            "request_id" => &mut ids.request_id,
            "user_id" => &mut ids.user_id,
            "copy_id" => &mut ids.copy_id,
            "trace_id" => &mut ids.trace_id,
            "span_id" => &mut ids.span_id,
            name => {
                // A stream of the ledger is named by its type and its id.
                if let ("stream", Some(copy)) =
                    (name, value.as_str().and_then(|it| it.strip_prefix("ExamCopy ")))
                {
                    ids.copy_id.get_or_insert_with(|| copy.to_owned());
                }
                self.fields.insert(name.to_owned(), value);
                return;
            }
        };
        *id = Some(text(value));
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}
