//! What is sealed inside an audit row or an answer: objects of one member, which readers see opened or not at all.
//! `{"sealed": commitment}` stands for a text, and `{"whose": subject}` for the pseudonym of the subject whose copy it is.

use domain::{Commitment, SubjectId};
use serde::Serialize;
use serde_json::{Map, Value};

const TEXT: &str = "sealed";
const WHOSE: &str = "whose";

/// A commitment as it stands in metadata: its member is [`TEXT`].
#[derive(Serialize)]
pub(super) struct Sealed {
    sealed: Commitment,
}

pub(super) const fn sealed(commitment: Commitment) -> Sealed {
    Sealed { sealed: commitment }
}

/// A subject as it stands in metadata: its member is [`WHOSE`].
#[derive(Serialize)]
pub(super) struct Whose {
    whose: SubjectId,
}

pub(super) const fn whose(subject: SubjectId) -> Whose {
    Whose { whose: subject }
}

/// What a reader is shown of what is sealed.
pub trait Opening {
    /// In the place of a text.
    fn text(&self, commitment: Commitment) -> Value;

    /// In the place of a subject.
    fn subject(&self, subject: SubjectId) -> Value;
}

/// Every commitment within `metadata`, in the order in which it stands there.
#[must_use]
pub fn commitments(metadata: &Value) -> Vec<Commitment> {
    match metadata {
        Value::Object(members) => match commitment_of(members) {
            Some(commitment) => vec![commitment],
            None => members.values().flat_map(commitments).collect(),
        },
        Value::Array(items) => items.iter().flat_map(commitments).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Puts what the reader is shown in the place of everything sealed within `metadata`.
pub fn open(metadata: &mut Value, opening: &impl Opening) {
    match metadata {
        Value::Object(members) => match (commitment_of(members), subject_of(members)) {
            (Some(commitment), _) => *metadata = opening.text(commitment),
            (None, Some(subject)) => *metadata = opening.subject(subject),
            (None, None) => members.values_mut().for_each(|member| open(member, opening)),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| open(item, opening)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn commitment_of(members: &Map<String, Value>) -> Option<Commitment> {
    only(members, TEXT)?.parse().ok().map(Commitment)
}

fn subject_of(members: &Map<String, Value>) -> Option<SubjectId> {
    only(members, WHOSE)?.parse().ok()
}

fn only<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).filter(|_| members.len() == 1)?.as_str()
}
