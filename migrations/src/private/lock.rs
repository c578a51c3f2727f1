//! Who may start the cluster, and who uses it. Both are file locks, which the system releases however a process ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use tokio::time::{Instant, sleep};

use super::PrivateError;
use super::folder::POLL;

/// The longest wait for another process that starts or stops the same cluster; an initdb is within it.
const LOCK_WAIT: Duration = Duration::from_secs(120);

/// The sole right to start or stop the cluster of `folder`; closing the file gives it back.
pub(super) async fn starting(folder: &Path) -> Result<File, PrivateError> {
    let path = folder.join("start.lock");
    let file = open(&path)?;
    let deadline = Instant::now() + LOCK_WAIT;
    while !try_lock(&file, &path, FlockOperation::NonBlockingLockExclusive)? {
        if Instant::now() >= deadline {
            return Err(PrivateError::Busy { folder: folder.to_owned(), seconds: LOCK_WAIT.as_secs() });
        }
        sleep(POLL).await;
    }
    Ok(file)
}

/// One process's use of a running cluster.
#[derive(Debug)]
pub(super) struct Use(File);

impl Use {
    /// Says that this process uses the cluster; with [`starting`] held.
    pub(super) fn begin(folder: &Path) -> Result<Self, PrivateError> {
        let path = folder.join("in_use.lock");
        let file = open(&path)?;
        if try_lock(&file, &path, FlockOperation::NonBlockingLockShared)? {
            Ok(Self(file))
        } else {
            // Nobody holds it alone but with `starting`, which the caller holds.
            Err(PrivateError::Busy { folder: folder.to_owned(), seconds: 0 })
        }
    }

    /// Ends the use, and tells whether nobody else goes on using the cluster; with [`starting`] held.
    pub(super) fn end_as_last(self, folder: &Path) -> Result<bool, PrivateError> {
        try_lock(&self.0, &folder.join("in_use.lock"), FlockOperation::NonBlockingLockExclusive)
    }
}

/// Opens a file of the folder for writing. Root must not follow a link that the server's account has laid there.
pub(super) fn open(path: &Path) -> Result<File, PrivateError> {
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).custom_flags(no_follow).open(path);
    opened.map_err(PrivateError::io("opening", path))
}

fn try_lock(file: &File, path: &Path, operation: FlockOperation) -> Result<bool, PrivateError> {
    match flock(file, operation) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(PrivateError::io("locking", path)(io::Error::from(error))),
    }
}
