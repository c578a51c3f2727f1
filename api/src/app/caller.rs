//! Who asks for a use case.

use domain::{ActorId, Role, TraceParent};

use super::{Found, Sight};

/// Who asks, through which request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The pseudonym that stands in events.
    pub actor: ActorId,
    /// In which role.
    pub role: Role,
    /// The request that leads to log lines and events.
    pub request_id: String,
    /// The trace that the request is part of.
    pub traceparent: Option<TraceParent>,
    /// The id of the command, where the caller gave one.
    pub key: Option<CommandKey>,
    /// The copy that the request is about, where the door had to look at it.
    pub found: Option<Found>,
}

impl Caller {
    /// What the caller sees of what their acts are answered with.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight::of(self.role, false)
    }
}

/// The id that a caller gave to a command, and what tells a repeat from another command (L3).
#[derive(Clone)]
pub struct CommandKey {
    /// As sent.
    pub key: String,
    /// What the command is: method, path and the digest of the body.
    pub asked: Vec<u8>,
}

crate::redacted::debug_without_the_rest! { CommandKey {  } }
