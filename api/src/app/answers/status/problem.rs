//! What needs a person.

use serde::Serialize;
use utoipa::ToSchema;

/// Something that needs a person, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Which part of the ledger it is about: `processes`, `views`, `work`, `copies`, `locks`, `disk`, or `status`, where
    /// that itself could not be read.
    pub part: &'static str,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What is known about it.
    pub facts: Vec<Fact>,
    /// What to do next.
    pub next: String,
}

/// A fact about a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fact {
    /// What it is: `because`, `held by`, `copy` …
    pub name: &'static str,
    /// The fact.
    pub fact: String,
}

/// A part that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unread {
    /// Which part.
    pub part: &'static str,
    /// Why.
    pub because: String,
}

impl Fact {
    pub(crate) fn new(name: &'static str, fact: impl Into<String>) -> Self {
        Self { name, fact: fact.into() }
    }
}
