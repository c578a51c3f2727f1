//! One moment of the ledger: the rows of views, their checkpoints and the events behind them, as they stand together.

use std::collections::{BTreeMap, HashMap};

use domain::Reader;
use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::check::Check;
use crate::left_out::gaps_of;
use crate::projector::ViewName;
use crate::stream::StreamId;

/// Where a view stands at a moment.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// The position that it has folded.
    pub(super) position: i64,
    /// The ledger's last position.
    pub(super) head: i64,
    /// Whether an event stops it.
    pub(super) stopped: bool,
    /// The first reader that can read what it has folded.
    pub(super) required_reader: Reader,
    /// The streams that it leaves out, each with the first position that it has not folded.
    pub(super) gaps: HashMap<StreamId, i64>,
}

impl Default for Standing {
    fn default() -> Self {
        Self { position: 0, head: 0, stopped: false, required_reader: Reader::FIRST, gaps: HashMap::new() }
    }
}

impl Standing {
    /// The reader that it takes to fold the view again, where this process is too old to.
    pub(super) fn needs(&self) -> Option<Reader> {
        (self.required_reader > Reader::CURRENT).then_some(self.required_reader)
    }

    /// The last position whose events of a stream are in the view's rows, if there are any up to there.
    pub(super) fn last_of(&self, stream: StreamId) -> i64 {
        self.gaps.get(&stream).map_or(self.position, |from| self.position.min(from - 1))
    }
}

/// Begins to look at the views at `which`: a transaction that sees one moment, and where each of them stands in it.
///
/// The tables are locked, as a reader locks them, before the first look fixes the moment: a rebuild that swaps them has
/// either ended by then, or waits for this transaction. Else a name could come to mean a table that this moment sees as
/// empty.
pub(super) async fn begin<'a>(
    connection: &'a mut PgConnection,
    checks: &[Box<dyn Check>],
    which: &[usize],
) -> Result<(Transaction<'a, Postgres>, Vec<Standing>), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let tables: Vec<&str> =
        which.iter().flat_map(|&index| checks[index].tables()).map(|table| table.name).collect();
    sqlx::query(&format!("LOCK TABLE {} IN ACCESS SHARE MODE", tables.join(", ")))
        .execute(&mut *transaction)
        .await?;
    let views: Vec<ViewName> = which.iter().map(|&index| checks[index].view()).collect();
    let standings = standings(&mut transaction, &views).await?;
    Ok((transaction, standings))
}

/// Where views stand. A view that never ran stands at 0.
pub(super) async fn standings(
    connection: &mut PgConnection,
    views: &[ViewName],
) -> Result<Vec<Standing>, sqlx::Error> {
    let rows: Vec<(String, i32, i64, bool, i32)> = sqlx::query_as(
        "SELECT name, version, position, poison_position IS NOT NULL, required_reader FROM projections",
    )
    .fetch_all(&mut *connection)
    .await?;
    let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events")
        .fetch_one(&mut *connection)
        .await?;
    let mut checkpoints: BTreeMap<(String, i32), Standing> = BTreeMap::new();
    for (name, version, position, stopped, reader) in rows {
        let standing = Standing { position, stopped, required_reader: Reader(reader), ..Standing::default() };
        checkpoints.insert((name, version), standing);
    }
    let mut standings = Vec::with_capacity(views.len());
    for view in views {
        let checkpoint = checkpoints.remove(&(view.name.to_owned(), view.version)).unwrap_or_default();
        let gaps = gaps_of(&mut *connection, *view).await?;
        standings.push(Standing { head, gaps, ..checkpoint });
    }
    Ok(standings)
}
