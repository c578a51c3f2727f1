//! The laws of the database's crate, against a real Postgres.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod migrating;
mod private_accounts;
mod private_crash;
mod private_start;
mod support;
mod test_database;
