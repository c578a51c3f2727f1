//! One row in the binary format of COPY, written as serde walks it.

use domain::Timestamp;
use serde::ser::{self, Impossible, Serialize, SerializeStruct, Serializer};
use uuid::Uuid;

use super::{Column, CopyTable, Kind};
use crate::stream::POSTGRES_EPOCH_MICROS;

/// The length of a null.
const NULL: i32 = -1;

/// Why a value is no row, or no column.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
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
pub(super) struct Line<'a> {
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
pub(super) enum Writer<'a> {
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
        let (size, value) = match column.kind {
            Kind::Integer(size) => (usize::from(size), value),
            // Microseconds since 1970; see `rows::time`.
            Kind::Time => (8, value.saturating_sub(POSTGRES_EPOCH_MICROS)),
            Kind::Boolean | Kind::Uuid | Kind::Text | Kind::Json => {
                return Err(Refusal::OtherType("number", column.name.clone()));
            }
        };
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
                    bytes.extend_from_slice(&(time.micros() - POSTGRES_EPOCH_MICROS).to_be_bytes());
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
