//! What every route of a resource needs: the application and the call; and what writes are answered with.

use domain::Digest;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::answer::Answer;
use super::call::Call;
use super::errors::ApiError;
use crate::app::{Caller, CommandKey, Written};

/// What stands in every answer that may hold personal texts or pseudonyms: kept nowhere on its way.
pub(super) const NO_STORE: &str = "no-store";

/// The caller of a use case, for a command with this body.
pub(super) fn caller(call: &Call, body: &Digest) -> Caller {
    Caller {
        actor: call.actor.id,
        role: call.actor.role,
        request_id: call.request_id.to_string(),
        traceparent: call.traceparent,
        found: call.found.clone(),
        key: call
            .idempotency_key
            .as_ref()
            .map(|key| CommandKey { key: key.clone(), asked: call.command_text(body) }),
    }
}

/// The same for a command without a body.
pub(super) fn caller_of_bare(call: &Call) -> Caller {
    caller(call, &Digest::of(b""))
}

/// 200 with the resource as it stands after a write.
pub(super) fn written(written: &Written) -> Result<Answer, ApiError> {
    let answer = read(&written.answer)?.at_position(written.position);
    Ok(if written.is_read { answer.of_a_read() } else { answer })
}

/// 200 with what was read.
pub(super) fn read(value: &impl Serialize) -> Result<Answer, ApiError> {
    Ok(Answer::ok(value)?.header(CACHE_CONTROL, NO_STORE))
}

/// Reads a member that may be null and may not be left out: forgetting it must not take something back.
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(deserializer)
}

/// Reads a member that may be left out (`None`), and that is taken away by null (`Some(None)`).
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// The body of an act that needs nothing: absent, or `{}`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
