//! Who calls, and what the headers of the request say: parsed once, before any handler runs.

use std::time::Duration;

use domain::{Digest, TraceParent};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode};

use super::answer::LEDGER_POSITION;
use super::errors::ApiError;
use super::prefer;
use super::request_id::RequestId;
use crate::app::{Seen, Sight};
use crate::ledger::Place;
use crate::tokens::Actor;

/// The header of a command's id, after draft-ietf-httpapi-idempotency-key-header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that shows the token of a copy's lock.
pub const X_LOCK_TOKEN: HeaderName = HeaderName::from_static("x-lock-token");

/// The header that is to say why sealed texts are opened. It is refused until reasons are recorded.
pub const X_ACCESS_REASON: HeaderName = HeaderName::from_static("x-access-reason");

/// The longest `Idempotency-Key` and `X-Lock-Token`, in characters.
const MAX_KEY_CHARACTERS: usize = 128;

/// A request whose caller may make it. A handler gets it from [`call()`](super::route::call).
#[derive(Clone)]
pub struct Call {
    /// The caller.
    pub actor: Actor,
    /// For event metadata; the answer's header is set by the frame.
    pub request_id: RequestId,
    /// The trace that the request is part of, for event metadata.
    pub traceparent: Option<TraceParent>,
    /// `Idempotency-Key`: 1 to 128 visible ASCII characters, as sent.
    pub idempotency_key: Option<String>,
    /// `X-Lock-Token`, as sent; not yet known to be anyone's.
    pub lock_token: Option<String>,
    /// `Ledger-Position`: the reader has seen this position, and is to see nothing older.
    pub seen_position: Option<i64>,
    /// The same, with the history that the reader has seen it in.
    pub(super) seen: Option<Seen>,
    /// `Prefer: wait=N`, cut to the limit (RFC 7240, section 4.3).
    pub prefer_wait: Option<Duration>,
    method: Method,
    path: String,
}

crate::redacted::debug_without_the_rest! { Call { actor, request_id, traceparent, seen, prefer_wait, method } }

impl Call {
    pub(super) fn of(
        parts: &Parts,
        actor: Actor,
        (request_id, traceparent): (RequestId, Option<TraceParent>),
        longest_wait: Duration,
    ) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let seen = seen(headers)?;
        if headers.contains_key(&X_ACCESS_REASON) {
            return Err(reasons_are_not_recorded_yet());
        }
        Ok(Self {
            actor,
            request_id,
            traceparent,
            idempotency_key: key(headers, &IDEMPOTENCY_KEY)?,
            lock_token: key(headers, &X_LOCK_TOKEN)?,
            seen_position: seen.map(|seen| seen.position),
            seen,
            prefer_wait: prefer::wait(headers).map(|wait| wait.min(longest_wait)),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
        })
    }

    /// What the caller sees of what they read.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight::of(self.actor.role)
    }

    /// The text whose HMAC tells whether a repeated `Idempotency-Key` is the same command: method, path and
    /// the digest of the body. Without method and path, one key could answer for two different commands.
    #[must_use]
    pub fn command_text(&self, body: &Digest) -> Vec<u8> {
        format!("gradeledger-command v1\n{} {}\n{body}\n", self.method, self.path).into_bytes()
    }
}

/// A reason for opening texts has to be recorded before anything is opened, and there is no log of accesses yet.
fn reasons_are_not_recorded_yet() -> ApiError {
    let detail = "this version opens no sealed text for a reason: it keeps no log of accesses yet, in which the reason would \
                  stand. Leave X-Access-Reason out, or ask an admin";
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "reasons_not_recorded", detail)
}

/// A header that holds a key, sent at most once.
fn key(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, ApiError> {
    let Some(text) = only(headers, name)? else { return Ok(None) };
    if (1..=MAX_KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(text.to_owned()));
    }
    let detail = format!("{name} takes 1 to {MAX_KEY_CHARACTERS} visible ASCII characters, without spaces");
    Err(ApiError::bad_request("invalid_header", detail))
}

/// `epoch.position` as a write answered, or the position alone.
fn seen(headers: &HeaderMap) -> Result<Option<Seen>, ApiError> {
    let Some(text) = only(headers, &LEDGER_POSITION)? else { return Ok(None) };
    let whole =
        text.parse().ok().map(|Place { epoch, number }| Seen { epoch: Some(epoch), position: number });
    let bare = || text.parse().ok().filter(|position| *position >= 0);
    let seen = whole.or_else(|| bare().map(|position| Seen { epoch: None, position }));
    seen.map(Some).ok_or_else(|| {
        let detail = "Ledger-Position takes what a write answered with: epoch, full stop and position";
        ApiError::bad_request("invalid_header", detail)
    })
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let mut sent = headers.get_all(name).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    match (value.to_str(), sent.next()) {
        (Ok(text), None) => Ok(Some(text)),
        (_, Some(_)) => Err(ApiError::bad_request(
            "invalid_header",
            format!("{name} was sent more than once; send it once"),
        )),
        (Err(_), None) => Err(ApiError::bad_request("invalid_header", format!("{name} takes ASCII text"))),
    }
}
