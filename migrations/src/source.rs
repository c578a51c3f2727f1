//! Where a ledger's database comes from.

use std::fmt;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;

use crate::{PrivateError, PrivateOptions, PrivatePostgres, ServerError, create_database_if_missing};

/// The ledger's database on a private Postgres.
pub const LEDGER_DATABASE: &str = "gradeledger";

/// The key store's database on a private Postgres.
pub const KEYS_DATABASE: &str = "gradeledger_keys";

/// Where the databases of a ledger come from. Its `Debug` is redacted, for a URL may hold a password.
#[derive(Clone)]
pub enum Source {
    /// An existing Postgres; its databases exist.
    Existing {
        /// `DATABASE_URL`: a direct or session-pooled connection, since LISTEN needs one.
        ledger_url: String,
        /// `KEYS_URL`: a database that the ledger's dumps do not hold.
        keys_url: String,
    },
    /// A Postgres of its own, started here, with both databases.
    Private(PrivateOptions),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Existing { .. } => f.write_str("Existing([secret])"),
            Self::Private(options) => f.debug_tuple("Private").field(options).finish(),
        }
    }
}

/// The databases of a ledger, ready to connect to, not yet migrated. The options are plain: pass them through
/// [`connect_options`](crate::connect_options) for a session of the ledger. The `Debug` is redacted, as options hold passwords.
pub struct Databases {
    /// The ledger's database.
    pub ledger: PgConnectOptions,
    /// The key store's database.
    pub keys: PgConnectOptions,
    /// The private Postgres behind them, if it is one; whoever opened it stops it at the end.
    pub private: Option<PrivatePostgres>,
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databases").field("private", &self.private).finish_non_exhaustive()
    }
}

/// Why a source gave no databases.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A URL does not parse. Its text is left out: it may hold a password.
    #[error(
        "{variable} is no Postgres URL ({source}); it looks like postgres://user:password@host:5432/database"
    )]
    BadUrl {
        /// `DATABASE_URL` or `KEYS_URL`.
        variable: &'static str,
        /// What the parser said.
        source: sqlx::Error,
    },
    /// Both URLs name one database: a dump of the ledger would then hold the keys, and undo an erasure.
    #[error("KEYS_URL and DATABASE_URL name the same database; the keys need one of their own")]
    OneDatabase,
    /// The private Postgres did not start.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// A database could not be created.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl Source {
    /// Parses the URLs, or starts the private Postgres and creates its databases.
    ///
    /// # Errors
    /// A [`SourceError`] that says what to do.
    pub async fn open(&self) -> Result<Databases, SourceError> {
        match self {
            Self::Existing { ledger_url, keys_url } => {
                let ledger = parse("DATABASE_URL", ledger_url)?;
                let keys = parse("KEYS_URL", keys_url)?;
                if address(&ledger) == address(&keys) {
                    return Err(SourceError::OneDatabase);
                }
                Ok(Databases { ledger, keys, private: None })
            }
            Self::Private(options) => {
                let private = PrivatePostgres::start(options).await?;
                let maintenance = private.connect_options("postgres");
                for name in [LEDGER_DATABASE, KEYS_DATABASE] {
                    create_database_if_missing(&maintenance, name).await?;
                }
                let ledger = private.connect_options(LEDGER_DATABASE);
                let keys = private.connect_options(KEYS_DATABASE);
                Ok(Databases { ledger, keys, private: Some(private) })
            }
        }
    }
}

fn parse(variable: &'static str, url: &str) -> Result<PgConnectOptions, SourceError> {
    PgConnectOptions::from_str(url).map_err(|source| SourceError::BadUrl { variable, source })
}

fn address(options: &PgConnectOptions) -> (String, u16, String) {
    let host =
        options.get_socket().map_or(options.get_host().to_owned(), |socket| socket.display().to_string());
    (host, options.get_port(), options.get_database().unwrap_or(options.get_username()).to_owned())
}
