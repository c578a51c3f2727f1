//! One line.

use std::fmt::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use domain::Timestamp;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object.
    Json,
    /// Text for a person at a terminal.
    Text,
}

/// The ids that lead from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    request_id: Option<String>,
    user_id: Option<String>,
    copy_id: Option<String>,
}

impl Ids {
    pub(super) fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "request_id" => Some(&mut self.request_id),
            "user_id" => Some(&mut self.user_id),
            "copy_id" => Some(&mut self.copy_id),
            _ => None,
        }
    }

    /// Takes from `outer` what is not known yet.
    pub(super) fn or(&mut self, outer: &Self) {
        for (mine, theirs) in [
            (&mut self.request_id, &outer.request_id),
            (&mut self.user_id, &outer.user_id),
            (&mut self.copy_id, &outer.copy_id),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
    }
}

/// An event on its way to a line.
pub(super) struct Line {
    at: Timestamp,
    level: &'static str,
    target: &'static str,
    message: String,
    fields: Map<String, Value>,
    pub(super) ids: Ids,
}

impl Line {
    pub(super) fn of(metadata: &Metadata<'static>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let level = match *metadata.level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            Level::DEBUG => "DEBUG",
            Level::TRACE => "TRACE",
        };
        let (message, fields, ids) = (String::new(), Map::new(), Ids::default());
        Self { at: Timestamp::from_micros(micros), level, target: metadata.target(), message, fields, ids }
    }

    pub(super) fn render(self, format: Format) -> String {
        match format {
            Format::Json => self.json(),
            Format::Text => self.text(),
        }
    }

    fn json(self) -> String {
        let mut line = json!({
            "timestamp": self.at.to_string(),
            "level": self.level,
            "target": self.target,
            "message": self.message,
            "request_id": self.ids.request_id,
            "user_id": self.ids.user_id,
            "copy_id": self.ids.copy_id,
        });
        if let Some(members) = line.as_object_mut().filter(|_| !self.fields.is_empty()) {
            members.insert("fields".to_owned(), Value::Object(self.fields));
        }
        format!("{line}\n")
    }

    /// What a text says is escaped: a line break in it must not look like a line of ours.
    fn text(self) -> String {
        let at = self.at.to_string();
        let clock = at.get(11..23).unwrap_or(&at);
        let mut text = format!("{clock} {:8} {}", self.level, escaped(&self.message));
        for (name, value) in &self.fields {
            // Writing to a String cannot fail.
            let _ = write!(text, " {name}={}", escaped(&value.to_string()));
        }
        let ids = [("request", self.ids.request_id), ("user", self.ids.user_id), ("copy", self.ids.copy_id)];
        for (name, id) in ids.into_iter().filter_map(|(name, id)| Some((name, id?))) {
            let _ = write!(text, " {name}={}", escaped(&id));
        }
        text.push('\n');
        text
    }

    fn put(&mut self, field: &Field, value: Value) {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match field.name() {
            "message" => self.message = text(&value),
            // The mark of `critical!`.
            "critical" if value == Value::Bool(true) && self.level == "ERROR" => self.level = "CRITICAL",
            name => match self.ids.place(name) {
                Some(place) => *place = Some(text(&value)),
                None => {
                    self.fields.insert(name.to_owned(), value);
                }
            },
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}
