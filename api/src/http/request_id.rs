//! The id that leads from an answer to its log lines and events.

use std::fmt;

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header that carries it, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// 1 to 128 characters of `A-Z a-z 0-9 . _ -`: what can stand in a log line, a header and an event as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// A new one: a UUIDv7, so that ids sort by time.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// The client's, if it sent exactly one that is valid, else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(X_REQUEST_ID).iter();
        match (sent.next().and_then(|id| id.to_str().ok()), sent.next()) {
            (Some(id), None) if is_valid(id) => Self(id.to_owned()),
            _ => Self::new(),
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_valid(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_forge_a_log_line_is_replaced() {
        for sent in ["", "a b", "a\tb", "{}", "\"", "é", &"x".repeat(129)] {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, http::HeaderValue::from_bytes(sent.as_bytes()).unwrap());
            assert_ne!(RequestId::of(&headers).as_str(), sent);
        }
    }

    #[test]
    fn a_valid_id_is_kept_and_two_of_them_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(X_REQUEST_ID, "front-end.7_A".parse().unwrap());
        assert_eq!(RequestId::of(&headers).as_str(), "front-end.7_A");
        headers.append(X_REQUEST_ID, "another".parse().unwrap());
        assert_eq!(Uuid::parse_str(RequestId::of(&headers).as_str()).unwrap().get_version_num(), 7);
    }
}
