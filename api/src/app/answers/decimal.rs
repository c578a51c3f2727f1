//! Points in JSON: decimal numbers with at most two places, exact on the way in and on the way out.

use std::borrow::Cow;

use domain::Points;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Points as a JSON number: `12`, `-2.5`, `0.25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalPoints(pub Points);

impl Serialize for DecimalPoints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hundredths = self.0.0;
        if hundredths % 100 == 0 {
            return serializer.serialize_i64(hundredths / 100);
        }
        // The nearest double of a decimal this short is written back as that same decimal.
        let nearest: f64 = self.0.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(nearest)
    }
}

impl<'de> Deserialize<'de> for DecimalPoints {
    /// Reads the number's own text, so that no digit passes through a float.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get().parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for DecimalPoints {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("Points, with at most two decimal places, within ±1000 each."))
            .into()
    }
}

impl ToSchema for DecimalPoints {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Points")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn points_survive_json_to_the_hundredth(hundredths in -100_000_i64..=100_000) {
            let points = DecimalPoints(Points(hundredths));
            let text = serde_json::to_string(&points).unwrap();
            prop_assert_eq!(&text, &points.0.to_string());
            prop_assert_eq!(serde_json::from_str::<DecimalPoints>(&text).unwrap(), points);
            let stored = serde_json::to_value(points).unwrap().to_string();
            prop_assert_eq!(serde_json::from_str::<DecimalPoints>(&stored).unwrap(), points);
        }
    }

    #[test]
    fn a_third_place_an_exponent_and_a_quoted_number_are_refused() {
        for text in ["0.125", "1e2", "\"2.5\"", "null", "true", "1000.01", "0.0000000000000000001"] {
            assert!(serde_json::from_str::<DecimalPoints>(text).is_err(), "{text}");
        }
    }
}
