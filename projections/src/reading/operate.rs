//! What operators do to a view: another try after a fix, or all of it anew.

use sqlx::{Connection, PgConnection};

use super::Views;
use crate::channel::channel_of;
use crate::left_out::clear_gaps;
use crate::projector::ViewName;
use crate::table::Table;
use crate::views;

/// How long emptying a view waits for those who read it, in milliseconds. It waits in front of later readers, so it
/// must not be long.
const LOCK_TIMEOUT_MS: u32 = 2_000;

/// Why an operator's request was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// There is no such view.
    #[error("there is no view {name}; there are {}", view_names())]
    NoSuchView {
        /// What was asked for.
        name: String,
    },
    /// Nothing stopped it.
    #[error("the view {name} is not stopped; there is nothing to retry")]
    NotPoisoned {
        /// Which view.
        name: &'static str,
    },
    /// Others are reading the view's tables and do not come to an end.
    #[error("the view {name} is being read by a long statement; try again, or end that statement")]
    InUse {
        /// Which view.
        name: &'static str,
    },
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Views {
    /// Lets a stopped view try its event again.
    ///
    /// # Errors
    /// There is no such view, nothing stopped it, or the database did not answer.
    pub async fn retry(&self, name: &str) -> Result<(), OperateError> {
        let (view, _) = find(name)?;
        self.retry_view(view).await
    }

    /// [`Views::retry`], by the view itself.
    ///
    /// # Errors
    /// As [`Views::retry`].
    pub async fn retry_view(&self, view: ViewName) -> Result<(), OperateError> {
        let mut connection = self.pool().acquire().await?;
        let cleared = sqlx::query(include_str!("retry.sql"))
            .bind(view.name)
            .bind(view.version)
            .execute(&mut *connection)
            .await?;
        if cleared.rows_affected() == 0 {
            return Err(OperateError::NotPoisoned { name: view.name });
        }
        wake(&mut connection).await?;
        Ok(())
    }

    /// Empties a view and has its leader fold it anew from position 1. Until it has caught up, readers that name a
    /// position wait for it, and others see a part.
    ///
    /// # Errors
    /// There is no such view, its tables are in use, or the database did not answer; nothing has changed then.
    pub async fn rebuild(&self, name: &str) -> Result<(), OperateError> {
        let (view, tables) = find(name)?;
        let mut connection = self.pool().acquire().await?;
        match empty(&mut connection, view, tables).await {
            // 55P03: lock_not_available.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => {
                return Err(OperateError::InUse { name: view.name });
            }
            done => done?,
        }
        wake(&mut connection).await?;
        Ok(())
    }
}

/// Rows, checkpoint and lease go in one transaction. The tables are locked first, as the leader's transaction does, so
/// that the two cannot wait for each other; a leader that waited finds its token out of date and rolls back.
async fn empty(connection: &mut PgConnection, view: ViewName, tables: &[Table]) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query(&format!("SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")).execute(&mut *transaction).await?;
    let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
    sqlx::query(&format!("TRUNCATE {}", names.join(", "))).execute(&mut *transaction).await?;
    sqlx::query(include_str!("begin_again.sql"))
        .bind(view.name)
        .bind(view.version)
        .execute(&mut *transaction)
        .await?;
    clear_gaps(&mut *transaction, view).await?;
    transaction.commit().await
}

/// Wakes the projectors of every process, as an append does.
async fn wake(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let channel = channel_of(connection).await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(channel).execute(connection).await?;
    Ok(())
}

fn find(name: &str) -> Result<(ViewName, &'static [Table]), OperateError> {
    views::ALL
        .into_iter()
        .find(|(view, _)| view.name == name)
        .ok_or_else(|| OperateError::NoSuchView { name: name.to_owned() })
}

fn view_names() -> String {
    views::ALL.map(|(view, _)| view.name).join(", ")
}
