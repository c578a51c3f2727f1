//! Who leads a view: a row with a time and a growing token.
//!
//! Postgres's clock alone says whether a lease is over. A leader that slept past its lease may go on as long as nobody has
//! taken over; once somebody has, the token is another and nothing of the old leader commits. A statement of a leader
//! names token, leader and position, so that even a checkpoint lost with an unflushed commit is noticed.

use std::time::Duration;

use domain::Reader;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use crate::projector::ViewName;
use crate::stream::{NewerEvent, StreamId, Unreadable};

/// The right to fold a view, as long as the token stands in the row.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    view: ViewName,
    leader: Uuid,
    token: i64,
    /// What the leader can read.
    pub(super) reader: Reader,
    /// The position that the view has folded.
    pub(super) position: i64,
    /// The event that stops the view.
    pub(super) poison: Option<Poisoned>,
}

/// Which event stops a view.
#[derive(Clone, Debug)]
pub(super) struct Poisoned {
    pub(super) position: i64,
    /// Its stream; none where there is no event at the position, or its stream is none that this build knows.
    pub(super) stream: Option<StreamId>,
}

impl Poisoned {
    fn at(position: i64, stream: &str) -> Self {
        Self { position, stream: stream.parse().ok() }
    }
}

/// What came of asking for a lease.
#[derive(Debug)]
pub(super) enum Asked {
    /// It is this leader's.
    Leads(Lease),
    /// Somebody else has it.
    Taken,
    /// The view has folded, or stands before, what only this reader and later ones can read.
    TooOld(Reader),
}

struct Standing {
    token: i64,
    position: i64,
    poison: Option<Poisoned>,
}

impl<'r> FromRow<'r, PgRow> for Standing {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let (poison, stream): (Option<i64>, Option<String>) =
            (row.try_get("poison_position")?, row.try_get("poison_stream")?);
        Ok(Self {
            token: row.try_get("lease_token")?,
            position: row.try_get("position")?,
            poison: poison.map(|position| Poisoned::at(position, stream.as_deref().unwrap_or_default())),
        })
    }
}

impl Lease {
    /// Takes the lease if it is free, over, or was this leader's before its connection broke, and `reader` can read what the
    /// view has folded.
    pub(super) async fn acquire(
        connection: &mut PgConnection,
        view: ViewName,
        (leader, reader): (Uuid, Reader),
        lease: Duration,
    ) -> Result<Asked, sqlx::Error> {
        sqlx::query("INSERT INTO projections (name, version) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(view.name)
            .bind(view.version)
            .execute(&mut *connection)
            .await?;
        let row = sqlx::query(include_str!("lease_acquire.sql"))
            .bind(view.name)
            .bind(view.version)
            .bind(leader)
            .bind(lease.as_secs_f64())
            .bind(reader.0)
            .fetch_one(connection)
            .await?;
        if row.try_get::<Option<i64>, _>("lease_token")?.is_some() {
            let Standing { token, position, poison } = Standing::from_row(&row)?;
            return Ok(Asked::Leads(Self { view, leader, token, reader, position, poison }));
        }
        let required = Reader(row.try_get("required_reader")?);
        Ok(if required > reader { Asked::TooOld(required) } else { Asked::Taken })
    }

    /// Makes the lease longer, and learns whether the view is still stopped. False: somebody else leads.
    pub(super) async fn renew(
        &mut self,
        connection: &mut PgConnection,
        lease: Duration,
    ) -> Result<bool, sqlx::Error> {
        let standing: Option<Standing> = sqlx::query_as(include_str!("lease_renew.sql"))
            .bind(self.view.name)
            .bind(self.view.version)
            .bind(self.leader)
            .bind(self.token)
            .bind(self.position)
            .bind(lease.as_secs_f64())
            .fetch_optional(connection)
            .await?;
        let stands = standing.is_some();
        self.poison = standing.and_then(|standing| standing.poison);
        Ok(stands)
    }

    /// Moves the checkpoint to `position` and makes the lease longer, in the transaction that writes the rows; whoever leads
    /// from there on must be `reader` at least. False: somebody else leads, and the transaction must not commit.
    pub(super) async fn checkpoint(
        &self,
        connection: &mut PgConnection,
        (position, reader): (i64, i32),
        lease: Duration,
    ) -> Result<bool, sqlx::Error> {
        let moved = sqlx::query(include_str!("lease_checkpoint.sql"))
            .bind(self.view.name)
            .bind(self.view.version)
            .bind(self.leader)
            .bind(self.token)
            .bind(self.position)
            .bind(lease.as_secs_f64())
            .bind(position)
            .bind(reader)
            .execute(connection)
            .await?;
        Ok(moved.rows_affected() == 1)
    }

    /// Records what stops the view. False: somebody else leads.
    pub(super) async fn record_poison(
        &mut self,
        connection: &mut PgConnection,
        poison: &Unreadable,
    ) -> Result<bool, sqlx::Error> {
        let recorded = sqlx::query(include_str!("lease_poison.sql"))
            .bind(self.view.name)
            .bind(self.view.version)
            .bind(self.leader)
            .bind(self.token)
            .bind(self.position)
            .bind(poison.position)
            .bind(&poison.stream)
            .bind(&poison.event_type)
            .bind(&poison.cause)
            .execute(connection)
            .await?;
        self.poison = Some(Poisoned::at(poison.position, &poison.stream));
        Ok(recorded.rows_affected() == 1)
    }

    /// Lets the view go on past what stopped it. False: somebody else leads.
    pub(super) async fn clear_poison(&mut self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let cleared = sqlx::query(include_str!("lease_clear_poison.sql"))
            .bind(self.view.name)
            .bind(self.view.version)
            .bind(self.leader)
            .bind(self.token)
            .bind(self.position)
            .execute(connection)
            .await?;
        self.poison = None;
        Ok(cleared.rows_affected() == 1)
    }

    /// Gives the lease back to those who can read what stands next. False: somebody else leads already.
    pub(super) async fn step_down(
        self,
        connection: &mut PgConnection,
        before: &NewerEvent,
    ) -> Result<bool, sqlx::Error> {
        let stepped_down = sqlx::query(include_str!("lease_step_down.sql"))
            .bind(self.view.name)
            .bind(self.view.version)
            .bind(self.leader)
            .bind(self.token)
            .bind(self.position)
            .bind(before.needs.0)
            .execute(connection)
            .await?;
        Ok(stepped_down.rows_affected() == 1)
    }

    /// Gives the lease back, if it is still this leader's.
    pub(super) async fn release(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("lease_release.sql"))
            .bind(self.view.name)
            .bind(self.view.version)
            .bind(self.leader)
            .bind(self.token)
            .execute(connection)
            .await?;
        Ok(())
    }
}
