//! One event as it is stored, held to its hashes.

use domain::leaf::{Content, Leaf};
use domain::{Digest, Timestamp};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Fault;
use crate::ledger::call::timestamp;

/// What the columns say, and what they say of the event before it in its stream.
pub(super) struct StoredEvent<'r> {
    pub(super) position: i64,
    pub(super) recorded_at: Timestamp,
    content: Content<'r>,
    content_hash: &'r [u8],
    leaf_hash: &'r [u8],
    before_position: Option<i64>,
    before_leaf: Option<&'r [u8]>,
}

impl<'r> StoredEvent<'r> {
    pub(super) fn read(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let content = Content {
            event_id: row.try_get("event_id")?,
            aggregate_type: row.try_get("aggregate_type")?,
            aggregate_id: row.try_get("aggregate_id")?,
            sequence: row.try_get("sequence")?,
            event_type: row.try_get("event_type")?,
            event_version: row.try_get("event_version")?,
            metadata: row.try_get("metadata")?,
            payload: row.try_get("payload")?,
        };
        Ok(Self {
            position: row.try_get("position")?,
            recorded_at: timestamp(row.try_get("recorded_at")?),
            content,
            content_hash: row.try_get("content_hash")?,
            leaf_hash: row.try_get("leaf_hash")?,
            before_position: row.try_get("before_position")?,
            before_leaf: row.try_get("before_leaf")?,
        })
    }

    /// What is wrong with it, if something is.
    pub(super) fn fault(&self, epoch: Option<Uuid>, recorded_before: Timestamp) -> Option<Fault> {
        let Some(epoch) = epoch else { return Some(Fault::NoEpoch) };
        let content_hash = self.content.hash();
        if content_hash.0.as_slice() != self.content_hash {
            return Some(Fault::Content);
        }
        let previous = match self.previous() {
            Ok(previous) => previous,
            Err(fault) => return Some(fault),
        };
        let (position, recorded_at) = (self.position, self.recorded_at);
        let leaf = Leaf { epoch, position, recorded_at, content_hash, previous };
        if leaf.hash().0.as_slice() != self.leaf_hash {
            return Some(Fault::Leaf);
        }
        (recorded_at < recorded_before).then_some(Fault::RecordedEarlier)
    }

    /// The leaf hash of the stream's event before this one.
    fn previous(&self) -> Result<Digest, Fault> {
        let sequence = self.content.sequence;
        match (self.before_position, self.before_leaf.and_then(Digest::from_slice)) {
            _ if sequence <= 1 => Ok(Digest::ZERO),
            (Some(before_position), Some(_)) if before_position >= self.position => {
                Err(Fault::ChainOutOfOrder { before_position })
            }
            (Some(_), Some(leaf)) => Ok(leaf),
            _ => Err(Fault::BrokenChain { sequence }),
        }
    }
}
