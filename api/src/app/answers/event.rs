//! An event as a CloudEvent (CloudEvents 1.0, JSON event format, structured mode).
//!
//! `source` and `id` together name one event for ever: the source is the epoch under which it was recorded, so that a
//! position which another history gave to something else is not taken for the same event. `sequence` is that of the CloudEvents
//! extension of this name, which wants strings in their order; its `sequencetype` is left out, since its only defined value
//! is one of 32 bits that wraps around.

use projections::{FeedEvent, FeedPage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ledger::Place;

/// The digits of the largest position.
const SEQUENCE_DIGITS: usize = 19;

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsPage {
    /// Its events, in order of position.
    pub items: Vec<CloudEvent>,
    /// What to send as `after` for what follows; always there. It is the last position that was looked at, so it moves on even
    /// where nothing was asked for.
    pub next: String,
    /// Where the ledger ended when this was read. A reader whose `next` is this has everything.
    pub head: String,
}

impl EventsPage {
    /// A page as it is answered.
    pub(crate) fn of(page: &FeedPage) -> Self {
        let place = |number| Place { epoch: page.epoch, number }.to_string();
        Self {
            items: page.events.iter().map(|event| CloudEvent::of(event)).collect(),
            next: place(page.scanned_to),
            head: place(page.head),
        }
    }
}

/// One event, in the JSON format of CloudEvents 1.0.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloudEvent {
    /// Always `1.0`.
    specversion: &'static str,
    /// The event's own id.
    id: Uuid,
    /// `urn:uuid:` and the epoch under which it was recorded.
    #[schema(example = "urn:uuid:3f0c9a52-6a55-4d0e-9a0b-6d0f6f2f4b11")]
    source: String,
    /// The event's type, such as CopyGraded.
    r#type: String,
    /// The stream: its sort, a slash and its id.
    #[schema(example = "ExamCopy/0824ac13-09c9-534a-8ba7-19f18d5facd2")]
    subject: String,
    /// When it was recorded, by Postgres's clock.
    #[schema(format = DateTime)]
    time: String,
    /// Always `application/json`.
    datacontenttype: &'static str,
    /// The position in the whole ledger, with leading zeros, so that as text it stands in the same order.
    #[schema(example = "0000000000000000041")]
    sequence: String,
    /// The place in its own stream, from 1.
    streamsequence: String,
    /// The version of the type's shape.
    eventversion: String,
    /// The exam that the stream belongs to; left out where it belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    examid: Option<Uuid>,
    #[serde(flatten)]
    by: By,
    /// The hash of its leaf, in hexadecimal.
    leafhash: String,
    /// What happened, exactly as it was written: an object with one key, the type.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// Who did it, as the metadata says. What it does not say is left out.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
struct By {
    /// The pseudonym of who did it.
    #[serde(rename(serialize = "actorid"), skip_serializing_if = "Option::is_none")]
    actor_id: Option<String>,
    /// In which role: admin, grader, auditor or system.
    #[serde(rename(serialize = "actorrole"), skip_serializing_if = "Option::is_none")]
    actor_role: Option<String>,
    /// The request that it began with.
    #[serde(rename(serialize = "requestid"), skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The command that decided it.
    #[serde(rename(serialize = "commandid"), skip_serializing_if = "Option::is_none")]
    command_id: Option<String>,
    /// The event that made a worker act.
    #[serde(rename(serialize = "causationid"), skip_serializing_if = "Option::is_none")]
    causation_id: Option<String>,
    /// The trace that the request was part of: the CloudEvents extension for distributed tracing.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
}

impl CloudEvent {
    /// An event as it is handed on.
    pub(crate) fn of(event: &FeedEvent) -> Self {
        Self {
            specversion: "1.0",
            id: event.event_id,
            source: format!("urn:uuid:{}", event.epoch),
            r#type: event.event_type.clone(),
            subject: format!("{}/{}", event.stream_type, event.stream_id),
            time: event.recorded_at.to_string(),
            datacontenttype: "application/json",
            sequence: format!("{:0SEQUENCE_DIGITS$}", event.position),
            streamsequence: event.sequence.to_string(),
            eventversion: event.event_version.clone(),
            examid: event.exam,
            by: serde_json::from_str(&event.metadata).unwrap_or_default(),
            leafhash: event.leaf.to_string(),
            data: as_written(&event.payload),
        }
    }
}

/// The text itself. Postgres has checked that it is JSON.
fn as_written(payload: &str) -> Box<RawValue> {
    RawValue::from_string(payload.to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
