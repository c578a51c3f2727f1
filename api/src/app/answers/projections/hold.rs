//! What holds a view up, as answers show it.

use projections::{Hold, Session};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a view that has a leader does not move.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldAnswer {
    /// The Postgres session of the leader.
    pub leader: SessionAnswer,
    /// The sessions that it waits for, the nearest first. Those whose `waits_for` is empty are the cause.
    pub holders: Vec<SessionAnswer>,
}

/// A session of Postgres, as far as the role of the service may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DatabaseSession)]
pub struct SessionAnswer {
    /// Its process id; 0 is a prepared transaction.
    pub pid: i32,
    /// The process ids of the sessions that it waits for.
    pub waits_for: Vec<i32>,
    /// The role that it logged in as.
    pub user: Option<String>,
    /// What it calls itself.
    pub application: Option<String>,
    /// What it does, as `pg_stat_activity` has it; null where the role of the service may not see it.
    pub state: Option<String>,
    /// What it waits on, as Postgres names it.
    pub waits_on: Option<String>,
    /// How long its transaction has been open.
    pub transaction_ms: Option<u64>,
    /// How long it has been in its state.
    pub state_ms: Option<u64>,
    /// The beginning of its last query; null for callers who are not administrators, and where the role of the service
    /// may not see it.
    pub query: Option<String>,
}

impl HoldAnswer {
    pub(super) fn leave_out_queries(&mut self) {
        for session in self.holders.iter_mut().chain([&mut self.leader]) {
            session.query = None;
        }
    }
}

impl From<Hold> for HoldAnswer {
    fn from(hold: Hold) -> Self {
        let Hold { leader, holders } = hold;
        Self { leader: leader.into(), holders: holders.into_iter().map(SessionAnswer::from).collect() }
    }
}

impl From<Session> for SessionAnswer {
    fn from(session: Session) -> Self {
        let Session { pid, waits_for, user, application, state, waits_on, transaction_ms, state_ms, query } =
            session;
        Self { pid, waits_for, user, application, state, waits_on, transaction_ms, state_ms, query }
    }
}
