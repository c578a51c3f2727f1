//! How far each view is, who leads it, and what stopped it.

use domain::{Reader, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::Views;
use super::hold::Hold;
use super::state::ViewState;
use crate::projector::ViewName;
use crate::rebuild::Holder;
use crate::runner::APPLICATION;
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
    /// How long it has stood still while there was something to fold, in milliseconds; 0 where all is folded. A view that
    /// is behind and moves is late, not stuck.
    pub stuck_ms: u64,
    /// Whether that is longer than a view may, whoever leads it or not.
    pub is_stuck: bool,
    /// Its standing in one word.
    pub state: ViewState,
    /// The first reader that may lead it: the latest that its events up to here, or the next one, were found to take.
    pub required_reader: Reader,
    /// The process whose lease on it stands; none where nobody folds it.
    pub leader: Option<Uuid>,
    /// The Postgres session that folds it, or that last did and is still there: one that waits for a lock cannot renew its
    /// lease, and goes on where nobody else has taken over.
    pub backend_pid: Option<i32>,
    /// Why it stands still, where that was asked by [`Views::status_explained`] and there is a leader.
    pub hold: Option<Hold>,
    /// What stopped it.
    pub poison: Option<Poison>,
    /// The rebuild of it that runs, beside the live view.
    pub rebuild: Option<Holder>,
    /// How many streams it leaves out; [`Views::left_out`] says which.
    pub left_out: u64,
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

    /// The status of one view; none where this build has none of that name.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn status_named(&self, name: &str) -> Result<Option<ProjectionStatus>, sqlx::Error> {
        let Some((view, _)) = views::ALL.into_iter().find(|(view, _)| view.name == name) else {
            return Ok(None);
        };
        Ok(self.status_of(&[view]).await?.pop())
    }

    pub(super) async fn status_of(&self, views: &[ViewName]) -> Result<Vec<ProjectionStatus>, sqlx::Error> {
        let (names, versions): (Vec<&str>, Vec<i32>) =
            views.iter().map(|view| (view.name, view.version)).unzip();
        let mut status: Vec<ProjectionStatus> = sqlx::query_as(include_str!("status.sql"))
            .bind(names)
            .bind(versions)
            .bind(i64::try_from(self.stuck_after.as_millis()).unwrap_or(i64::MAX))
            .bind(APPLICATION)
            .fetch_all(self.pool())
            .await?;
        for rebuild in self.rebuilding().await? {
            let of =
                |view: &&mut ProjectionStatus| view.name == rebuild.view && view.version == rebuild.version;
            if let Some(view) = status.iter_mut().find(of) {
                if view.position == 0 {
                    view.state = ViewState::Building;
                }
                view.rebuild = Some(rebuild);
            }
        }
        Ok(status)
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
        let poison = poison.transpose()?;
        let leader: Option<Uuid> = row.try_get("leader")?;
        let backend_pid: Option<i32> = row.try_get("backend_pid")?;
        let is_stuck: bool = row.try_get("stuck")?;
        let required_reader = Reader(row.try_get("required_reader")?);
        let led = leader.is_some() || backend_pid.is_some();
        Ok(Self {
            name: row.try_get("name")?,
            version: row.try_get("version")?,
            position: row.try_get("position")?,
            head: row.try_get("head")?,
            lag_ms: row::unsigned(row, "lag_ms")?,
            stuck_ms: row::unsigned(row, "stuck_ms")?,
            is_stuck,
            state: ViewState::of(poison.is_some(), led, required_reader > Reader::CURRENT, is_stuck),
            required_reader,
            leader,
            backend_pid,
            hold: None,
            poison,
            rebuild: None,
            left_out: row::unsigned(row, "left_out")?,
        })
    }
}
