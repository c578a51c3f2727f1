//! The whole, through its own doors: real databases, a real server, real workers and their children, and the real
//! program where it is killed.

mod access_log;
mod bad_scans;
mod blocked_logs;
mod clients_gone;
mod command_line;
mod corrections;
mod correlation;
mod demo;
mod desk;
mod doctor;
mod drift;
mod erasure;
mod failed_finalisation;
mod failover;
mod figures;
mod handover;
mod history_command;
mod kills;
mod leases;
mod parked;
mod pdf_cost;
mod personal_data;
mod place;
mod playbook;
mod process;
pub(crate) mod prometheus;
mod rebuild;
mod refusals_to_start;
mod repairs;
mod restore;
mod roles;
mod rotation;
mod session;
mod several;
mod sign_in;
mod status;
mod storm;
mod upgrade;
mod watched;

use std::time::{Duration, Instant};

/// The longest that a test waits for anything; only a failure reaches it.
const PATIENCE: Duration = Duration::from_secs(180);

/// The pause between two looks at something that another process changes.
const LOOK: Duration = Duration::from_millis(10);

/// Looks until there is something to see, bounded.
async fn seen<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "never came about: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
