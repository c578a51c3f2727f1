//! What can keep a private Postgres from running.

use std::io;
use std::path::PathBuf;

/// Why a private Postgres did not start or stop. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// No folder holds Postgres's server programs.
    #[error(
        "PostgreSQL's programs (postgres, initdb, pg_ctl) were not found. Install them:\n  \
         Debian, Ubuntu:  apt-get install postgresql\n  \
         Fedora, RHEL:    dnf install postgresql-server\n  \
         macOS:           brew install postgresql@17\n\
         or name their folder in PG_BIN_DIR. Looked in:\n{}", bullets(.looked)
    )]
    ProgramsNotFound {
        /// Each place, and what was amiss there.
        looked: Vec<String>,
    },
    /// Only programs older than the ledger's SQL were found.
    #[error(
        "PostgreSQL {oldest} or later is needed; found only:\n{}\nInstall a newer one, or name its folder in PG_BIN_DIR",
        bullets(.found)
    )]
    TooOld {
        /// The oldest version that will do.
        oldest: u32,
        /// Each folder with its version.
        found: Vec<String>,
    },
    /// The data folder was made by a major version whose programs are gone.
    #[error(
        "{} was made by PostgreSQL {data}, whose programs were not found; found:\n{}\n\
         Install PostgreSQL {data}, or move the data with pg_upgrade", .folder.display(), bullets(.found)
    )]
    OtherMajor {
        /// The cluster's folder.
        folder: PathBuf,
        /// The major version in its `PG_VERSION`.
        data: u32,
        /// Each folder of programs with its version.
        found: Vec<String>,
    },
    /// There is no home to put the data in.
    #[error("neither XDG_DATA_HOME nor HOME names a folder for the data; name one with --data-folder")]
    NoHome,
    /// Root, and no account to run the server as.
    #[error(
        "Postgres refuses to run as root, and neither `postgres` nor `nobody` is an account here: create one"
    )]
    NoAccount,
    /// The server's account cannot enter its folder, or cannot run its programs.
    #[error(
        "Postgres refuses to run as root, so it runs as `{account}`, and that account cannot use {}. Choose a folder it \
         can reach, such as /var/lib/gradeledger (a folder under /root is not)", .path.display()
    )]
    Unreachable {
        /// The account.
        account: String,
        /// What it cannot use.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error(
        "{} holds other files ({found}), so it is left alone. Name an empty or a new folder", .folder.display()
    )]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// One thing found in it.
        found: String,
    },
    /// The folder belongs to somebody else.
    #[error("{} belongs to user {owner}: start as that user, or name another folder", .folder.display())]
    OtherOwner {
        /// The folder.
        folder: PathBuf,
        /// The user id of its owner.
        owner: u32,
    },
    /// A socket path longer than `sun_path` holds.
    #[error(
        "the socket's path {} takes {bytes} bytes, and the system allows {limit}: name a shorter data folder",
        .path.display()
    )]
    SocketPathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: usize,
        /// The longest that works here.
        limit: usize,
    },
    /// `initdb` failed.
    #[error("initdb failed ({status}) for {}:\n{output}", .folder.display())]
    Initialise {
        /// The folder it was to fill.
        folder: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote.
        output: String,
    },
    /// Another process keeps the folder's lock.
    #[error("another process has been starting or stopping Postgres in {} for {seconds} s; is it stuck?", .folder.display())]
    Busy {
        /// The cluster's folder.
        folder: PathBuf,
        /// How long this one waited.
        seconds: u64,
    },
    /// The server ended before it was ready.
    #[error("Postgres ended ({status}) before it was ready. The last lines of {}:\n{last_lines}", .log.display())]
    Ended {
        /// How it ended.
        status: String,
        /// The server's log.
        log: PathBuf,
        /// Its end.
        last_lines: String,
    },
    /// The server runs but does not get ready.
    #[error("Postgres was not ready after {seconds} s. The last lines of {}:\n{last_lines}", .log.display())]
    NotReady {
        /// How long this start waited.
        seconds: u64,
        /// The server's log.
        log: PathBuf,
        /// Its end.
        last_lines: String,
    },
    /// The server survived every signal.
    #[error("Postgres (process {pid}) did not end, not even when killed")]
    StillRunning {
        /// The postmaster.
        pid: i32,
    },
    /// A file, folder or program could not be used.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was being done, ending so that the path can follow.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PrivateError {
    /// For `map_err`: an I/O error with what was being done, and to what.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}

fn bullets(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}
