//! The trace that a request says it is part of.

use domain::TraceParent;
use http::{HeaderMap, HeaderName};

/// The header of W3C Trace Context that carries it. `tracestate`, which belongs to the systems that trace, is not kept.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The client's, if it sent exactly one that is valid; any other is passed over (W3C Trace Context, section 4.3).
pub(super) fn parent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut sent = headers.get_all(TRACEPARENT).iter();
    match (sent.next().and_then(|parent| parent.to_str().ok()), sent.next()) {
        (Some(parent), None) => parent.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn one_valid_traceparent_is_kept_and_two_of_them_are_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(parent(&headers), None);
        headers.append(TRACEPARENT, PARENT.parse().unwrap());
        assert_eq!(parent(&headers).unwrap().to_string(), PARENT);
        headers.append(TRACEPARENT, PARENT.parse().unwrap());
        assert_eq!(parent(&headers), None);
    }

    #[test]
    fn one_that_could_forge_a_log_line_is_none() {
        for sent in
            [b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\"".as_slice(), "é".as_bytes(), b""]
        {
            let mut headers = HeaderMap::new();
            headers.append(TRACEPARENT, http::HeaderValue::from_bytes(sent).unwrap());
            assert_eq!(parent(&headers), None);
        }
    }
}
