//! JSON bodies.

use bytes::{Buf, Bytes, BytesMut};
use domain::Digest;
use futures::StreamExt;
use http::StatusCode;
use serde::de::DeserializeOwned;
use warp::{Filter, Rejection};

use super::unreadable;
use crate::http::errors::{ApiError, refuse};

/// A body that was read as JSON.
#[derive(Clone, Debug)]
pub struct JsonBody<T> {
    /// What it says.
    pub value: T,
    /// SHA-256 of its bytes, for [`Call::command_text`](crate::http::Call::command_text).
    pub digest: Digest,
}

/// Reads a JSON body: `Content-Type: application/json` or `+json` (415), within the route's limit (413), in
/// time (408), with no member that `T` does not know (400, which names the member).
///
/// An absent body reads as `{}`, with or without a content type, for commands whose members are all optional.
pub fn json<T: DeserializeOwned + Send + 'static>()
-> impl Filter<Extract = (JsonBody<T>,), Error = Rejection> + Copy + Send + Sync + 'static {
    warp::header::optional::<String>("content-type").and(warp::body::stream()).and_then(
        |content_type: Option<String>, body| async move {
            let bytes = collect(body).await.map_err(refuse)?;
            read(content_type.as_deref(), &bytes).map_err(refuse)
        },
    )
}

/// All bytes of a body whose limits hold already.
async fn collect<B: Buf>(
    body: impl futures::Stream<Item = Result<B, warp::Error>>,
) -> Result<Bytes, ApiError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        bytes.extend(
            part.map_err(|error| unreadable(&error)).map(|mut part| part.copy_to_bytes(part.remaining()))?,
        );
    }
    Ok(bytes.freeze())
}

fn read<T: DeserializeOwned>(content_type: Option<&str>, bytes: &[u8]) -> Result<JsonBody<T>, ApiError> {
    let digest = Digest::of(bytes);
    if bytes.is_empty() {
        let value = parse(b"{}")?;
        return Ok(JsonBody { value, digest });
    }
    if !content_type.is_some_and(is_json) {
        let detail = "this path takes JSON; send Content-Type: application/json";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    Ok(JsonBody { value: parse(bytes)?, digest })
}

/// The longest that an error repeats of what serde says, in characters.
const SAID_CHARACTERS: usize = 300;

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would read an array as the members in their order, which no document of this API means.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'[') {
        return Err(ApiError::bad_request("invalid_json", "the body is a JSON object, not an array"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path: Vec<String> = error.path().to_string().split('.').map(named).collect();
        let path = path.join(".");
        let said = without_values(&error.inner().to_string());
        // "?" is a member whose name was not read, "." the document itself.
        let path = path.trim_end_matches('?').trim_end_matches('.');
        let detail = if path.is_empty() { said } else { format!("{path}: {said}") };
        let detail: String = detail.chars().take(SAID_CHARACTERS).collect();
        ApiError::bad_request("invalid_json", detail)
    })?;
    let end = reader.end();
    end.map_err(|error| ApiError::bad_request("invalid_json", format!("after the JSON document: {error}")))?;
    Ok(value)
}

/// What serde says, without the values that the caller sent: they may be personal, and they may be long.
fn without_values(said: &str) -> String {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let (found, expected) = said.rsplit_once(", expected ").map_or((said, None), |(f, e)| (f, Some(e)));
    let found = match found.split_once(": string ") {
        Some((what, _)) => format!("{what}: a string"),
        None => match (found.strip_prefix("unknown variant "), found.strip_prefix("unknown field `")) {
            (Some(_), _) => "unknown value".to_owned(),
            (None, Some(name)) => format!("unknown field `{}`", named(name.trim_end_matches('`'))),
            (None, None) => found.to_owned(),
        },
    };
    match expected {
        Some(expected) => format!("{found}, expected {expected}"),
        None => found,
    }
}

/// The longest name of a member that is repeated, with its index where it is a list.
const NAME_CHARACTERS: usize = 40;

/// The name of a member, unless it is one that no API has: a text that was sent in the place of a name is not repeated.
fn named(name: &str) -> String {
    let is_name = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "_-[]?".contains(it);
    if name.len() <= NAME_CHARACTERS && name.chars().all(is_name) {
        name.to_owned()
    } else {
        "…".to_owned()
    }
}

/// `application/json`, or a type with the suffix `+json` (RFC 6839), whatever its parameters.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Mark {
        #[serde(rename = "box")]
        _place: Option<Place>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Place {
        #[serde(rename = "x")]
        _x: f64,
    }

    fn refusal(content_type: &str, text: &str) -> String {
        read::<Mark>(Some(content_type), text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_repeats_no_value_and_is_short() {
        let refused = refusal("application/json", r#"{"box": {"x": "Élève Dupont, expected nothing"}}"#);
        assert!(!refused.contains("Dupont"), "{refused}");
        assert_eq!(refused, "400 invalid_json: box.x: invalid type: a string, expected f64");
        for name in ["k".repeat(900_000), "Élève Dupont".to_owned(), "Dupont`, expected".to_owned()] {
            let refused = refusal("application/json", &format!("{{\"{name}\": 1}}"));
            assert_eq!(refused, "400 invalid_json: …: unknown field `…`, expected `box`");
        }
    }

    #[test]
    fn an_array_is_not_read_as_the_members_in_their_order() {
        let refused = refusal("application/json", " [null]");
        assert_eq!(refused, "400 invalid_json: the body is a JSON object, not an array");
    }

    #[test]
    fn a_refused_member_is_named_by_its_path() {
        let refused = refusal("application/json", r#"{"box": {"x": 0.5, "z": 1}}"#);
        assert!(refused.starts_with("400 invalid_json: box.z: unknown field `z`, expected `x`"), "{refused}");
        let refused = refusal("application/json", r#"{"box": {"x": "half"}}"#);
        assert!(refused.starts_with("400 invalid_json: box.x: invalid type"), "{refused}");
    }

    #[test]
    fn what_json_does_not_hold_is_refused() {
        for text in ["{", "NaN", r#"{"box": {"x": NaN}}"#, "{} {}", "\u{feff}{}", &"[".repeat(200)] {
            assert!(refusal("application/json", text).starts_with("400 invalid_json: "), "{text}");
        }
    }

    #[test]
    fn only_json_is_read_as_json() {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "text/json+html", ""] {
            assert!(refusal(kind, "{}").starts_with("415 "), "{kind}");
        }
        for kind in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert!(read::<Mark>(Some(kind), b"{}").is_ok(), "{kind}");
        }
    }

    #[test]
    fn no_body_reads_as_an_empty_object() {
        assert!(read::<Mark>(None, b"").unwrap().value._place.is_none());
    }
}
