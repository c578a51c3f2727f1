//! Particulars of an act as JSON, written down at once: there is one for every event of the ledger.

use serde::Serialize;
use serde_json::value::RawValue;

/// A JSON document as its text.
pub(super) type Told = Box<RawValue>;

/// What can be a member.
pub(super) trait Member {
    fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl<T: Serialize + ?Sized> Member for T {
    fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(json, self)
    }
}

/// An object of these members, in this order.
pub(super) fn object(members: &[(&str, &dyn Member)]) -> Told {
    let mut json = Vec::with_capacity(256);
    json.push(b'{');
    for (at, (name, member)) in members.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        let written = name.write(&mut json).and_then(|()| {
            json.push(b':');
            member.write(&mut json)
        });
        #[expect(clippy::expect_used, reason = "members are parts of events, which were read from JSON")]
        written.expect("a member is JSON");
    }
    json.push(b'}');
    raw(json)
}

/// A number by its text.
pub(super) fn number(text: &str) -> Told {
    raw(text.as_bytes().to_vec())
}

fn raw(json: Vec<u8>) -> Told {
    let text = String::from_utf8(json).ok();
    #[expect(clippy::expect_used, reason = "it was written as JSON just now")]
    text.and_then(|text| RawValue::from_string(text).ok()).expect("what was written is JSON")
}

/// `told! { "name": value }` is [`object`] of these members.
macro_rules! told {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::views::audit_trail::told::object(&[$(($name, &$value)),*])
    };
}

pub(super) use told;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_in_their_order() {
        let inner = told! { "x": number("0.25") };
        let told = told! { "b": "\"", "a": Some(inner), "none": None::<u8>, "list": vec![1, 2] };
        assert_eq!(told.get(), r#"{"b":"\"","a":{"x":0.25},"none":null,"list":[1,2]}"#);
        assert_eq!(told! {}.get(), "{}");
    }
}
