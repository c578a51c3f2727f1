//! Who the server runs as: Postgres refuses root.

use std::fs::File;
use std::io;
use std::os::unix::fs::fchown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::PrivateError;

/// The accounts to run as in root's stead, the best first.
const INSTEAD_OF_ROOT: [&str; 2] = ["postgres", "nobody"];

/// The account that owns the cluster's folder and runs its programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// The account of this process.
    Own,
    /// Another one, since this process is root.
    InsteadOfRoot { name: &'static str, uid: u32, gid: u32 },
}

impl Account {
    pub(super) fn choose() -> Result<Self, PrivateError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        // `id` asks the name service like the system itself does; /etc/passwd alone is not the whole truth.
        let other = |&name| Some(Self::InsteadOfRoot { name, uid: id("-u", name)?, gid: id("-g", name)? });
        INSTEAD_OF_ROOT.iter().find_map(other).ok_or(PrivateError::NoAccount)
    }

    /// The account's user id.
    pub(super) fn uid(&self) -> u32 {
        match self {
            Self::Own => rustix::process::geteuid().as_raw(),
            Self::InsteadOfRoot { uid, .. } => *uid,
        }
    }

    /// A command that runs as the account, with no part in this process's terminal and none of its Postgres settings.
    /// The standard library drops the supplementary groups together with the user id.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
        if let Self::InsteadOfRoot { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Gives the account an open folder of this process.
    pub(super) fn give(&self, opened: &File) -> io::Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::InsteadOfRoot { uid, gid, .. } => fchown(opened, Some(*uid), Some(*gid)),
        }
    }

    /// Fails unless the account can use `path` as `test(1)` sees it: `-w` for writing, `-x` for running. Only asking as
    /// the account tells: every folder on the way counts.
    pub(super) fn check_reaches(&self, flag: &str, path: &Path) -> Result<(), PrivateError> {
        let Self::InsteadOfRoot { name, .. } = self else { return Ok(()) };
        let mut test = self.command("/bin/sh");
        test.args(["-c", "test \"$1\" \"$2\"", "sh", flag]).arg(path).current_dir("/");
        let reached =
            test.stderr(Stdio::null()).status().map_err(PrivateError::io("running", "/bin/sh"))?.success();
        if reached {
            Ok(())
        } else {
            Err(PrivateError::Unreachable { account: (*name).to_owned(), path: path.to_owned() })
        }
    }
}

fn id(flag: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, name]).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
