//! The one clock: Postgres's, as this process knows it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use domain::Timestamp;

/// An offset between Postgres's clock and this process's monotonic one.
///
/// Every answer of the database that carries a time sets it anew. The time was read before the answer arrived, so what is
/// reckoned from it lags a little behind Postgres and is never ahead of it: a decision's time is not after its record.
#[derive(Debug)]
pub(super) struct LedgerClock {
    started: Instant,
    offset_micros: AtomicI64,
}

impl LedgerClock {
    pub(super) fn set_to(server: Timestamp) -> Self {
        let clock = Self { started: Instant::now(), offset_micros: AtomicI64::new(0) };
        clock.learn(server);
        clock
    }

    pub(super) fn learn(&self, server: Timestamp) {
        self.offset_micros.store(server.micros() - self.elapsed_micros(), Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.offset_micros.load(Ordering::Relaxed) + self.elapsed_micros())
    }

    fn elapsed_micros(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX / 2)
    }
}
