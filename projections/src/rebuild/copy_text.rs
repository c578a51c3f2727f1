//! Rows in the text format of COPY (PostgreSQL, "COPY", section "Text Format"): the quickest way into a table.

use std::io::Write as _;

use serde::ser::{self, Impossible, Serialize, SerializeStruct, Serializer};

use crate::rows::{RowError, RowSink};

/// The rows of one table on their way in: lines of columns, ended by a newline each.
#[derive(Debug, Default)]
pub(super) struct CopyLines {
    /// The columns, in the order in which each line has them; as the first row named them.
    pub(super) columns: Vec<&'static str>,
    /// The lines.
    pub(super) text: Vec<u8>,
    /// How many there are.
    pub(super) rows: u64,
}

impl CopyLines {
    /// The lines so far; the columns stay.
    pub(super) fn take(&mut self) -> Self {
        let room = Vec::with_capacity(self.text.capacity());
        let (text, rows) = (std::mem::replace(&mut self.text, room), std::mem::take(&mut self.rows));
        Self { columns: self.columns.clone(), text, rows }
    }
}

/// The rows of a view, table by table.
#[derive(Debug)]
pub(crate) struct CopyRows {
    /// In the order of the projector's tables.
    pub(super) tables: Vec<CopyLines>,
}

impl CopyRows {
    pub(super) fn new(tables: usize) -> Self {
        Self { tables: std::iter::repeat_with(CopyLines::default).take(tables).collect() }
    }
}

impl RowSink for CopyRows {
    fn row(&mut self, table: usize, row: &impl Serialize) -> Result<(), RowError> {
        let lines = &mut self.tables[table];
        row.serialize(Writer::Row(lines)).map_err(|error| RowError(error.to_string()))?;
        lines.text.push(b'\n');
        lines.rows += 1;
        if lines.columns.is_empty() { Err(RowError(Refusal::NoRow.to_string())) } else { Ok(()) }
    }
}

/// Why a value is no row, or no column.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// It has parts: it goes into one column as a JSON document.
    #[error("the value has parts")]
    HasParts,
    /// It is no struct, or its fields are not those of the rows before it.
    #[error("a row is a struct with the same fields in the same order each time")]
    NoRow,
    #[error("{0}")]
    Other(String),
}

impl ser::Error for Refusal {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// A line, column by column.
struct Line<'a> {
    lines: &'a mut CopyLines,
    is_first: bool,
    at: usize,
}

impl SerializeStruct for Line<'_> {
    type Ok = ();
    type Error = Refusal;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        if self.is_first {
            self.lines.columns.push(key);
        } else if self.lines.columns.get(self.at) != Some(&key) {
            return Err(Refusal::NoRow);
        }
        let text = &mut self.lines.text;
        if self.at > 0 {
            text.push(b'\t');
        }
        self.at += 1;
        let begin = text.len();
        match value.serialize(Writer::Column(text)) {
            Err(Refusal::HasParts) => {
                text.truncate(begin);
                let json = serde_json::to_string(value).map_err(ser::Error::custom)?;
                escape(&json, text);
                Ok(())
            }
            written => written,
        }
    }

    fn end(self) -> Result<(), Refusal> {
        if self.at == self.lines.columns.len() { Ok(()) } else { Err(Refusal::NoRow) }
    }
}

/// A backslash begins an escape, a tab ends a column and a newline a line; nothing else is special.
fn escape(value: &str, text: &mut Vec<u8>) {
    let bytes = value.as_bytes();
    let mut rest = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'\\' => b"\\\\",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => continue,
        };
        text.extend_from_slice(&bytes[rest..at]);
        text.extend_from_slice(escaped);
        rest = at + 1;
    }
    text.extend_from_slice(&bytes[rest..]);
}

/// Writes a row, or one column of it.
enum Writer<'a> {
    Row(&'a mut CopyLines),
    Column(&'a mut Vec<u8>),
}

impl<'a> Writer<'a> {
    fn column(self) -> Result<&'a mut Vec<u8>, Refusal> {
        match self {
            Self::Row(_) => Err(Refusal::NoRow),
            Self::Column(text) => Ok(text),
        }
    }

    fn null(self) -> Result<(), Refusal> {
        self.column()?.extend_from_slice(b"\\N");
        Ok(())
    }
}

/// Numbers are written as Postgres reads them.
macro_rules! by_display {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Refusal> {
            write!(self.column()?, "{value}").map_err(ser::Error::custom)
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

    by_display! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refusal> {
        self.column()?.push(if value { b't' } else { b'f' });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Refusal> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Refusal> {
        escape(value, self.column()?);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Refusal> {
        Err(Refusal::HasParts)
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

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Refusal> {
        Err(Refusal::HasParts)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Refusal> {
        Err(Refusal::HasParts)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Refusal> {
        Err(Refusal::HasParts)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Refusal> {
        Err(Refusal::HasParts)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Refusal> {
        Err(Refusal::HasParts)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Line<'a>, Refusal> {
        match self {
            Self::Row(lines) => Ok(Line { is_first: lines.columns.is_empty(), at: 0, lines }),
            Self::Column(_) => Err(Refusal::HasParts),
        }
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Refusal> {
        Err(Refusal::HasParts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize)]
    struct Row {
        number: i64,
        text: Option<&'static str>,
        parts: Vec<&'static str>,
    }

    #[test]
    fn columns_are_written_as_copy_reads_them() {
        let mut rows = CopyRows::new(1);
        let row = |text| Row { number: -7, text, parts: vec!["a\\\"b"] };
        rows.row(0, &row(None)).unwrap();
        rows.row(0, &row(Some("tab\tline\nback\\slash"))).unwrap();
        let lines = &rows.tables[0];
        assert_eq!(lines.columns, ["number", "text", "parts"]);
        assert_eq!(
            String::from_utf8(lines.text.clone()).unwrap(),
            "-7\t\\N\t[\"a\\\\\\\\\\\\\"b\"]\n-7\ttab\\tline\\nback\\\\slash\t[\"a\\\\\\\\\\\\\"b\"]\n"
        );
        assert_eq!(lines.rows, 2);
    }

    #[test]
    fn what_is_no_row_is_refused() {
        let mut rows = CopyRows::new(1);
        assert!(rows.row(0, &7).is_err());
    }
}
