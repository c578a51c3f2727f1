//! From a row of `events` to an event of this build, or why it is none.

use domain::copy::CopyEvent;
use domain::exam::ExamEvent;
use domain::operations::OperationsEvent;
use domain::shape::{Reading, Shape};
use domain::subject::SubjectEvent;
use domain::upcast::upcast;
use domain::{Metadata, Reader, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::recorded::{LedgerEvent, RecordedEvent, StreamId, StreamType};

/// Why this build cannot read an event. It stops a view: an event is never skipped.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A kind of stream that no build has brought which migrated this ledger.
    #[error("streams of type {0} are unknown to this version; start the version that wrote it, then retry")]
    StreamType(String),
    /// An event type, or a version of one, that no such build has brought. Where a later one has, whoever reads says so
    /// instead ([`NewerEvent`](super::NewerEvent)).
    #[error(
        "{event_type} in version {event_version} is unknown to this version; start the version that wrote it, then retry"
    )]
    Shape {
        /// The event's type.
        event_type: String,
        /// The version of its shape.
        event_version: String,
    },
    /// The id of the stream is not a UUID.
    #[error("the stream id {0} is not a UUID")]
    StreamIdText(String),
    /// The payload is no event of this build.
    #[error("the payload cannot be read: {0}")]
    Payload(serde_json::Error),
    /// The column and the payload name two event types.
    #[error("the payload is a {found}, not what its column says")]
    OtherType {
        /// What the payload is.
        found: &'static str,
    },
    /// The metadata is not the metadata of this build.
    #[error("the metadata cannot be read: {0}")]
    Metadata(serde_json::Error),
}

/// The columns that are read, with texts of its own or with those of what was received. Payload and metadata are null where the
/// reader does not follow the stream.
pub(crate) struct EventRow<Text = String> {
    pub(crate) position: i64,
    pub(super) event_id: Uuid,
    pub(super) aggregate_type: Text,
    pub(super) aggregate_id: Text,
    pub(super) sequence: i64,
    pub(crate) event_type: Text,
    pub(super) event_version: Text,
    pub(super) payload: Option<Text>,
    pub(super) metadata: Option<Text>,
    pub(super) recorded_at: DateTime<Utc>,
}

impl<'r> FromRow<'r, PgRow> for EventRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            position: row.try_get("position")?,
            event_id: row.try_get("event_id")?,
            aggregate_type: row.try_get("aggregate_type")?,
            aggregate_id: row.try_get("aggregate_id")?,
            sequence: row.try_get("sequence")?,
            event_type: row.try_get("event_type")?,
            event_version: row.try_get("event_version")?,
            payload: row.try_get("payload")?,
            metadata: row.try_get("metadata")?,
            recorded_at: row.try_get("recorded_at")?,
        })
    }
}

impl<Text: AsRef<str>> EventRow<Text> {
    /// How much of the reader's memory the row takes, in bytes, but for a constant.
    pub(crate) fn bytes(&self) -> usize {
        let length = |text: &Option<Text>| text.as_ref().map_or(0, |text| text.as_ref().len());
        length(&self.payload) + length(&self.metadata)
    }

    /// The stream as its columns name it, for messages about a row that cannot be read.
    pub(crate) fn stream_text(&self) -> String {
        format!("{} {}", self.aggregate_type.as_ref(), self.aggregate_id.as_ref())
    }

    /// The stream of a kind that the reader follows; none where it does not follow it, or cannot know which it is.
    pub(crate) fn followed_stream(&self) -> Option<StreamId> {
        self.payload.as_ref()?;
        StreamId::named(self.aggregate_type.as_ref(), self.aggregate_id.as_ref().parse().ok()?)
    }

    /// The event as `reader` reads it; none where the reader does not follow its stream.
    pub(crate) fn decode(&self, reader: Reader) -> Result<Option<RecordedEvent>, DecodeError> {
        let (aggregate_type, aggregate_id) = (self.aggregate_type.as_ref(), self.aggregate_id.as_ref());
        let (event_type, event_version) = (self.event_type.as_ref(), self.event_version.as_ref());
        let kind = StreamType::ALL
            .into_iter()
            .find(|kind| kind.as_str() == aggregate_type && reader.knows_streams_of(kind.as_str()))
            .ok_or_else(|| DecodeError::StreamType(aggregate_type.to_owned()))?;
        let (Some(payload), Some(metadata)) = (&self.payload, &self.metadata) else {
            return Ok(None);
        };
        let (older, shape) = match reader.reading(aggregate_type, event_type, event_version) {
            Reading::AsWritten(shape) => (None, shape),
            Reading::Upcast(shape) => (Some(shape), shape),
            Reading::Unknown => {
                let (event_type, event_version) = (event_type.to_owned(), event_version.to_owned());
                return Err(DecodeError::Shape { event_type, event_version });
            }
        };
        let id = aggregate_id.parse().map_err(|_| DecodeError::StreamIdText(aggregate_id.to_owned()))?;
        let event = decode_payload(kind, older, payload.as_ref())?;
        let found = event.type_name();
        if found != event_type {
            return Err(DecodeError::OtherType { found });
        }
        Ok(Some(RecordedEvent {
            position: self.position,
            event_id: self.event_id,
            stream: kind.with_id(id),
            sequence: self.sequence,
            event,
            reader: shape.reader,
            metadata: serde_json::from_str::<Metadata>(metadata.as_ref()).map_err(DecodeError::Metadata)?,
            recorded_at: Timestamp::from_micros(self.recorded_at.timestamp_micros()),
        }))
    }
}

fn decode_payload(kind: StreamType, older: Option<Shape>, payload: &str) -> Result<LedgerEvent, DecodeError> {
    Ok(match kind {
        StreamType::Copy => LedgerEvent::Copy(parse::<CopyEvent>(older, payload)?),
        StreamType::Exam => LedgerEvent::Exam(parse::<ExamEvent>(older, payload)?),
        StreamType::Operations => LedgerEvent::Operations(parse::<OperationsEvent>(older, payload)?),
        StreamType::Subject => LedgerEvent::Subject(parse::<SubjectEvent>(older, payload)?),
    })
}

/// Only what is older takes the way through a document that can be changed.
fn parse<E: DeserializeOwned>(older: Option<Shape>, payload: &str) -> Result<E, DecodeError> {
    let parsed = match older {
        None => serde_json::from_str(payload),
        Some(shape) => serde_json::from_str::<Value>(payload)
            .and_then(|payload| serde_json::from_value(upcast(shape, payload))),
    };
    parsed.map_err(DecodeError::Payload)
}
