//! A copy as one JSON document: for an office that keeps its own evidence.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::copy::ExamCopy;
use domain::{CopyId, Digest, Timestamp};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::super::answers::annotation::AnnotationAnswer;
use super::super::answers::copy::CopyAnswer;
use super::super::execute::json;
use super::super::{App, AppError, Sight};

/// Names the shape of the document; another shape gets another name.
const FORMAT: &str = "gradeledger-copy v1";

/// The document. Payloads and metadata are the exact texts that were hashed, so that content and leaf hashes can be
/// computed from it (docs/EVENTS.md).
#[derive(Serialize)]
struct Document {
    format: &'static str,
    epoch: Uuid,
    copy: Option<CopyAnswer>,
    annotations: Vec<AnnotationAnswer>,
    events: Vec<EventLine>,
}

#[derive(Serialize)]
struct EventLine {
    position: i64,
    event_id: Uuid,
    sequence: i64,
    event_type: String,
    event_version: String,
    recorded_at: Timestamp,
    payload: String,
    metadata: String,
    content_hash: Digest,
    leaf_hash: Digest,
}

impl<'r> FromRow<'r, PgRow> for EventLine {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let digest = |column: &str| -> Result<Digest, sqlx::Error> {
            let bytes: &[u8] = row.try_get(column)?;
            Digest::from_slice(bytes).ok_or_else(|| sqlx::Error::Protocol(format!("{column} is no SHA-256")))
        };
        Ok(Self {
            position: row.try_get("position")?,
            event_id: row.try_get("event_id")?,
            sequence: row.try_get("sequence")?,
            event_type: row.try_get("event_type")?,
            event_version: row.try_get("event_version")?,
            recorded_at: Timestamp::from_micros(
                row.try_get::<DateTime<Utc>, _>("recorded_at")?.timestamp_micros(),
            ),
            payload: row.try_get("payload")?,
            metadata: row.try_get("metadata")?,
            content_hash: digest("content_hash")?,
            leaf_hash: digest("leaf_hash")?,
        })
    }
}

impl App {
    /// Marks and events of the copy as it stands in `standing`, texts opened: members sorted by name, no white
    /// space, so that the same history gives the same bytes.
    pub(super) async fn copy_document(&self, copy: CopyId, standing: &ExamCopy) -> Result<Bytes, AppError> {
        let events: Vec<EventLine> = sqlx::query_as(include_str!("document_events.sql"))
            .bind(copy.0.to_string())
            .bind(i64::try_from(standing.sequence).unwrap_or(i64::MAX))
            .fetch_all(self.views.pool())
            .await?;
        let empty = BTreeMap::new();
        let annotations = standing.state.paper().map_or(&empty, |paper| &paper.marking.annotations);
        let mut annotations: Vec<_> =
            annotations.iter().map(|(id, annotation)| AnnotationAnswer::of(*id, annotation)).collect();
        annotations.sort_by_key(|annotation| annotation.number);
        let document = Document {
            format: FORMAT,
            epoch: self.ledger.epoch().await?,
            copy: CopyAnswer::of(copy, standing),
            annotations,
            events,
        };
        let document = self.opened(Sight::ALL, json(&document)).await?;
        Ok(document.to_string().into())
    }
}
