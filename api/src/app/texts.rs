//! Free text as it comes in: bounded here, sealed before a command is built, never in an event or a log.

use std::fmt;

use serde::Deserialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A text of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} has {min} to {max} characters; this one has {is}")]
pub struct InvalidText {
    what: &'static str,
    min: usize,
    max: usize,
    is: usize,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($what:literal, $min:literal..=$max:literal)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;

            fn try_from(text: String) -> Result<Self, InvalidText> {
                let is = text.chars().count();
                let blank = $min > 0 && text.trim().is_empty();
                if !($min..=$max).contains(&is) || blank {
                    let is = if blank { 0 } else { is };
                    return Err(InvalidText { what: $what, min: $min, max: $max, is });
                }
                Ok(Self(text))
            }
        }

        /// Into what is sealed, and nowhere else.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String);
                text.min_length(Some($min)).max_length(Some($max)).into()
            }
        }

        impl ToSchema for $name {}

        impl fmt::Debug for $name {
            /// What people write is not for logs.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    )+};
}

texts! {
    /// What a grader writes: at an annotation, as a remark, as the appreciation. An empty one is none.
    Prose("a text", 0..=10_000),
    /// Why an administrator does what a grader may not.
    Reason("a reason", 1..=2_000),
    /// Why someone opens what is sealed to them otherwise.
    AccessReason("a reason for access", 3..=500),
    /// The name of a person.
    PersonName("a name", 1..=200),
    /// What a school knows a person by.
    Reference("a reference", 1..=64),
    /// Where a person is written to.
    Email("an e-mail address", 3..=254),
    /// The name of a scan's file.
    FileName("a file name", 1..=255),
}

impl Prose {
    /// The text, unless there is nothing in it.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        (!self.0.trim().is_empty()).then_some(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_in_characters_and_its_error_says_the_limits() {
        assert!(Reason::try_from("é".repeat(2_000)).is_ok());
        let refused = Reason::try_from("é".repeat(2_001)).unwrap_err();
        assert_eq!(refused.to_string(), "a reason has 1 to 2000 characters; this one has 2001");
        assert!(Reason::try_from(" \n".to_owned()).is_err());
    }

    #[test]
    fn a_text_is_not_shown_by_debug() {
        let text = Prose::try_from("Élève Dupont".to_owned()).unwrap();
        assert_eq!(format!("{text:?}"), "Prose(14 bytes)");
    }

    #[test]
    fn blank_prose_is_no_text() {
        assert_eq!(Prose::try_from("  ".to_owned()).unwrap().written(), None);
    }
}
