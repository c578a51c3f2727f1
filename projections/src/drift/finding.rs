//! How a row differs from what the events come to.

use std::fmt;

use serde_json::Value;

use crate::projector::ViewName;
use crate::stream::StreamId;

/// A row that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// In which view.
    pub view: ViewName,
    /// In which of its tables; empty where it is about the stream as a whole.
    pub table: &'static str,
    /// Of which stream; none in a derived table.
    pub stream: Option<StreamId>,
    /// What tells the row apart: columns and their values.
    pub key: Value,
    /// How it differs.
    pub difference: Difference,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// The events give a row, and there is none.
    Missing,
    /// There is a row, and the events give none.
    TooMany,
    /// Both are there, and these columns differ.
    Columns(Vec<Column>),
    /// More rows of the stream differ than are told one by one.
    More {
        /// How many more.
        rows: u64,
    },
    /// An event that the view has folded cannot be folded any more, so nothing can be said of the stream's rows.
    Unfoldable {
        /// Where the event stands.
        position: i64,
        /// Why.
        cause: String,
    },
}

/// A column that differs, or a field within a column that holds an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// `column`, or `column.field`.
    pub name: String,
    /// What the events give.
    pub expected: Value,
    /// What the row has.
    pub live: Value,
}

/// What a comparison of some streams with one view came to.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) findings: Vec<Finding>,
    /// Rows that differ, those that are not told one by one included.
    pub(super) rows: u64,
    /// The streams that they are of; those that can be repaired.
    pub(super) differing: Vec<StreamId>,
}

impl Difference {
    pub(super) fn between(expected: Option<&Value>, live: Option<&Value>) -> Self {
        match (expected, live) {
            (_, None) => Self::Missing,
            (None, Some(_)) => Self::TooMany,
            (Some(expected), Some(live)) => {
                let mut columns = Vec::new();
                differing("", expected, live, &mut columns);
                Self::Columns(columns)
            }
        }
    }
}

/// Goes down into objects, so that one field of a long column is named by itself. Their depth is that of the view's own
/// types.
fn differing(name: &str, expected: &Value, live: &Value, columns: &mut Vec<Column>) {
    if let (Value::Object(expected), Value::Object(live)) = (expected, live) {
        let mut names: Vec<&String> = expected.keys().chain(live.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for field in names {
            let path = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
            let of =
                |object: &serde_json::Map<String, Value>| object.get(field).cloned().unwrap_or(Value::Null);
            differing(&path, &of(expected), &of(live), columns);
        }
    } else if expected != live {
        columns.push(Column { name: name.to_owned(), expected: expected.clone(), live: live.clone() });
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the row is missing"),
            Self::TooMany => f.write_str("the row is one too many"),
            Self::Columns(columns) => {
                let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                write!(f, "{} differ{}", names.join(", "), if names.len() == 1 { "s" } else { "" })
            }
            Self::More { rows } => write!(f, "{rows} more rows differ"),
            Self::Unfoldable { position, cause } => {
                write!(f, "the event at position {position} can no longer be folded: {cause}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_a_column_is_named_by_its_path_and_an_equal_one_is_not() {
        let expected = json!({"status": "READY", "body": {"total": 5, "grade": null, "pages": [1]}});
        let live = json!({"status": "READY", "body": {"total": 6, "pages": [1], "extra": true}});
        let Difference::Columns(columns) = Difference::between(Some(&expected), Some(&live)) else {
            panic!()
        };
        let seen: Vec<_> =
            columns.iter().map(|column| (&*column.name, &column.expected, &column.live)).collect();
        assert_eq!(seen, [("body.extra", &Value::Null, &json!(true)), ("body.total", &json!(5), &json!(6))]);
    }
}
