//! `Prefer: wait=N` (RFC 7240).

use std::time::Duration;

use http::HeaderMap;

/// How long the client would wait for the outcome, in whole seconds. A preference that cannot be read is
/// none: section 2 has it ignored, not refused. The first one counts where there are several.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(wait_of)
}

/// One preference: `wait=10`, with or without quotes, spaces and parameters after a semicolon.
fn wait_of(preference: &str) -> Option<Duration> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("wait") {
        return None;
    }
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?.map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sent: &[&str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append("prefer", value.parse().unwrap());
        }
        wait(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_is_found_among_other_preferences() {
        assert_eq!(of(&["wait=10"]), Some(10));
        assert_eq!(of(&["respond-async, Wait = \"5\"; x=y"]), Some(5));
        assert_eq!(of(&["return=minimal", "wait=3, wait=9"]), Some(3));
    }

    #[test]
    fn what_is_no_wait_is_ignored() {
        for sent in
            ["", "wait", "wait=", "wait=-1", "wait=+1", "wait=1.5", "waits=1", "wait=99999999999999999999999"]
        {
            assert_eq!(of(&[sent]), None, "{sent}");
        }
    }
}
