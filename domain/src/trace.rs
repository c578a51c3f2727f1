//! The trace that a request is part of: header `traceparent` of W3C Trace Context.
//!
//! <https://www.w3.org/TR/trace-context/>, section 3.2. The ledger makes no spans of its own: it keeps what the caller
//! sent, in log lines and event metadata, and hands it on unchanged to what follows from the request.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A `traceparent` that is valid, in version 00: `00-<trace id>-<span id>-<flags>`.
///
/// Ids are hexadecimal of fixed length, so it can stand in a log line, a header and a process title as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TraceParent {
    trace: [u8; 16],
    span: [u8; 8],
    /// Whether the caller may have recorded the trace: the one flag that version 00 defines. The others are sent as
    /// zero, as section 3.2.2.5 asks.
    sampled: bool,
}

/// A text that is no `traceparent`; whoever gets one goes on without it (section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a traceparent is 00-<32 hexadecimal digits>-<16>-<2> in lower case, with ids that are not all zero")]
pub struct InvalidTraceParent;

/// The length of version 00, in characters, and of what later versions begin with.
const CHARACTERS: usize = 55;

/// The flag of a trace that is recorded (section 3.2.2.5.1).
const SAMPLED: u8 = 1;

impl TraceParent {
    /// The trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hexadecimal(&self.trace)
    }

    /// The caller's own part of it: 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        hexadecimal(&self.span)
    }
}

/// Reads version 00 exactly, and of later versions, which may be longer, what version 00 knows (section 4.3).
impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let (known, rest) = text.split_at_checked(CHARACTERS).ok_or(InvalidTraceParent)?;
        let mut parts = known.split('-');
        let mut part = || parts.next().ok_or(InvalidTraceParent);
        let [version] = bytes(part()?)?;
        let (trace, span): ([u8; 16], [u8; 8]) = (bytes(part()?)?, bytes(part()?)?);
        let [flags] = bytes(part()?)?;
        let whole = match version {
            0 => rest.is_empty(),
            // Never a version (section 3.2.2.1).
            0xff => false,
            1.. => rest.is_empty() || rest.starts_with('-'),
        };
        if !whole || trace == [0; 16] || span == [0; 8] {
            return Err(InvalidTraceParent);
        }
        Ok(Self { trace, span, sampled: flags & SAMPLED == SAMPLED })
    }
}

impl TryFrom<String> for TraceParent {
    type Error = InvalidTraceParent;

    fn try_from(text: String) -> Result<Self, InvalidTraceParent> {
        text.parse()
    }
}

impl From<TraceParent> for String {
    fn from(parent: TraceParent) -> Self {
        parent.to_string()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id(), self.span_id(), u8::from(self.sampled))
    }
}

impl fmt::Debug for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The bytes of exactly so many hexadecimal digits, in lower case.
fn bytes<const N: usize>(digits: &str) -> Result<[u8; N], InvalidTraceParent> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != 2 * N || !digits.bytes().all(is_digit) {
        return Err(InvalidTraceParent);
    }
    let mut bytes = [0; N];
    for (nth, byte) in bytes.iter_mut().enumerate() {
        let pair = digits.get(2 * nth..2 * nth + 2).ok_or(InvalidTraceParent)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidTraceParent)?;
    }
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}
