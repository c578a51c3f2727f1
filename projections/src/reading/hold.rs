//! What holds a view up: the session that folds it, and the sessions that it waits for.

use std::collections::HashMap;

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use super::Views;
use super::status::ProjectionStatus;
use crate::views::row;

/// How long a view stands still before anybody asks what holds it: what ends by itself at once holds nothing up.
const WORTH_ASKING_MS: u64 = 500;
/// How far the chain of those who wait for each other is followed.
const CHAIN: i32 = 5;
/// How much of a session's query is shown, in characters.
const QUERY_CHARACTERS: i32 = 300;

/// Why a view that has a leader does not move: what the leader's session does, and who holds it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The session of the leader.
    pub leader: Session,
    /// Those that it waits for, the nearest first. The ones that wait for nobody are the cause.
    pub holders: Vec<Session>,
}

/// A session of Postgres, as far as the role that asks may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its process id, as `pg_terminate_backend` takes it; 0 stands for a prepared transaction, which has none.
    pub pid: i32,
    /// The process ids of those that it waits for.
    pub waits_for: Vec<i32>,
    /// The role that it logged in as.
    pub user: Option<String>,
    /// What it calls itself.
    pub application: Option<String>,
    /// `active`, `idle in transaction`…; none where this role may not see it.
    pub state: Option<String>,
    /// What it waits on, as Postgres names it: `Lock: relation`, `Client: ClientRead`…
    pub waits_on: Option<String>,
    /// How long its transaction has been open, in milliseconds.
    pub transaction_ms: Option<u64>,
    /// How long it has been in its state, in milliseconds.
    pub state_ms: Option<u64>,
    /// The beginning of its last query; none where this role may not see it.
    pub query: Option<String>,
}

impl Session {
    /// Whether this role may see what the session does. Sessions of others are shown to members of
    /// `pg_read_all_stats` only.
    #[must_use]
    pub const fn is_visible(&self) -> bool {
        self.state.is_some()
    }
}

impl Views {
    /// [`Views::status`], with what holds up each view that stands still.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn status_explained(&self) -> Result<Vec<ProjectionStatus>, sqlx::Error> {
        let mut status = self.status().await?;
        let asked: Vec<i32> = status
            .iter()
            .filter(|view| view.stuck_ms > WORTH_ASKING_MS && view.poison.is_none())
            .filter_map(|view| view.backend_pid)
            .collect();
        if asked.is_empty() {
            return Ok(status);
        }
        let rows: Vec<HeldUp> = sqlx::query_as(include_str!("holders.sql"))
            .bind(&asked)
            .bind(CHAIN)
            .bind(QUERY_CHARACTERS)
            .fetch_all(self.pool())
            .await?;
        let mut holds: HashMap<i32, Hold> = HashMap::new();
        for HeldUp { held_up, session } in rows {
            // The first row of each is the session itself.
            match holds.get_mut(&held_up) {
                Some(hold) => hold.holders.push(session),
                None => drop(holds.insert(held_up, Hold { leader: session, holders: Vec::new() })),
            }
        }
        for view in &mut status {
            view.hold = view.backend_pid.and_then(|pid| holds.remove(&pid));
        }
        Ok(status)
    }
}

/// A session, and whom it holds up.
struct HeldUp {
    held_up: i32,
    session: Session,
}

impl<'r> FromRow<'r, PgRow> for HeldUp {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            held_up: row.try_get("held_up")?,
            session: Session {
                pid: row.try_get("pid")?,
                waits_for: row.try_get("waits_for")?,
                user: row.try_get("user_name")?,
                application: row.try_get("application_name")?,
                state: row.try_get("state")?,
                waits_on: row.try_get("waits_on")?,
                transaction_ms: row::optional_unsigned(row, "transaction_ms")?,
                state_ms: row::optional_unsigned(row, "state_ms")?,
                query: row.try_get("query")?,
            },
        })
    }
}
