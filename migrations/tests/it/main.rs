//! The laws of the database's crate, against a real Postgres.

mod test_database;
