//! Who calls, and what the headers of the request say: parsed once, before any handler runs.

use std::time::Duration;

use domain::{Digest, TraceParent};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use super::answer::LEDGER_POSITION;
use super::errors::ApiError;
use super::prefer;
use super::request_id::RequestId;
use crate::app::texts::AccessReason;
use crate::app::{Found, Seen, Sight};
use crate::ledger::Place;
use crate::tokens::Actor;

/// The header of a command's id, after draft-ietf-httpapi-idempotency-key-header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that shows the token of a copy's lock.
pub const X_LOCK_TOKEN: HeaderName = HeaderName::from_static("x-lock-token");

/// The header that says why sealed texts are to be opened.
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
    /// `X-Access-Reason`: why the caller opens texts that are sealed to them otherwise. The frame has sealed it, and lets no
    /// answer leave before it is recorded.
    pub access_reason: Option<AccessReason>,
    /// `Ledger-Position`: the reader has seen this position, and is to see nothing older.
    pub seen_position: Option<i64>,
    /// The same, with the history that the reader has seen it in.
    pub(super) seen: Option<Seen>,
    /// `Prefer: wait=N`, cut to the limit (RFC 7240, section 4.3).
    pub prefer_wait: Option<Duration>,
    /// The copy of the path, where the door had to look at it.
    pub(super) found: Option<Found>,
    method: Method,
    path: String,
}

crate::redacted::debug_without_the_rest! { Call { actor, request_id, traceparent, seen, prefer_wait, method } }

impl Call {
    pub(super) fn of(
        parts: &Parts,
        (actor, found): (Actor, Option<Found>),
        (request_id, traceparent): (RequestId, Option<TraceParent>),
        longest_wait: Duration,
    ) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let seen = seen(headers)?;
        Ok(Self {
            actor,
            request_id,
            traceparent,
            idempotency_key: key(headers, &IDEMPOTENCY_KEY)?,
            lock_token: key(headers, &X_LOCK_TOKEN)?,
            access_reason: access_reason(headers)?,
            seen_position: seen.map(|seen| seen.position),
            seen,
            prefer_wait: prefer::wait(headers).map(|wait| wait.min(longest_wait)),
            found,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
        })
    }

    /// What the caller sees of what they read.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight::of(self.actor.role, self.access_reason.is_some())
    }

    /// The text whose HMAC tells whether a repeated `Idempotency-Key` is the same command: method, path and
    /// the digest of the body. Without method and path, one key could answer for two different commands.
    #[must_use]
    pub fn command_text(&self, body: &Digest) -> Vec<u8> {
        format!("gradeledger-command v1\n{} {}\n{body}\n", self.method, self.path).into_bytes()
    }
}

/// What a reason that is percent-encoded begins with: charset, and a language that is not said (RFC 8187, section 3.2.1).
/// Browsers send no other characters than those of Latin-1 in a header.
const ENCODED: &str = "UTF-8''";

/// The reason for opening texts, sent at most once: UTF-8 as it is, or percent-encoded.
fn access_reason(headers: &HeaderMap) -> Result<Option<AccessReason>, ApiError> {
    let mut sent = headers.get_all(&X_ACCESS_REASON).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let encoded = bytes.split_at_checked(ENCODED.len());
    let encoded = encoded.filter(|(mark, _)| mark.eq_ignore_ascii_case(ENCODED.as_bytes()));
    let text = match encoded {
        Some((_, encoded)) => percent_decoded(encoded),
        None => Some(bytes.to_vec()),
    };
    let text = text.and_then(|text| String::from_utf8(text).ok()).filter(|_| sent.next().is_none());
    let reason = text.and_then(|text| AccessReason::try_from(text).ok());
    let reason = reason.filter(|reason| says_something(reason.as_str()));
    reason.map(Some).ok_or_else(|| {
        let detail = "X-Access-Reason is sent once and takes 3 to 500 characters that say why, three letters or digits among them \
                      and none that is not seen: as UTF-8, or behind UTF-8'' percent-encoded";
        ApiError::bad_request("invalid_header", detail)
    })
}

/// Whether whoever reads the log sees a reason: letters, and nothing that is not seen or turns what is seen around (Unicode 16,
/// section 23.2 and Default_Ignorable_Code_Point).
fn says_something(reason: &str) -> bool {
    let is_unseen = |character: char| {
        character.is_control()
            || matches!(u32::from(character),
                0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
                | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xE0000..=0xE0FFF)
    };
    !reason.chars().any(is_unseen)
        && reason.chars().filter(|character| character.is_alphanumeric()).count() >= 3
}

/// RFC 3986, section 2.1; none where a percent sign stands for nothing.
fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_first_chunk::<2>()?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        decoded.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = behind;
    }
    Some(decoded)
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
