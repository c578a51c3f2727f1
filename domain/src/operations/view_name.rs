//! The name of a view, as operators and events call it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a view without its version: `copy_locks`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViewName(String);

/// A text that is no view's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a view's name takes 1 to {} characters out of a-z 0-9 _, starting with a letter",
    ViewName::MAX_CHARACTERS
)]
pub struct InvalidViewName;

impl ViewName {
    /// The longest such name, in characters: with a version and a suffix behind it, it is the name of a table.
    pub const MAX_CHARACTERS: usize = 48;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ViewName {
    type Error = InvalidViewName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_name = text.len() <= Self::MAX_CHARACTERS
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if is_name { Ok(Self(text)) } else { Err(InvalidViewName) }
    }
}

impl FromStr for ViewName {
    type Err = InvalidViewName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<ViewName> for String {
    fn from(name: ViewName) -> Self {
        name.0
    }
}

impl fmt::Display for ViewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
