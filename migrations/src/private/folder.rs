//! The folder of a cluster: what lies where, and who may enter.
//!
//! ```text
//! <data folder>/postgres/        0700, the server's account
//!     start.lock                 held while starting and stopping
//!     in_use.lock                shared by the processes that use the cluster
//!     data/                      the cluster
//!     data.unfinished/           initdb at work, or interrupted: thrown away
//!     socket/                    0700, the only way in
//!     postgres.log
//! ```

use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::account::Account;
use super::{PORT, PrivateError};

/// The longest path of a Unix socket: `sun_path` less its closing zero (108 bytes on Linux, 104 on macOS).
pub(super) const LONGEST_SOCKET_PATH_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The pause between two looks at something that another process changes.
pub(super) const POLL: Duration = Duration::from_millis(20);

/// The names that may stand in a cluster's folder.
const OURS: [&str; 7] =
    ["start.lock", "in_use.lock", "data", "data.unfinished", "socket", "postgres.log", "postgres.log.1"];

/// A cluster's folder that exists, is private to the server's account, and can be reached by it.
#[derive(Debug)]
pub(super) struct Folder {
    /// What the caller named.
    pub(super) base: PathBuf,
    /// `<base>/postgres`.
    root: PathBuf,
}

impl Folder {
    pub(super) fn prepare(named: Option<&Path>, account: &Account) -> Result<Self, PrivateError> {
        let base = match named {
            Some(named) => std::path::absolute(named).map_err(PrivateError::io("finding", named))?,
            None => default_base(account)?,
        };
        if !base.exists() {
            // Another account must pass through root's folder; an ordinary user's is nobody else's business.
            let mode = if *account == Account::Own { 0o700 } else { 0o755 };
            fs::DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(&base)
                .map_err(PrivateError::io("creating", &base))?;
        }
        let root = base.join("postgres");
        private_folder(&root, account)?;
        let folder = Self { base, root };
        account.check_reaches("-w", &folder.root)?;
        Ok(folder)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn unfinished(&self) -> PathBuf {
        self.root.join("data.unfinished")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// The major version that made the cluster; none before initdb has run to its end.
    pub(super) fn major(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// A private folder for the socket: within this one, or where its path would be too long, a short one that is
    /// always the same for this cluster.
    pub(super) fn socket_folder(&self, account: &Account) -> Result<PathBuf, PrivateError> {
        let mut hasher = DefaultHasher::new();
        self.root.hash(&mut hasher);
        let short = format!("gradeledger-{}-{:08x}", account.uid(), hasher.finish() >> 32);
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|_| *account == Account::Own);
        let inside = self.root.join("socket");
        let places = [
            Some(inside.clone()),
            runtime.map(|it| Path::new(&it).join(&short)),
            Some(Path::new("/tmp").join(&short)),
        ];
        let bytes = |folder: &Path| socket_path(folder).as_os_str().as_bytes().len();
        match places.into_iter().flatten().find(|place| bytes(place) <= LONGEST_SOCKET_PATH_BYTES) {
            Some(place) => private_folder(&place, account).map(|()| place),
            None => Err(PrivateError::SocketPathTooLong {
                path: socket_path(&inside),
                bytes: bytes(&inside),
                limit: LONGEST_SOCKET_PATH_BYTES,
            }),
        }
    }
}

/// The socket that a server in `folder` listens on.
pub(super) fn socket_path(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

/// Makes `path` a 0700 folder of the account. A folder that is there must be the account's already, or be
/// empty and this process's own; anything else is left as it is.
fn private_folder(path: &Path, account: &Account) -> Result<(), PrivateError> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(PrivateError::io("creating", path)(error));
        }
        _ => {}
    }
    // All that follows holds for the opened folder, whatever its name comes to mean meanwhile.
    let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let opened: File = opened.map_err(PrivateError::io("opening", path))?;
    let owner = opened.metadata().map_err(PrivateError::io("reading", path))?.uid();
    let entries = fs::read_dir(path).map_err(PrivateError::io("reading", path))?;
    let names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if let Some(found) = names.iter().find(|name| !is_ours(name)) {
        return Err(PrivateError::NotOurs { folder: path.to_owned(), found: found.clone() });
    }
    if owner != account.uid() {
        // An empty one of root's was made just now, or by a start that was killed before it gave it away.
        if owner != Account::Own.uid() || !names.is_empty() {
            return Err(PrivateError::OtherOwner { folder: path.to_owned(), owner });
        }
        account.give(&opened).map_err(PrivateError::io("giving to the server's account", path))?;
    }
    opened.set_permissions(Permissions::from_mode(0o700)).map_err(PrivateError::io("making private", path))
}

fn is_ours(name: &str) -> bool {
    OURS.contains(&name) || name.starts_with(".s.PGSQL.")
}

/// Where a private Postgres lies unless told otherwise.
pub(super) fn default_base(account: &Account) -> Result<PathBuf, PrivateError> {
    if *account != Account::Own {
        return Ok(PathBuf::from("/var/lib/gradeledger"));
    }
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // XDG Base Directory Specification 0.8: relative paths are to be ignored.
    let data_home = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
    data_home.map(|it| it.join("gradeledger")).ok_or(PrivateError::NoHome)
}
