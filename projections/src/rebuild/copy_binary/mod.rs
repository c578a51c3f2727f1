//! Rows in the binary format of COPY (PostgreSQL, "COPY", section "Binary Format"): the quickest way into a table, since Postgres
//! parses no number, no time and no UUID.

mod row;

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::rows::{RowError, RowSink};
use row::Writer;

/// What a binary COPY begins with: its signature, no flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in the place of a number of columns.
pub(super) const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// A column of a table, as far as its binary form goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(super) name: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    /// An integer of so many bytes.
    Integer(u8),
    Uuid,
    Time,
    Text,
    /// A JSON document, kept as the text that it is.
    Json,
}

/// The columns of a table, in its order.
pub(super) async fn columns(connection: &mut PgConnection, table: &str) -> Result<Vec<Column>, sqlx::Error> {
    let rows: Vec<PgRow> = sqlx::query(include_str!("columns.sql")).bind(table).fetch_all(connection).await?;
    let column = |row: &PgRow| -> Result<Column, sqlx::Error> {
        let (name, of): (String, String) = (row.try_get("name")?, row.try_get("type")?);
        let kind = match of.as_str() {
            "boolean" => Kind::Boolean,
            "smallint" => Kind::Integer(2),
            "integer" => Kind::Integer(4),
            "bigint" => Kind::Integer(8),
            "uuid" => Kind::Uuid,
            "timestamp with time zone" => Kind::Time,
            "text" => Kind::Text,
            "json" => Kind::Json,
            _ => {
                return Err(sqlx::Error::Protocol(format!(
                    "{table}.{name} is of type {of}, which no view has yet"
                )));
            }
        };
        Ok(Column { name, kind })
    };
    rows.iter().map(column).collect()
}

/// The rows of one table on their way in, and where they go.
#[derive(Debug)]
pub(crate) struct CopyTable {
    /// In the order of the rows' fields, once there was a row.
    columns: Vec<Column>,
    has_order: bool,
    /// Rows, one behind the other, without what a COPY begins and ends with.
    pub(super) bytes: Vec<u8>,
}

/// The rows of a view, table by table, in the order of the projector's tables.
#[derive(Debug)]
pub(crate) struct CopyRows {
    pub(super) tables: Vec<CopyTable>,
}

impl CopyRows {
    pub(super) fn new(tables: &[Vec<Column>]) -> Self {
        let table = |columns: &Vec<Column>| CopyTable {
            columns: columns.clone(),
            has_order: false,
            bytes: Vec::new(),
        };
        Self { tables: tables.iter().map(table).collect() }
    }

    /// The rows of a table so far, and the order of their columns; it begins anew.
    pub(super) fn take(&mut self, table: usize) -> (String, Vec<u8>) {
        let CopyTable { columns, bytes, .. } = &mut self.tables[table];
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let room = Vec::with_capacity(bytes.capacity());
        (names.join(", "), std::mem::replace(bytes, room))
    }
}

impl RowSink for CopyRows {
    fn row(&mut self, table: usize, row: &impl Serialize) -> Result<(), RowError> {
        row.serialize(Writer::Row(&mut self.tables[table])).map_err(|error| RowError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::stream::POSTGRES_EPOCH_MICROS;

    #[derive(serde::Serialize)]
    struct Row {
        number: i64,
        id: Option<Uuid>,
        at: Timestamp,
        parts: Option<Vec<&'static str>>,
    }

    fn rows(kinds: [(&str, Kind); 4]) -> CopyRows {
        let column = |(name, kind): (&str, Kind)| Column { name: name.to_owned(), kind };
        CopyRows::new(&[kinds.map(column).to_vec()])
    }

    const COLUMNS: [(&str, Kind); 4] =
        [("number", Kind::Integer(4)), ("id", Kind::Uuid), ("at", Kind::Time), ("parts", Kind::Json)];

    fn row(number: i64) -> Row {
        Row { number, id: None, at: Timestamp::from_micros(POSTGRES_EPOCH_MICROS + 5), parts: None }
    }

    #[test]
    fn columns_are_written_as_postgres_keeps_them() {
        let mut rows = rows(COLUMNS);
        rows.row(0, &row(-7)).unwrap();
        let nulls = [0xff, 0xff, 0xff, 0xff];
        let expected: Vec<u8> = [
            &[0, 4, 0, 0, 0, 4][..],
            &(-7_i32).to_be_bytes(),
            &nulls,
            &[0, 0, 0, 8],
            &5_i64.to_be_bytes(),
            &nulls,
        ]
        .concat();
        assert_eq!(rows.take(0), ("number, id, at, parts".to_owned(), expected));
        let full = Row { id: Some(Uuid::from_u128(1)), parts: Some(vec!["a"]), ..row(1) };
        rows.row(0, &full).unwrap();
        let (_, bytes) = rows.take(0);
        assert!(bytes.ends_with(b"\0\0\0\x05[\"a\"]"));
        assert!(
            bytes
                .windows(20)
                .any(|part| part == [&[0, 0, 0, 16][..], Uuid::from_u128(1).as_bytes()].concat())
        );
    }

    #[test]
    fn the_first_row_decides_on_the_order_of_columns() {
        let mut rows = rows([COLUMNS[3], COLUMNS[1], COLUMNS[0], COLUMNS[2]]);
        rows.row(0, &row(1)).unwrap();
        rows.row(0, &row(2)).unwrap();
        assert_eq!(rows.take(0).0, "number, id, at, parts");
    }

    #[test]
    fn what_does_not_fit_its_column_is_refused() {
        assert!(rows(COLUMNS).row(0, &row(i64::from(i32::MAX) + 1)).is_err());
        assert!(rows([("other", Kind::Text), COLUMNS[0], COLUMNS[1], COLUMNS[2]]).row(0, &row(1)).is_err());
        assert!(rows([("number", Kind::Text), COLUMNS[1], COLUMNS[2], COLUMNS[3]]).row(0, &row(1)).is_err());
        assert!(rows(COLUMNS).row(0, &7).is_err());
    }
}
