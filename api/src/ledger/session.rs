//! A held connection of the ledger's own, opened again when it is lost.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::LedgerLimits;

/// A connection that only its task uses, so that no other user of a pool can make an append wait.
pub(super) struct Session {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    backoff: Backoff,
    connect_timeout: Duration,
}

crate::redacted::debug_without_the_rest! { Session { connect_timeout } }

impl Session {
    pub(super) fn new(options: &PgConnectOptions, limits: &LedgerLimits) -> Self {
        // What fails is reported by those who know what it means.
        let options = options.clone().disable_statement_logging();
        let backoff = Backoff::new(limits.first_backoff, limits.longest_backoff);
        Self { options, connection: None, backoff, connect_timeout: limits.connect_timeout }
    }

    /// The connection, opened if it is not there.
    pub(super) async fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => match timeout(self.connect_timeout, self.options.connect()).await {
                Ok(connected) => connected?,
                Err(_) => return Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
            },
        };
        Ok(self.connection.insert(connection))
    }

    /// Gives the connection up; the next use opens another.
    pub(super) fn lose(&mut self) {
        self.connection = None;
    }

    /// Notes that the connection works.
    pub(super) fn works(&mut self) {
        self.backoff.reset();
    }

    /// Waits before the next attempt, longer each time, and not past `deadline`.
    pub(super) async fn back_off(&mut self, deadline: Instant) {
        let pause = self.backoff.next();
        sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await;
    }
}

/// Pauses that double up to a longest one.
#[derive(Debug)]
struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }

    fn reset(&mut self) {
        self.next = self.first;
    }
}
