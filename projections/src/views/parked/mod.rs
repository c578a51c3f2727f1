//! Streams that views are to go on without, since when, by whom and why: what the acts of operators come to.
//!
//! This is what operators want. What a view does leave out stands beside its checkpoint, in
//! `projection_gaps`, and follows this.

mod fold;

use domain::operations::NamedStream;
use domain::{ActorId, Commitment, Role, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};

use super::row;
use crate::projector::ViewName;

pub use fold::{Parked, ParkedStreams};

/// The view.
pub const VIEW: ViewName = ViewName { name: "parked", version: 1 };

/// A stream that a view is to go on without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    /// Which view, in whichever version.
    pub view: domain::ViewName,
    /// Which stream.
    pub stream: NamedStream,
    /// The position of the event that the view could not fold.
    pub from_position: i64,
    /// Why, sealed.
    pub reason: Commitment,
    /// Who parked it.
    pub actor: ActorId,
    /// In which role.
    pub role: Role,
    /// The position of the act.
    pub position: i64,
    /// When it was parked, by Postgres's clock.
    pub parked_at: Timestamp,
}

/// Everything that is parked, the oldest act first. There are at most [`domain::operations::MAX_PARKED`].
///
/// # Errors
/// The database did not answer, or a row is not one that this build wrote.
pub async fn list(executor: impl PgExecutor<'_>) -> Result<Vec<ParkedRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM parked_v1 ORDER BY position").fetch_all(executor).await
}

impl<'r> FromRow<'r, PgRow> for ParkedRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            view: row::parsed(row, "view")?,
            stream: NamedStream { sort: row::parsed(row, "stream_type")?, id: row.try_get("stream_id")? },
            from_position: row.try_get("from_position")?,
            reason: Commitment(row::parsed(row, "reason")?),
            actor: ActorId(row.try_get("actor_id")?),
            role: row::parsed(row, "actor_role")?,
            position: row.try_get("position")?,
            parked_at: row::timestamp(row, "parked_at")?,
        })
    }
}
