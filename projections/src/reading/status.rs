//! How far each view is, who leads it, and what stopped it.

use domain::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::Views;
use crate::projector::ViewName;
use crate::views;
use crate::views::row;

/// Where a view stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: String,
    /// The version of its fold.
    pub version: i32,
    /// The last position that it has folded.
    pub position: i64,
    /// The ledger's last position.
    pub head: i64,
    /// How long the oldest event that is not folded has been waiting, in milliseconds; 0 where all is folded.
    pub lag_ms: u64,
    /// The process whose lease on it stands; none where nobody folds it.
    pub leader: Option<Uuid>,
    /// What stopped it.
    pub poison: Option<Poison>,
}

/// An event that a view could not fold. The view stands still before it until an operator asks for another try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// The event's position.
    pub position: i64,
    /// Its stream; empty where there is no event at the position.
    pub stream: String,
    /// Its type; empty where there is no event at the position.
    pub event_type: String,
    /// Why it cannot be folded, and what to do.
    pub cause: String,
    /// When the view met it.
    pub at: Timestamp,
}

impl ProjectionStatus {
    /// How many positions it is behind.
    #[must_use]
    pub fn lag_events(&self) -> u64 {
        u64::try_from(self.head - self.position).unwrap_or(0)
    }
}

impl Views {
    /// The status of every view of this build.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn status(&self) -> Result<Vec<ProjectionStatus>, sqlx::Error> {
        self.status_of(&views::ALL.map(|(view, _)| view)).await
    }

    pub(super) async fn status_of(&self, views: &[ViewName]) -> Result<Vec<ProjectionStatus>, sqlx::Error> {
        let (names, versions): (Vec<&str>, Vec<i32>) =
            views.iter().map(|view| (view.name, view.version)).unzip();
        sqlx::query_as(include_str!("status.sql")).bind(names).bind(versions).fetch_all(self.pool()).await
    }
}

impl<'r> FromRow<'r, PgRow> for ProjectionStatus {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let poison: Option<i64> = row.try_get("poison_position")?;
        let poison = poison.map(|position| -> Result<Poison, sqlx::Error> {
            Ok(Poison {
                position,
                stream: row.try_get("poison_stream")?,
                event_type: row.try_get("poison_event_type")?,
                cause: row.try_get("poison_cause")?,
                at: row::timestamp(row, "poisoned_at")?,
            })
        });
        Ok(Self {
            name: row.try_get("name")?,
            version: row.try_get("version")?,
            position: row.try_get("position")?,
            head: row.try_get("head")?,
            lag_ms: row::unsigned(row, "lag_ms")?,
            leader: row.try_get("leader")?,
            poison: poison.transpose()?,
        })
    }
}
