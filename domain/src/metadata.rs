//! Who did it, through which request: what stands beside every event.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{ActorId, TraceParent};

/// What an actor may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Does everything.
    Admin,
    /// Marks copies.
    Grader,
    /// Takes scans in, says whose they are, opens them to marking.
    Clerk,
    /// Reads everything, changes nothing.
    Auditor,
    /// Reads their own released copies.
    Student,
    /// A program, with scopes.
    Service,
    /// The ledger's own workers and sweepers.
    System,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Admin, Self::Grader, Self::Clerk, Self::Auditor, Self::Student, Self::Service, Self::System];

    /// As it stands in tokens, metadata and the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Grader => "grader",
            Self::Clerk => "clerk",
            Self::Auditor => "auditor",
            Self::Student => "student",
            Self::Service => "service",
            Self::System => "system",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of admin, grader, clerk, auditor, student, service")]
pub struct UnknownRole;

/// The metadata of an event: a flat JSON object of strings, as cqrs-es reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The actor's pseudonym.
    pub actor_id: ActorId,
    /// The role in which the actor acted.
    pub actor_role: Role,
    /// The HTTP request, or run of a worker, that all of this began with.
    pub request_id: String,
    /// The command that decided this event; its idempotency key where the caller gave one.
    pub command_id: Uuid,
    /// The event that made a worker act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// The trace that the request was part of, where the caller said so.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "valid_or_none")]
    pub traceparent: Option<TraceParent>,
}

/// What no build of ours writes is no reason not to read an event.
fn valid_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TraceParent>, D::Error> {
    Ok(String::deserialize(deserializer)?.parse().ok())
}
