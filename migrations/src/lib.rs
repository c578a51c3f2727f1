//! The database of a ledger: its SQL, the embedded migrator, and where a database comes from.
//!
//! A database comes from `DATABASE_URL`, or from a private Postgres that this crate starts itself
//! ([`private`]). Either way a [`Source`] turns into connection options whose sessions see the ledger's
//! schema and nothing else ([`connect_options`]), and [`migrate_ledger`] and [`migrate_keys`] bring the
//! schema to the version that this binary was built with.

mod migrate;
mod objects;
pub mod private;
pub mod roles;
mod schema;
mod server;
mod session;
mod source;
mod standing;

pub use migrate::{MigrationError, fingerprint, migrate_keys, migrate_ledger};
pub use objects::{Trigger, functions, functions_as_owner, triggers};
pub use private::{Durability, PrivateError, PrivateOptions, PrivatePostgres, default_data_folder};
pub use schema::{DEFAULT_KEYS_SCHEMA, DEFAULT_SCHEMA, SchemaName, SchemaNameError};
pub use server::{OLDEST_SERVER_MAJOR, ServerError, check_server, create_database_if_missing, place};
pub use session::{SessionLimits, connect_options};
pub use source::{Databases, KEYS_DATABASE, LEDGER_DATABASE, Source, SourceError};
pub use standing::{MigrationStanding, keys_standing, ledger_standing};
