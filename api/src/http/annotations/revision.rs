//! Which revision a change was made from: `revision` in the body or query, or `If-Match` (RFC 9110, section 13.1.1).

use http::HeaderMap;
use http::header::IF_MATCH;

use crate::http::errors::ApiError;

/// The entity tag of an annotation at this revision.
pub(super) fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// The revision that was named, in one place or the same in both.
pub(super) fn named(member: Option<u32>, headers: &HeaderMap) -> Result<u32, ApiError> {
    let header = headers.get(IF_MATCH).map(|value| value.to_str().ok().and_then(revision_of));
    match (member, header) {
        (None, Some(Some(revision))) | (Some(revision), None) => Ok(revision),
        (Some(member), Some(Some(header))) if member == header => Ok(member),
        (Some(_), Some(Some(_))) => {
            let detail = "revision and If-Match name two revisions; send one of them";
            Err(ApiError::bad_request("two_revisions", detail))
        }
        (_, Some(None)) => {
            let detail = "If-Match takes the ETag of the annotation, such as \"3\"";
            Err(ApiError::bad_request("invalid_header", detail))
        }
        (None, None) => {
            let detail =
                "name the revision that you read: send revision, or If-Match with the annotation's ETag";
            Err(ApiError::bad_request("revision_missing", detail))
        }
    }
}

fn revision_of(etag: &str) -> Option<u32> {
    let digits = etag.strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(IF_MATCH, value.parse().unwrap())])
    }

    #[test]
    fn a_revision_is_named_in_the_body_or_the_header_and_never_two_of_them() {
        assert_eq!(named(Some(3), &HeaderMap::new()).unwrap(), 3);
        assert_eq!(named(None, &if_match("\"3\"")).unwrap(), 3);
        assert_eq!(named(Some(3), &if_match("\"3\"")).unwrap(), 3);
        assert_eq!(named(Some(4), &if_match("\"3\"")).unwrap_err().code(), "two_revisions");
        assert_eq!(named(None, &HeaderMap::new()).unwrap_err().code(), "revision_missing");
        for other in ["*", "3", "W/\"3\"", "\"3\", \"4\"", "\"+3\""] {
            assert_eq!(named(None, &if_match(other)).unwrap_err().code(), "invalid_header", "{other}");
        }
    }
}
