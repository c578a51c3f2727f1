//! What operators do to a view: another try after a fix.

use sqlx::PgConnection;

use super::Views;
use crate::channel::channel_of;
use crate::projector::ViewName;
use crate::views;

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
        self.retry_view(find(name)?).await
    }

    /// [`Views::retry`], by the view itself.
    ///
    /// # Errors
    /// As [`Views::retry`].
    pub async fn retry_view(&self, view: ViewName) -> Result<(), OperateError> {
        let mut connection = self.upkeep().acquire().await?;
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
}

/// Wakes the projectors of every process, as an append does.
async fn wake(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let channel = channel_of(connection).await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(channel).execute(connection).await?;
    Ok(())
}

fn find(name: &str) -> Result<ViewName, OperateError> {
    let found = views::ALL.into_iter().find(|(view, _)| view.name == name);
    found.map(|(view, _)| view).ok_or_else(|| OperateError::NoSuchView { name: name.to_owned() })
}

fn view_names() -> String {
    views::ALL.map(|(view, _)| view.name).join(", ")
}
