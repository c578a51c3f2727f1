//! The text of a stream (WHATWG HTML, section 9.2.5). A line `id` sets what the client sends as `Last-Event-ID` when it comes
//! back; without `data` nothing is dispatched to it.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use projections::Followed;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::app::answers::event::CloudEvent;
use crate::ledger::Place;

/// What a stream begins with, so that a client has a place to come back to before anything else was sent.
pub(super) fn beginning(place: Place, come_back: Duration) -> Bytes {
    format!("retry: {}\nid: {place}\n\n", come_back.as_millis()).into()
}

/// What is sent when there is nothing to send: a comment, and how far the client has seen everything.
pub(super) fn keep_alive(place: Place) -> Bytes {
    format!(": keep-alive\nid: {place}\n\n").into()
}

/// Events, each with its place, and behind the last one the place up to which all was looked at.
pub(super) fn events(epoch: Uuid, followed: &Followed) -> Result<Bytes, serde_json::Error> {
    let mut text = String::with_capacity(followed.events.iter().map(|event| event.bytes()).sum());
    for event in &followed.events {
        id(&mut text, Place { epoch, number: event.position });
        data(&mut text, &serde_json::to_string(&CloudEvent::of(event))?);
        text.push('\n');
    }
    if followed.events.last().is_none_or(|last| last.position < followed.scanned_to) {
        id(&mut text, Place { epoch, number: followed.scanned_to });
        text.push('\n');
    }
    Ok(text.into())
}

/// The last event of a stream, which says why it ends. It has no id: the client's place stays where it is.
pub(super) fn farewell(name: &str, said: Map<String, Value>) -> Bytes {
    let mut text = format!("event: {name}\n");
    data(&mut text, &Value::Object(said).to_string());
    text.push('\n');
    text.into()
}

fn id(text: &mut String, place: Place) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "id: {place}");
}

/// A payload that was written with line feeds goes over several lines; the client puts them together again.
fn data(text: &mut String, json: &str) {
    for line in json.split(['\n', '\r']) {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_over_several_lines_is_several_lines_of_data() {
        let mut text = String::new();
        data(&mut text, "{\n \"a\": 1}\r\n");
        assert_eq!(text, "data: {\ndata:  \"a\": 1}\ndata: \ndata: \n");
    }

    #[test]
    fn what_was_passed_over_moves_the_place_of_the_client() {
        let followed = Followed { events: Vec::new(), scanned_to: 7 };
        let text = events(Uuid::from_u128(1), &followed).unwrap_or_default();
        assert_eq!(text, "id: 00000000000000000000000000000001.7\n\n");
    }
}
