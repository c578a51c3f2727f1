//! Holding live rows to expected ones, within the database: only what differs comes out.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::check::Check;
use super::finding::{Compared, Difference, Finding};
use crate::stream::StreamId;
use crate::table::{Made, Table};

/// Differing rows of one stream and table that are told one by one: a stream that is wrong throughout must not fill the
/// memory.
const TOLD_ROWS: i64 = 100;

/// A row that differs.
struct Differing {
    stream: Uuid,
    key: Json<Value>,
    expected: Option<Json<Value>>,
    live: Option<Json<Value>>,
    /// Its number among those of its stream that differ, from 1.
    nth: i64,
    /// How many of its stream differ.
    all: i64,
}

impl<'r> FromRow<'r, PgRow> for Differing {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            stream: row.try_get("stream")?,
            key: row.try_get("key")?,
            expected: row.try_get("expected")?,
            live: row.try_get("live")?,
            nth: row.try_get("nth")?,
            all: row.try_get("all")?,
        })
    }
}

/// Compares the rows of `streams` with what `check` has folded of them.
pub(super) async fn streams(
    connection: &mut PgConnection,
    check: &dyn Check,
    streams: &[StreamId],
) -> Result<Compared, sqlx::Error> {
    let unfoldable = check.unfoldable();
    let comparable: Vec<StreamId> = streams
        .iter()
        .copied()
        .filter(|stream| check.follows().contains(&stream.kind()) && !unfoldable.contains_key(stream))
        .collect();
    let mut compared = Compared::default();
    for (stream, (position, cause)) in unfoldable {
        compared.findings.push(Finding {
            view: check.view(),
            table: "",
            stream: Some(*stream),
            key: Value::Null,
            difference: Difference::Unfoldable { position: *position, cause: cause.clone() },
        });
    }
    // It is told, and counted, though no row can be named or repaired.
    compared.rows += unfoldable.len() as u64;
    if comparable.is_empty() {
        return Ok(compared);
    }
    let rows = check.rows()?;
    let mut differing: BTreeSet<StreamId> = BTreeSet::new();
    for (index, table) in check.tables().iter().enumerate() {
        let Made::Rows { stream } = table.made else { continue };
        let ids: Vec<Uuid> = comparable.iter().map(|stream| stream.uuid()).collect();
        let found: Vec<Differing> = sqlx::query_as(&sql(table, stream))
            .bind(rows.array(index)?)
            .bind(ids)
            .bind(TOLD_ROWS)
            .fetch_all(&mut *connection)
            .await?;
        for row in found {
            let Some(stream) = comparable.iter().find(|stream| stream.uuid() == row.stream) else { continue };
            differing.insert(*stream);
            compared.tell(check, table, *stream, row);
        }
    }
    compared.differing.extend(differing);
    Ok(compared)
}

impl Compared {
    fn tell(&mut self, check: &dyn Check, table: &'static Table, stream: StreamId, row: Differing) {
        let finding = |difference| Finding {
            view: check.view(),
            table: table.name,
            stream: Some(stream),
            key: row.key.0.clone(),
            difference,
        };
        let between = Difference::between(
            row.expected.as_ref().map(|Json(expected)| expected),
            row.live.as_ref().map(|Json(live)| live),
        );
        self.findings.push(finding(between));
        if row.nth == 1 {
            self.rows += u64::try_from(row.all).unwrap_or(0);
        }
        let more = u64::try_from(row.all - TOLD_ROWS).unwrap_or(0);
        if row.nth == TOLD_ROWS && more > 0 {
            self.findings.push(finding(Difference::More { rows: more }));
        }
    }
}

/// The comparison of one table: $1 the expected rows, $2 the streams, $3 the rows of a stream that are told. `to_jsonb`
/// makes a row comparable whatever its columns are: `json` itself has no equality.
fn sql(table: &Table, stream: &str) -> String {
    include_str!("compare.sql")
        .replace("{table}", table.name)
        .replace("{stream}", stream)
        .replace("{key}", &key(table))
}

/// The key of a row as an object, in SQL.
pub(super) fn key(table: &Table) -> String {
    let columns: Vec<String> = table.key.iter().map(|column| format!("'{column}', {column}")).collect();
    format!("jsonb_build_object({})", columns.join(", "))
}

/// Compares a derived table with what its view's other tables come to.
pub(super) async fn derived(
    connection: &mut PgConnection,
    check: &dyn Check,
    table: &'static Table,
    select: &str,
) -> Result<Compared, sqlx::Error> {
    let sql = include_str!("compare_derived.sql")
        .replace("{table}", table.name)
        .replace("{select}", select)
        .replace("{key}", &key(table));
    let rows: Vec<DifferingDerived> = sqlx::query_as(&sql).bind(TOLD_ROWS).fetch_all(connection).await?;
    let mut compared = Compared::default();
    for (Json(key), expected, live, all) in rows {
        let between =
            Difference::between(expected.as_ref().map(|json| &json.0), live.as_ref().map(|json| &json.0));
        compared.rows = u64::try_from(all).unwrap_or(0);
        let view = check.view();
        compared.findings.push(Finding { view, table: table.name, stream: None, key, difference: between });
    }
    Ok(compared)
}

/// Key, expected and live row, and how many differ in all.
type DifferingDerived = (Json<Value>, Option<Json<Value>>, Option<Json<Value>>, i64);
