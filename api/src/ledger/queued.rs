//! A command on its way into the ledger: it owns all that its append needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::leaf::Content;
use domain::{Digest, Timestamp};
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::turns::Turn;
use super::{Busy, LedgerError};
use crate::vault::VaultRow;

/// An event, written and hashed. The texts are the ones that are stored.
#[derive(Debug)]
pub(super) struct WrittenEvent {
    pub(super) event_id: Uuid,
    pub(super) event_type: String,
    pub(super) event_version: String,
    pub(super) payload: String,
    pub(super) content_hash: Digest,
}

/// What is appended for one command.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) principal: Uuid,
    pub(super) key: Uuid,
    pub(super) body_hmac: Option<Digest>,
    pub(super) answer: String,
    pub(super) aggregate_type: &'static str,
    pub(super) aggregate_id: String,
    pub(super) expected_sequence: i64,
    /// None before the first event.
    pub(super) expected_leaf: Option<Digest>,
    pub(super) metadata: String,
    pub(super) events: Vec<WrittenEvent>,
    pub(super) vault: Vec<VaultRow>,
}

impl Append {
    /// Adds an event behind the others.
    pub(super) fn push<E>(&mut self, event: &E) -> Result<(), serde_json::Error>
    where
        E: cqrs_es::DomainEvent,
    {
        let place = i64::try_from(self.events.len()).unwrap_or(i64::MAX);
        let (event_id, payload) = (Uuid::now_v7(), serde_json::to_string(event)?);
        let (event_type, event_version) = (event.event_type(), event.event_version());
        let content = Content {
            event_id,
            aggregate_type: self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.expected_sequence.saturating_add(place).saturating_add(1),
            event_type: &event_type,
            event_version: &event_version,
            metadata: &self.metadata,
            payload: &payload,
        };
        let content_hash = content.hash();
        self.events.push(WrittenEvent { event_id, event_type, event_version, payload, content_hash });
        Ok(())
    }

    /// What it takes of a batch's bytes.
    pub(super) fn bytes(&self) -> usize {
        let events: usize = self.events.iter().map(|event| event.payload.len() + self.metadata.len()).sum();
        let vault: usize = self.vault.iter().map(|row| row.sealed.len()).sum();
        events + vault + self.answer.len()
    }
}

/// A queued command. Nobody else can reach it: a caller that goes away leaves it to be appended.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) append: Append,
    pub(super) bytes: usize,
    pub(super) since: Instant,
    /// Held until there is an answer, whether or not someone still waits for it.
    pub(super) turn: Turn,
    pub(super) counted: Counted,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// Counts a command from its queueing to its answer.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    pub(super) fn among(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Queued {
    pub(super) fn answer(self, outcome: Outcome) {
        drop(self.counted);
        // A caller that is gone changes nothing.
        let _ = self.reply.send(Reply { outcome, turn: self.turn });
    }
}

/// The answer to a queued command, which gives its turn back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    pub(super) turn: Turn,
}

/// What came of an append.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Applied { first: i64, last: i64, recorded_at: Timestamp, leaf: Digest, epoch: Uuid },
    Known(Known),
    KeyReused,
    Conflict { current_sequence: u64 },
    Busy(Busy),
    Unknown,
    Failed(LedgerError),
}

/// What is stored of a command that was applied before.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) recorded_at: Timestamp,
    pub(super) answer: String,
    /// The ledger's epoch when this was asked, not when it was applied.
    pub(super) epoch: Uuid,
}
