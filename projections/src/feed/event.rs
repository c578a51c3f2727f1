//! An event as it was written.

use domain::{Digest, Timestamp};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::views::row;

/// An event as it stands in the ledger. Nothing of it is decoded, so that types and versions which this build does not
/// know are handed on as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEvent {
    /// Its place in the whole ledger, from 1.
    pub position: i64,
    /// The epoch under which it was recorded.
    pub epoch: Uuid,
    /// Its own id.
    pub event_id: Uuid,
    /// The sort of its stream.
    pub stream_type: String,
    /// Which stream.
    pub stream_id: String,
    /// Its place in that stream, from 1.
    pub sequence: i64,
    /// What happened.
    pub event_type: String,
    /// In which shape that is told.
    pub event_version: String,
    /// The exact text of the payload.
    pub payload: String,
    /// The exact text of the metadata.
    pub metadata: String,
    /// When it was recorded, by Postgres's clock.
    pub recorded_at: Timestamp,
    /// The hash of its leaf.
    pub leaf: Digest,
    /// The exam that its stream belongs to; none where streams of its sort belong to none.
    pub exam: Option<Uuid>,
}

/// What an event takes beside its payload and metadata, in memory or as an answer.
const ENVELOPE_BYTES: usize = 600;

impl FeedEvent {
    pub(super) fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let exam: Option<String> = row.try_get("exam")?;
        let leaf: &[u8] = row.try_get("leaf_hash")?;
        Ok(Self {
            position: row.try_get("position")?,
            epoch: row.try_get("recorded_under")?,
            event_id: row.try_get("event_id")?,
            stream_type: row.try_get("aggregate_type")?,
            stream_id: row.try_get("aggregate_id")?,
            sequence: row.try_get("sequence")?,
            event_type: row.try_get("event_type")?,
            event_version: row.try_get("event_version")?,
            payload: row.try_get("payload")?,
            metadata: row.try_get("metadata")?,
            recorded_at: row::timestamp(row, "recorded_at")?,
            leaf: Digest::from_slice(leaf)
                .ok_or_else(|| sqlx::Error::Protocol(format!("a hash of {} bytes", leaf.len())))?,
            // An exam that is no UUID is nobody's.
            exam: exam.and_then(|exam| exam.parse().ok()),
        })
    }

    /// What it takes, in bytes, about.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        ENVELOPE_BYTES + self.payload.len() + self.metadata.len()
    }
}
