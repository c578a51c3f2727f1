//! Content and leaf: the two short texts whose hashes make the ledger evidence.
//!
//! Both are lines `name value`, in a fixed order, UTF-8, each ended by one newline (U+000A). The whole
//! definition, with a worked example, is in `docs/EVENTS.md`. The leaf is also built by the SQL function
//! `append_events`, under the lock that gives the position; a test holds the two equal.

use uuid::Uuid;

use crate::{Digest, Timestamp};

/// What the process that decides an event hashes.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The event's own id.
    pub event_id: Uuid,
    /// `aggregate_type` of the stream.
    pub aggregate_type: &'a str,
    /// `aggregate_id` of the stream.
    pub aggregate_id: &'a str,
    /// Position within the stream, from 1.
    pub sequence: i64,
    /// The event's type.
    pub event_type: &'a str,
    /// The version of the event's shape.
    pub event_version: &'a str,
    /// The exact metadata text, as stored.
    pub metadata: &'a str,
    /// The exact payload text, as stored.
    pub payload: &'a str,
}

impl Content<'_> {
    /// The text that is hashed.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "gradeledger-event v1\nevent_id {}\nstream {} {}\nsequence {}\ntype {}\nversion {}\nmetadata {}\npayload {}\n",
            self.event_id,
            self.aggregate_type,
            self.aggregate_id,
            self.sequence,
            self.event_type,
            self.event_version,
            Digest::of(self.metadata.as_bytes()),
            Digest::of(self.payload.as_bytes()),
        )
    }

    /// `content_hash`: SHA-256 of [`Content::text`].
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }
}

/// What is built under the append lock.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// The ledger's epoch.
    pub epoch: Uuid,
    /// The event's place in the whole ledger, from 1.
    pub position: i64,
    /// When it was recorded, by Postgres's clock.
    pub recorded_at: Timestamp,
    /// [`Content::hash`] of the event.
    pub content_hash: Digest,
    /// The leaf hash of the stream's previous event, or [`Digest::ZERO`].
    pub previous: Digest,
}

impl Leaf {
    /// The text that is hashed.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "gradeledger-leaf v1\nepoch {}\nposition {}\nrecorded_at {}\ncontent {}\nprevious {}\n",
            self.epoch, self.position, self.recorded_at, self.content_hash, self.previous,
        )
    }

    /// `leaf_hash`: SHA-256(0x00 ‖ text), the leaf hash of RFC 6962, section 2.1.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of_parts(&[&[0], self.text().as_bytes()])
    }
}
