//! Sealed texts inside an audit row: objects of one member, `sealed`, that holds the commitment.

use domain::Commitment;
use serde_json::{Map, Value};

use super::told::{Told, object};

const MEMBER: &str = "sealed";

/// A commitment as it stands in metadata.
pub(super) fn sealed(commitment: Commitment) -> Told {
    object(&[(MEMBER, &commitment)])
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

/// Puts `text(commitment)` in the place of every sealed text within `metadata`.
pub fn open(metadata: &mut Value, text: &impl Fn(Commitment) -> String) {
    match metadata {
        Value::Object(members) => match commitment_of(members) {
            Some(commitment) => *metadata = Value::String(text(commitment)),
            None => members.values_mut().for_each(|member| open(member, text)),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| open(item, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn commitment_of(members: &Map<String, Value>) -> Option<Commitment> {
    let text = members.get(MEMBER).filter(|_| members.len() == 1)?.as_str()?;
    text.parse().ok().map(Commitment)
}
