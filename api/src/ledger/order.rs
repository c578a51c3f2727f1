//! What a caller hands to the ledger, and what it gets back.

use std::sync::Arc;

use cqrs_es::Aggregate;
use domain::{ActorId, Digest, Role, Timestamp, TraceParent};
use serde_json::Value;
use uuid::Uuid;

use crate::vault::VaultRow;

/// Who asks, through which request.
#[derive(Clone, Debug)]
pub struct By {
    /// The actor's pseudonym.
    pub actor: ActorId,
    /// The role in which the actor acts.
    pub role: Role,
    /// The HTTP request, or run of a worker, that all of this began with.
    pub request_id: String,
    /// The event that made a worker act.
    pub causation_id: Option<Uuid>,
    /// The trace that the request was part of.
    pub traceparent: Option<TraceParent>,
}

/// A caller's wish that repeating this request does nothing more (L3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotency {
    pub(super) principal: ActorId,
    pub(super) key: Uuid,
    pub(super) body_hmac: Digest,
}

/// A text that is no idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an Idempotency-Key is a UUID or 1 to {} printable ASCII characters", Idempotency::LONGEST_KEY_BYTES)]
pub struct InvalidKey;

impl Idempotency {
    /// The longest key, in bytes.
    pub const LONGEST_KEY_BYTES: usize = 200;

    /// The key as its principal sent it, and the HMAC of the request that it stands for
    /// ([`ServerKeys::body_hmac`](crate::vault::ServerKeys::body_hmac)). A key that is no UUID becomes one: UUIDv5 of the text
    /// with the principal as name space.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn new(principal: ActorId, key: &str, body_hmac: Digest) -> Result<Self, InvalidKey> {
        let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if key.trim().is_empty() || key.len() > Self::LONGEST_KEY_BYTES || !printable {
            return Err(InvalidKey);
        }
        let key = key.parse().unwrap_or_else(|_| Uuid::new_v5(&principal.0, key.as_bytes()));
        Ok(Self { principal, key, body_hmac })
    }
}

/// A command for one stream, with all that its append takes.
pub struct Order<'a, A: Aggregate> {
    /// Who asks.
    pub by: By,
    /// Makes a repeat harmless; without it the command is applied whenever it is sent.
    pub idempotency: Option<Idempotency>,
    /// Sealed texts, appended in the same transaction as the events.
    pub vault: Vec<VaultRow>,
    /// The command at this time; called again with a fresh time after each conflict. Ids that it needs are made once, outside.
    pub command: &'a (dyn Fn(Timestamp) -> A::Command + Send + Sync),
    /// What a repeat of the key is answered with, from the state after the command. It is stored in clear for ever: no
    /// personal text, no token.
    pub answer: &'a (dyn Fn(&A) -> Value + Send + Sync),
}

/// What came of an order.
#[derive(Clone, Debug)]
pub struct Executed<A> {
    /// The stream's state after it; of a repeat, as it stands now.
    pub state: Arc<A>,
    /// The answer; of a repeat, the first one.
    pub answer: Value,
    /// The position of its first event; none where there was nothing to do.
    pub first_position: Option<i64>,
    /// The position that a read must have reached to show this: of its last event, or of the stream's last one where there
    /// was nothing to do.
    pub last_position: i64,
    /// The ledger's epoch, in which that is a position.
    pub epoch: Uuid,
    /// When its events were recorded; none where there was nothing to do.
    pub recorded_at: Option<Timestamp>,
    /// Whether the key had been applied before.
    pub repeated: bool,
}
