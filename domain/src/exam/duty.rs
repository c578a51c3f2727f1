//! What a grader is to an exam.

use serde::{Deserialize, Serialize};

/// What a grader is to an exam. Both mark; who leads is recorded and shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Duty {
    /// Marks copies.
    #[default]
    Marker,
    /// Marks copies and leads the marking of the exam.
    Lead,
}

impl Duty {
    /// As it is written in events and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marker => "MARKER",
            Self::Lead => "LEAD",
        }
    }
}
