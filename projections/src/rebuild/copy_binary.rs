//! Rows in the binary format of COPY (PostgreSQL, "COPY", section "Binary Format"): the quickest way into a table, since Postgres
//! parses no number, no time and no UUID.

use domain::Timestamp;
use serde::ser::{self, Impossible, Serialize, SerializeStruct, Serializer};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::rows::{RowError, RowSink};

/// What a binary COPY begins with: its signature, no flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in the place of a number of columns.
pub(super) const TRAILER: &[u8] = &(-1_i16).to_be_bytes();
/// Postgres counts microseconds from 2000 on; this is the distance to 1970.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The length of a null.
const NULL: i32 = -1;

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

/// Why a value is no row, or no column.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// It has parts: it goes into one column as a JSON document.
    #[error("the value has parts")]
    HasParts,
    #[error("a row is a struct that has the columns of its table, in the same order each time")]
    NoRow,
    #[error("a {0} does not go into the column {1} of its table")]
    OtherType(&'static str, String),
    #[error("{0}")]
    Other(String),
}

impl ser::Error for Refusal {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// A row, column by column.
struct Line<'a> {
    table: &'a mut CopyTable,
    at: usize,
}

impl Line<'_> {
    /// The next column, which has this name: the first row decides on the order.
    fn next(&mut self, name: &str) -> Result<usize, Refusal> {
        let CopyTable { columns, has_order, .. } = &mut *self.table;
        let named = |column: &Column| column.name == name;
        let rest = columns.get(self.at..).unwrap_or_default();
        match rest.iter().position(named) {
            Some(0) => {}
            Some(further) if !*has_order => columns.swap(self.at, self.at + further),
            _ => return Err(Refusal::NoRow),
        }
        self.at += 1;
        Ok(self.at - 1)
    }
}

impl SerializeStruct for Line<'_> {
    type Ok = ();
    type Error = Refusal;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        let at = self.next(key)?;
        let CopyTable { columns, bytes, .. } = &mut *self.table;
        let column = &columns[at];
        if column.kind == Kind::Json && !is_null(value) {
            return field(bytes, |bytes| serde_json::to_writer(bytes, value).map_err(ser::Error::custom));
        }
        value.serialize(Writer::Column(column, bytes))
    }

    fn end(self) -> Result<(), Refusal> {
        self.table.has_order = true;
        if self.at == self.table.columns.len() { Ok(()) } else { Err(Refusal::NoRow) }
    }
}

/// Whether a value is written as SQL's null.
fn is_null<T: Serialize + ?Sized>(value: &T) -> bool {
    let mut bytes = Vec::new();
    let column = Column { name: String::new(), kind: Kind::Text };
    value.serialize(Writer::Column(&column, &mut bytes)).is_ok() && bytes == NULL.to_be_bytes()
}

/// Writes a column behind its length.
fn field(
    bytes: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let begin = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    write(bytes)?;
    let length = i32::try_from(bytes.len() - begin - 4).map_err(ser::Error::custom)?;
    bytes[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Writes a row, or one column of it.
enum Writer<'a> {
    Row(&'a mut CopyTable),
    Column(&'a Column, &'a mut Vec<u8>),
}

impl<'a> Writer<'a> {
    fn column(self) -> Result<(&'a Column, &'a mut Vec<u8>), Refusal> {
        match self {
            Self::Row(_) => Err(Refusal::NoRow),
            Self::Column(column, bytes) => Ok((column, bytes)),
        }
    }

    fn null(self) -> Result<(), Refusal> {
        self.column()?.1.extend_from_slice(&NULL.to_be_bytes());
        Ok(())
    }

    fn integer(self, value: i64) -> Result<(), Refusal> {
        let (column, bytes) = self.column()?;
        let Kind::Integer(size) = column.kind else {
            return Err(Refusal::OtherType("number", column.name.clone()));
        };
        let size = usize::from(size);
        let all = value.to_be_bytes();
        // What is cut off must be the sign alone.
        let bits = 8 * (8 - size);
        if (value << bits) >> bits != value {
            return Err(Refusal::OtherType("number of this size", column.name.clone()));
        }
        field(bytes, |bytes| {
            bytes.extend_from_slice(&all[8 - size..]);
            Ok(())
        })
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Refusal> {
            self.integer(i64::try_from(value).map_err(ser::Error::custom)?)
        })+
    };
}

/// What goes into a column as a JSON document, if at all.
macro_rules! parts {
    ($($method:ident($($type:ty),*) -> $out:ty;)+) => {
        $(fn $method(self, $(_: $type),*) -> Result<$out, Refusal> {
            Err(Refusal::HasParts)
        })+
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Impossible<(), Refusal>;
    type SerializeTuple = Impossible<(), Refusal>;
    type SerializeTupleStruct = Impossible<(), Refusal>;
    type SerializeTupleVariant = Impossible<(), Refusal>;
    type SerializeMap = Impossible<(), Refusal>;
    type SerializeStruct = Line<'a>;
    type SerializeStructVariant = Impossible<(), Refusal>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    }

    parts! {
        serialize_f32(f32) -> (); serialize_f64(f64) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    /// A UUID is sixteen bytes then.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refusal> {
        let (column, bytes) = self.column()?;
        if column.kind != Kind::Boolean {
            return Err(Refusal::OtherType("boolean", column.name.clone()));
        }
        field(bytes, |bytes| {
            bytes.push(u8::from(value));
            Ok(())
        })
    }

    fn serialize_char(self, value: char) -> Result<(), Refusal> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Refusal> {
        let (column, bytes) = self.column()?;
        let other = |_| Refusal::OtherType("text of another kind", column.name.clone());
        field(bytes, |bytes| {
            match column.kind {
                Kind::Text => bytes.extend_from_slice(value.as_bytes()),
                Kind::Uuid => {
                    bytes.extend_from_slice(value.parse::<Uuid>().map_err(|_| other(()))?.as_bytes());
                }
                Kind::Time => {
                    let time: Timestamp = value.parse().map_err(|_| other(()))?;
                    bytes.extend_from_slice(&(time.micros() - EPOCH_MICROS).to_be_bytes());
                }
                Kind::Boolean | Kind::Integer(_) | Kind::Json => return Err(other(())),
            }
            Ok(())
        })
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refusal> {
        let (column, bytes) = self.column()?;
        if column.kind != Kind::Uuid || value.len() != 16 {
            return Err(Refusal::OtherType("string of bytes", column.name.clone()));
        }
        field(bytes, |bytes| {
            bytes.extend_from_slice(value);
            Ok(())
        })
    }

    fn serialize_none(self) -> Result<(), Refusal> {
        self.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refusal> {
        self.null()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refusal> {
        self.null()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Refusal> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Refusal> {
        Err(Refusal::HasParts)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Line<'a>, Refusal> {
        let Self::Row(table) = self else { return Err(Refusal::HasParts) };
        let count = i16::try_from(table.columns.len()).map_err(ser::Error::custom)?;
        table.bytes.extend_from_slice(&count.to_be_bytes());
        Ok(Line { table, at: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Row { number, id: None, at: Timestamp::from_micros(EPOCH_MICROS + 5), parts: None }
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
