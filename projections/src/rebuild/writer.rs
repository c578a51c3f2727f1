//! The new tables that rows are copied into: each is made, filled, indexed and committed by a session of its own, in one transaction.
//!
//! Postgres then takes the rows in frozen (PostgreSQL, "COPY", "FREEZE"). Whoever reads other rows first notes in each page that they
//! are there for everybody; with checksums the write-ahead log has each of these pages once more.

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::copy_binary::{HEADER, TRAILER};
use super::shadow;
use super::share::Plan;
use crate::table::{Made, Table, Tables};

/// Parcels that wait for Postgres while the next ones are filled; each is a little over `RebuildLimits::copy_bytes`.
const PARCELS: usize = 16;

/// After so many bytes a COPY ends and another begins: that is when Postgres says that it refused a row, or had no room for it.
const COPY_BYTES: usize = 32 << 20;

/// What the writer of a table is told.
#[derive(Debug)]
enum Parcel {
    Rows {
        columns: String,
        rows: Vec<u8>,
    },
    /// There are no more: the transaction commits. Without it nothing is kept.
    Whole,
}

/// The writers of all tables.
pub(super) struct Writers {
    ends: Ends,
    sessions: JoinSet<Result<(), sqlx::Error>>,
}

/// Where rows are handed in, by view and table; none for a table that is derived from others.
#[derive(Clone)]
pub(super) struct Ends(Arc<[Vec<Option<mpsc::Sender<Parcel>>>]>);

impl Writers {
    /// Opens a session for each table.
    pub(super) fn start(options: &PgConnectOptions, plan: &Plan) -> Self {
        // So many indexes are made at the same time.
        let turns = Arc::new(Semaphore::new(plan.limits.workers as usize));
        let mut sessions = JoinSet::new();
        let mut end = |view: &'static [Table], table: &'static Table| match table.made {
            Made::Derived { .. } => None,
            Made::Rows { .. } => {
                let (sender, parcels) = mpsc::channel(PARCELS);
                let (options, turns) = (options.clone(), Arc::clone(&turns));
                sessions.spawn(async move {
                    let name = Tables::shadow(view).name(table);
                    write(&mut options.connect().await?, (table, &name), parcels, &turns).await
                });
                Some(sender)
            }
        };
        let views = plan.recipes.iter().map(|recipe| recipe.tables());
        let ends = views.map(|view| view.iter().map(|table| end(view, table)).collect()).collect();
        Self { ends: Ends(ends), sessions }
    }

    /// Where rows are handed in.
    pub(super) fn ends(&self) -> Ends {
        self.ends.clone()
    }

    /// Has every table indexed and committed.
    pub(super) async fn finish(mut self) -> Result<(), sqlx::Error> {
        for end in self.ends.0.iter().flatten().flatten() {
            // A writer that is gone says why below.
            let _ = end.send(Parcel::Whole).await;
        }
        self.join().await
    }

    /// Has nothing kept, and tells what kept a writer from its work, if that is why.
    pub(super) async fn give_up(mut self) -> Result<(), sqlx::Error> {
        self.join().await
    }

    async fn join(&mut self) -> Result<(), sqlx::Error> {
        self.ends = Ends(Arc::new([]));
        let mut outcome = Ok(());
        // All of them, so that none is still at its table when this one's failure is told, and cleaned up after.
        while let Some(session) = self.sessions.join_next().await {
            outcome = outcome.and(session.unwrap_or(Err(sqlx::Error::WorkerCrashed)));
        }
        outcome
    }
}

impl Ends {
    /// Hands rows in, with their columns.
    pub(super) async fn give(
        &self,
        (view, table): (usize, usize),
        (columns, rows): (String, Vec<u8>),
    ) -> Result<(), sqlx::Error> {
        // No rows are derived here.
        let Some(end) = &self.0[view][table] else { return Err(sqlx::Error::WorkerCrashed) };
        end.send(Parcel::Rows { columns, rows }).await.map_err(|_| sqlx::Error::WorkerCrashed)
    }
}

/// Writes what comes, until the table is whole or is given up.
async fn write(
    connection: &mut PgConnection,
    (table, name): (&Table, &str),
    mut parcels: mpsc::Receiver<Parcel>,
    turns: &Semaphore,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    shadow::create(&mut transaction, table).await?;
    let mut next = parcels.recv().await;
    let mut order = None;
    while let Some(Parcel::Rows { columns, rows }) = next {
        let first = order.get_or_insert_with(|| columns.clone());
        if *first != columns {
            return Err(sqlx::Error::Protocol(format!("rows of {name} come in two orders of columns")));
        }
        let sql = format!("COPY {name} ({columns}) FROM STDIN (FORMAT binary, FREEZE)");
        let mut copy = transaction.copy_in_raw(&sql).await?;
        copy.send(HEADER).await?;
        let mut sent = rows.len();
        copy.send(rows).await?;
        next = parcels.recv().await;
        while sent < COPY_BYTES
            && let Some(Parcel::Rows { rows, .. }) =
                next.take_if(|next| matches!(next, Parcel::Rows { columns: its, .. } if *its == columns))
        {
            sent += rows.len();
            copy.send(rows).await?;
            next = parcels.recv().await;
        }
        copy.send(TRAILER).await?;
        copy.finish().await?;
    }
    if next.is_none() {
        return transaction.rollback().await;
    }
    let _turn = turns.acquire().await;
    shadow::index(&mut transaction, table).await?;
    transaction.commit().await
}
