//! A Postgres of the ledger's own: found, initialised, started and stopped here.
//!
//! Invariants:
//! - It is reachable through one Unix socket in a 0700 folder and by nothing else, because sessions are trusted.
//! - Its settings are durable unless a test asks otherwise ([`Durability::TestOnly`]).
//! - One postmaster a data folder: a second start attaches, and the last process that uses it stops it, whichever
//!   started it. So a server whose starter was killed is ended by the next one, and none is ended under another's feet.
//! - A start never needs a hand after a crash: a half-made folder is made again, a stale pid file is recognised.

mod account;
mod error;
mod folder;
mod initialise;
mod lock;
mod postmaster;
mod programs;
mod start;

use std::path::{Path, PathBuf};
use std::process::Child;

use sqlx::postgres::PgConnectOptions;

pub use error::PrivateError;
use folder::Folder;
use lock::Use;
use postmaster::Postmaster;

/// The superuser of the cluster; the socket's folder decides who may be it.
const SUPERUSER: &str = "gradeledger";

/// The port only names the socket (`.s.PGSQL.5432`): nothing listens on TCP.
const PORT: u16 = 5432;

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A crash of the machine: `fsync`, `full_page_writes` and `synchronous_commit` are on.
    #[default]
    Durable,
    /// A crash of any process, but not of the machine (`fsync` is off): for the throw-away clusters of tests only.
    TestOnly,
}

/// How to start a private Postgres.
#[derive(Debug, Clone, Default)]
pub struct PrivateOptions {
    /// The folder that holds it, in a folder `postgres` of its own. By default `/var/lib/gradeledger` for root, else
    /// `$XDG_DATA_HOME/gradeledger` or `~/.local/share/gradeledger`.
    pub data_folder: Option<PathBuf>,
    /// What a commit survives.
    pub durability: Durability,
    /// `max_connections`, where the default of 100 does not do. Counts for the start that makes the postmaster.
    pub max_connections: Option<u16>,
}

/// The folder that [`PrivateOptions::data_folder`] stands for where it is none: `/var/lib/gradeledger` for root, else below
/// the user's own data.
///
/// # Errors
/// [`PrivateError::NoHome`], or no account that Postgres can run under.
pub fn default_data_folder() -> Result<PathBuf, PrivateError> {
    folder::default_base(&account::Account::choose()?)
}

/// A running private Postgres. Dropping it leaves the server running, for the next start to attach to;
/// [`stop`](Self::stop) ends it.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: Folder,
    postmaster: Postmaster,
    in_use: Use,
    /// Present where this process started the postmaster.
    child: Option<Child>,
}

/// What [`PrivatePostgres::stop`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// A clean end: sessions were closed, a checkpoint was written.
    Cleanly,
    /// The clean end took too long; the next start recovers from the log, and no commit is lost.
    Abruptly,
    /// There was nothing left to stop: the server had ended or crashed.
    HadEnded,
    /// Not at all: another process uses it.
    LeftRunning,
}

impl PrivatePostgres {
    /// Starts the cluster of a data folder, initialising the folder where there is nothing, or attaches to it where it
    /// runs already.
    ///
    /// # Errors
    /// A [`PrivateError`] that says what to do.
    pub async fn start(options: &PrivateOptions) -> Result<Self, PrivateError> {
        start::start(options).await
    }

    /// Connection options for one database, without the session settings of a ledger.
    #[must_use]
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        self.postmaster.connect_options(database)
    }

    /// The same as a URL, which psql and every libpq program understand as well.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket_folder = percent_encode(&self.postmaster.socket_folder.to_string_lossy());
        let port = self.postmaster.port;
        format!(
            "postgres:///{}?host={socket_folder}&port={port}&user={SUPERUSER}&sslmode=disable",
            percent_encode(database)
        )
    }

    /// Whether this start made the postmaster; otherwise it attached to a running one.
    #[must_use]
    pub fn started_here(&self) -> bool {
        self.child.is_some()
    }

    /// The folder that the options named, or the default one.
    #[must_use]
    pub fn data_folder(&self) -> &Path {
        &self.folder.base
    }

    /// The folder of the Unix socket.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.postmaster.socket_folder
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// The process id of the postmaster.
    #[must_use]
    pub fn postmaster_pid(&self) -> i32 {
        self.postmaster.pid.as_raw_nonzero().get()
    }

    /// Ends the use of the server, and the server itself unless another process uses it: fast (open transactions are
    /// rolled back), and where that takes too long, at once.
    ///
    /// # Errors
    /// [`PrivateError::StillRunning`] where even a kill did not end it; [`PrivateError::Busy`].
    pub async fn stop(self) -> Result<Stopped, PrivateError> {
        let _starting = lock::starting(self.folder.root()).await?;
        if !self.in_use.end_as_last(self.folder.root())? {
            return Ok(Stopped::LeftRunning);
        }
        postmaster::stop(self.child, &self.postmaster, &self.folder.data()).await
    }

    /// Ends the server as a crash would, whoever started it: for tests of what survives one.
    ///
    /// # Errors
    /// [`PrivateError::StillRunning`].
    pub async fn kill(self) -> Result<(), PrivateError> {
        postmaster::kill(self.child, &self.postmaster).await
    }
}

/// Everything but RFC 3986's unreserved characters.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::percent_encode;

    #[test]
    fn a_path_in_a_url_keeps_its_every_byte() {
        assert_eq!(percent_encode("/tmp/a b&c=é"), "%2Ftmp%2Fa%20b%26c%3D%C3%A9");
    }
}
