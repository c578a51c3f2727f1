//! One line.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::Timestamp;
use serde_json::{Value, json};
use tracing::{Level, Metadata};

use super::said::{Ids, Said};

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object.
    Json,
    /// Text for a person at a terminal.
    Text,
}

/// An event on its way to a line.
pub(super) struct Line {
    at: Timestamp,
    level: &'static str,
    target: &'static str,
    said: Said,
}

impl Line {
    pub(super) fn of(metadata: &Metadata<'static>, said: Said) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let level = match *metadata.level() {
            Level::ERROR if said.critical => "CRITICAL",
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            Level::DEBUG => "DEBUG",
            Level::TRACE => "TRACE",
        };
        Self { at: Timestamp::from_micros(micros), level, target: metadata.target(), said }
    }

    pub(super) fn render(self, format: Format) -> String {
        match format {
            Format::Json => self.json(),
            Format::Text => self.text(),
        }
    }

    fn json(self) -> String {
        let Said { message, ids, fields, .. } = self.said;
        let Ids { request_id, user_id, copy_id, position, trace_id, span_id } = ids;
        let mut line = json!({
            "timestamp": self.at.to_string(),
            "level": self.level,
            "target": self.target,
            "message": message,
            "request_id": request_id,
            "user_id": user_id,
            "copy_id": copy_id,
            "position": position,
        });
        if let Some(members) = line.as_object_mut() {
            let trace = [("trace_id", trace_id), ("span_id", span_id)];
            members.extend(trace.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?.into()))));
            if !fields.is_empty() {
                members.insert("fields".to_owned(), Value::Object(fields));
            }
        }
        let mut text = line.to_string();
        // JSON lets them stand as they are, and a terminal that shows the file may obey them. They can only be inside of
        // strings.
        if text.contains(deceives) {
            text = escaped(&text, |character| format!("\\u{:04x}", u32::from(character)));
        }
        text.push('\n');
        text
    }

    /// What a text says is escaped: a line break in it must not look like a line of ours.
    fn text(self) -> String {
        let visible = |text: &str| escaped(text, |character| character.escape_default().to_string());
        let Said { message, ids, fields, .. } = self.said;
        let at = self.at.to_string();
        let clock = at.get(11..23).unwrap_or(&at);
        let mut text = format!("{clock} {:8} {}", self.level, visible(&message));
        // Writing to a String cannot fail.
        for (name, value) in &fields {
            let _ = write!(text, " {name}={}", visible(&value.to_string()));
        }
        let ids = [
            ("request", ids.request_id),
            ("user", ids.user_id),
            ("copy", ids.copy_id),
            ("position", ids.position.map(|position| position.to_string())),
            ("trace", ids.trace_id),
            ("span", ids.span_id),
        ];
        for (name, id) in ids.into_iter().filter_map(|(name, id)| Some((name, id?))) {
            let _ = write!(text, " {name}={}", visible(&id));
        }
        text.push('\n');
        text
    }
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if deceives(character) {
            escaped.push_str(&escape(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Whether a character can make a line look like something else: control characters, line separators, and what turns the
/// direction of text around (Unicode Technical Report 36, section 2.1).
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
