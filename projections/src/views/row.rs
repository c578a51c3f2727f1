//! Reading the columns of a view into the types of the domain.

use std::fmt::Display;
use std::str::FromStr;

use domain::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::types::chrono::{DateTime, Utc};

/// A time of Postgres's, whose resolution is that of the domain.
pub(crate) fn timestamp(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Ok(from_utc(row.try_get(column)?))
}

/// A time that need not be there.
pub(crate) fn optional_timestamp(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<DateTime<Utc>>, _>(column)?.map(from_utc))
}

pub(crate) fn from_utc(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_micros(time.timestamp_micros())
}

/// A text that the domain can read.
pub(crate) fn parsed<T>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr,
    T::Err: Display,
{
    parse(column, &row.try_get::<String, _>(column)?)
}

/// A text that the domain can read, or none.
pub(crate) fn optional_parsed<T>(row: &PgRow, column: &str) -> Result<Option<T>, sqlx::Error>
where
    T: FromStr,
    T::Err: Display,
{
    row.try_get::<Option<String>, _>(column)?.map(|text| parse(column, &text)).transpose()
}

fn parse<T>(column: &str, text: &str) -> Result<T, sqlx::Error>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| unreadable(column, &error))
}

/// A number that the domain has without a sign.
pub(crate) fn unsigned<T: TryFrom<i64>>(row: &PgRow, column: &str) -> Result<T, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| unreadable(column, &"out of range"))
}

/// A number without a sign that need not be there. Clocks are read apart, so an age may come out below 0: that is 0.
pub(crate) fn optional_unsigned(row: &PgRow, column: &str) -> Result<Option<u64>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(|number| u64::try_from(number).unwrap_or(0)))
}

/// A number that the domain has without a sign, out of a column of four bytes.
pub(crate) fn unsigned_int(row: &PgRow, column: &str) -> Result<u32, sqlx::Error> {
    let number: i32 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| unreadable(column, &"out of range"))
}

/// A name out of a closed list, as serde spells it.
pub(crate) fn named<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(|error| unreadable(column, &error))
}

/// A JSON document.
pub(crate) fn json<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<T, sqlx::Error> {
    Ok(row.try_get::<Json<T>, _>(column)?.0)
}

/// A JSON document that need not be there.
pub(crate) fn optional_json<T: DeserializeOwned>(
    row: &PgRow,
    column: &str,
) -> Result<Option<T>, sqlx::Error> {
    Ok(row.try_get::<Option<Json<T>>, _>(column)?.map(|json| json.0))
}

fn unreadable(column: &str, why: &impl Display) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: why.to_string().into() }
}
