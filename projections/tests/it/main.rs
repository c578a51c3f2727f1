//! The laws of the read side, against a real Postgres.

mod audit;
mod crash;
mod follow;
mod lead;
mod ledger;
mod life;
mod oracle;
mod page;
mod poison;
mod queue;
mod rebuild;
mod story;
