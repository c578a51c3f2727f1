//! Particulars of an act as JSON, written straight to where their row goes: there is one for every event of the ledger.

use domain::{PageBox, Points};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// `told!(serializer, "name": value)` writes an object of these members, in this order.
macro_rules! told {
    ($serializer:expr $(,)?) => {
        serde::ser::SerializeMap::end(serde::Serializer::serialize_map($serializer, None)?)
    };
    ($serializer:expr $(, $name:literal: $value:expr)+ $(,)?) => {{
        let mut members = serde::Serializer::serialize_map($serializer, None)?;
        $(serde::ser::SerializeMap::serialize_entry(&mut members, $name, &$value)?;)+
        serde::ser::SerializeMap::end(members)
    }};
}

pub(super) use told;

/// Points as a decimal number.
pub(super) struct Worth(pub(super) Points);

impl Serialize for Worth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(&self.0.to_string(), serializer)
    }
}

/// Millionths of a page as a decimal number from 0 to 1.
pub(super) struct Millionths(pub(super) u32);

impl Serialize for Millionths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{}.{:06}", self.0 / PageBox::PAGE, self.0 % PageBox::PAGE);
        number(text.trim_end_matches('0').trim_end_matches('.'), serializer)
    }
}

/// A number by its text, so that no arithmetic on floats comes near a mark.
fn number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(text).map_err(S::Error::custom)?.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Act;

    impl Serialize for Act {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            told!(serializer, "b": "\"", "a": Some(Worth(Points(-250))), "none": None::<u8>, "list": [1, 2])
        }
    }

    struct Nothing;

    impl Serialize for Nothing {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            told!(serializer)
        }
    }

    fn json(told: &impl Serialize) -> String {
        serde_json::to_string(told).unwrap()
    }

    #[test]
    fn members_are_told_in_their_order() {
        assert_eq!(json(&Act), r#"{"b":"\"","a":-2.5,"none":null,"list":[1,2]}"#);
        assert_eq!(json(&Nothing), "{}");
    }

    #[test]
    fn millionths_are_told_as_decimals_without_needless_zeros() {
        let told = [0, 1, 250_000, 1_000_000].map(Millionths);
        assert_eq!(json(&told), "[0,0.000001,0.25,1]");
    }
}
