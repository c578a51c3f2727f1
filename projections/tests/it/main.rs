//! The laws of the read side, against a real Postgres.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod audit;
mod cost;
mod crash;
mod drift;
mod follow;
mod history;
mod lead;
mod ledger;
mod life;
mod oracle;
mod page;
mod parked;
mod poison;
mod queue;
mod rebuild;
mod rows;
mod story;
mod stuck;
mod versions;
