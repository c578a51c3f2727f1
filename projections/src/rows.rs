//! The rows that a state stands for, on their way to a table.

use domain::Timestamp;
use serde::{Serialize, Serializer};

use crate::projector::Projector;
use crate::stream::StreamId;

/// Takes the rows of a view one by one.
pub trait RowSink {
    /// Takes a row of the table at `table` of [`Projector::TABLES`]: an object that has the table's columns by name.
    ///
    /// # Errors
    /// The row cannot be written as the sink writes rows.
    fn row(&mut self, table: usize, row: &impl Serialize) -> Result<(), RowError>;
}

/// A row that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("a row cannot be written: {0}")]
pub struct RowError(pub String);

/// A time for a sink that need not make a text of it: one that is not for people takes microseconds since 1970.
pub(crate) fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        time.serialize(serializer)
    } else {
        serializer.serialize_i64(time.micros())
    }
}

/// Rows as JSON arrays, one a table, which `json_populate_recordset` turns into rows.
#[derive(Debug, Default)]
pub(crate) struct JsonRows {
    tables: Vec<JsonArray>,
}

#[derive(Clone, Debug, Default)]
struct JsonArray {
    text: Vec<u8>,
    rows: usize,
}

impl JsonRows {
    /// The rows of some states of the view `P`.
    pub(crate) fn of<P: Projector>(states: &[(StreamId, &P::State)]) -> Result<Self, sqlx::Error> {
        let mut rows = Self { tables: vec![JsonArray::default(); P::TABLES.len()] };
        for (stream, state) in states {
            P::rows(*stream, state, &mut rows).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        }
        Ok(rows)
    }

    /// How many rows there are for the table at `table`.
    pub(crate) fn count(&self, table: usize) -> usize {
        self.tables[table].rows
    }

    /// The rows for the table at `table`, to be bound as text.
    pub(crate) fn array(&self, table: usize) -> Result<String, sqlx::Error> {
        let JsonArray { text, .. } = &self.tables[table];
        let mut array = Vec::with_capacity(text.len() + 2);
        array.push(b'[');
        array.extend_from_slice(text);
        array.push(b']');
        String::from_utf8(array).map_err(|error| sqlx::Error::Encode(Box::new(error)))
    }
}

impl RowSink for JsonRows {
    fn row(&mut self, table: usize, row: &impl Serialize) -> Result<(), RowError> {
        let array = &mut self.tables[table];
        if array.rows > 0 {
            array.text.push(b',');
        }
        array.rows += 1;
        serde_json::to_writer(&mut array.text, row).map_err(|error| RowError(error.to_string()))
    }
}
