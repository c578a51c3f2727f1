//! One rebuild of a view at a time: a row that its process keeps alive, and that others read who it is from.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use uuid::Uuid;

use super::RebuildLimits;
use super::error::{Holder, RebuildError};
use super::progress::Progress;
use crate::projector::ViewName;
use crate::reading::Views;
use crate::views::row;

/// What the sessions of rebuilds call themselves, before the id of the run.
pub(super) const APPLICATION: &str = "gradeledger rebuild ";

/// A run that holds its views.
pub(super) struct Hold {
    run: Uuid,
    connection: PgConnection,
    views: Vec<ViewName>,
    limits: RebuildLimits,
    ticks: u128,
}

impl Hold {
    /// Takes all of the views, or none.
    pub(super) async fn take(
        options: &PgConnectOptions,
        run: Uuid,
        mut views: Vec<ViewName>,
        limits: RebuildLimits,
    ) -> Result<Self, RebuildError> {
        // In one order, so that two who want the same views cannot wait for each other.
        views.sort_unstable_by_key(|view| (view.name, view.version));
        let mut connection = options.connect().await?;
        let ended = take_all(&mut connection, run, &views, limits.lease).await?;
        for run in ended {
            end_sessions(&mut connection, run).await?;
        }
        Ok(Self { run, connection, views, limits, ticks: 0 })
    }

    /// Says again and again how far the run is, until somebody else has it: this ends with an error only.
    pub(super) async fn keep(
        &mut self,
        progress: &Progress,
        tell: &mut (dyn FnMut(super::RebuildNews) + Send),
    ) -> RebuildError {
        loop {
            tokio::time::sleep(TELL_EVERY.min(self.limits.renew_every)).await;
            progress.pass_on(tell);
            self.ticks += 1;
            let each = self.limits.renew_every.as_millis().div_ceil(TELL_EVERY.as_millis()).max(1);
            if !self.ticks.is_multiple_of(each) {
                continue;
            }
            match self.renew(progress).await {
                Ok(true) => {}
                Ok(false) => return RebuildError::Lost { lease: self.limits.lease },
                Err(error) => return error.into(),
            }
        }
    }

    async fn renew(&mut self, progress: &Progress) -> Result<bool, sqlx::Error> {
        use std::sync::atomic::Ordering::Relaxed;
        let renewed = sqlx::query(include_str!("hold_renew.sql"))
            .bind(self.run)
            .bind(self.limits.lease.as_secs_f64())
            .bind(progress.phase().as_str())
            .bind(progress.folded.load(Relaxed))
            .bind(progress.target.load(Relaxed))
            .execute(&mut self.connection)
            .await?;
        Ok(renewed.rows_affected() == self.views.len() as u64)
    }

    /// Gives what is left of it back.
    pub(super) async fn release(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM rebuilds WHERE run = $1")
            .bind(self.run)
            .execute(&mut self.connection)
            .await?;
        self.connection.close().await
    }
}

/// How often watchers are told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Answers the runs that were taken over.
async fn take_all(
    connection: &mut PgConnection,
    run: Uuid,
    views: &[ViewName],
    lease: Duration,
) -> Result<Vec<Uuid>, RebuildError> {
    let mut transaction = connection.begin().await?;
    let mut ended = Vec::new();
    for view in views {
        let standing = standing(&mut transaction, *view).await?;
        let before = match standing {
            Some(Standing { stands: true, holder, .. }) => return Err(RebuildError::Held(Box::new(holder))),
            Some(Standing { run, .. }) => {
                ended.push(run);
                Some(run)
            }
            None => None,
        };
        let taken = sqlx::query(include_str!("hold_take.sql"))
            .bind(view.name)
            .bind(view.version)
            .bind(run)
            .bind(this_process())
            .bind(lease.as_secs_f64())
            .bind(super::RebuildPhase::Folding.as_str())
            .bind(before)
            .execute(&mut *transaction)
            .await?;
        if taken.rows_affected() == 0 {
            // Somebody else was quicker by a moment.
            if let Some(Standing { holder, .. }) = self::standing(&mut transaction, *view).await? {
                return Err(RebuildError::Held(Box::new(holder)));
            }
        }
    }
    transaction.commit().await?;
    ended.dedup();
    Ok(ended)
}

struct Standing {
    run: Uuid,
    stands: bool,
    holder: Holder,
}

async fn standing(connection: &mut PgConnection, view: ViewName) -> Result<Option<Standing>, sqlx::Error> {
    let found: Option<PgRow> = sqlx::query(include_str!("hold_standing.sql"))
        .bind(view.name)
        .bind(view.version)
        .bind(APPLICATION)
        .fetch_optional(connection)
        .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(Standing {
        run: found.try_get("run")?,
        stands: found.try_get("stands")?,
        holder: holder(&found)?,
    }))
}

fn holder(row: &PgRow) -> Result<Holder, sqlx::Error> {
    Ok(Holder {
        view: row.try_get("name")?,
        version: row.try_get("version")?,
        holder: row.try_get("holder")?,
        backend_pid: row.try_get("backend_pid")?,
        began_at: row::timestamp(row, "began_at")?,
        phase: row.try_get("phase")?,
        events: row.try_get("events")?,
        target: row.try_get("target")?,
    })
}

impl Views {
    /// The rebuilds that run, of whatever process and version.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn rebuilding(&self) -> Result<Vec<Holder>, sqlx::Error> {
        let rows: Vec<PgRow> =
            sqlx::query(include_str!("holders.sql")).bind(APPLICATION).fetch_all(self.pool()).await?;
        rows.iter().map(holder).collect()
    }
}

/// Ends what sessions a run has left: a process that is stopped holds locks on tables that are in the way now.
async fn end_sessions(connection: &mut PgConnection, run: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1")
        .bind(format!("{APPLICATION}{run}"))
        .execute(connection)
        .await?;
    Ok(())
}

/// The process as an operator finds it.
fn this_process() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "this host" } else { host };
    format!("process {} on {host}", std::process::id())
}
