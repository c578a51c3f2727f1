//! The sweep: blobs that were stored and then named by no event.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use domain::{CopyId, Digest};
use futures::TryStreamExt as _;
use object_store::path::Path as BlobPath;
use object_store::{ObjectMeta, ObjectStoreExt as _};

use super::{BlobError, Blobs};

/// How old an unreferenced blob is before it is swept: longer than any request between its storing and its event.
pub const UNREFERENCED_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The most blobs that one sweep deletes; the next one goes on.
pub const MAX_SWEPT: usize = 10_000;

/// How many names are asked about at once.
const NAMES_A_QUESTION: usize = 1_000;

/// The names of blobs.
type Names = HashSet<(CopyId, Digest)>;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many blobs were old enough to be asked about.
    pub asked: usize,
    /// How many were deleted.
    pub deleted: usize,
}

impl Blobs {
    /// Deletes blobs that are older than `older_than` and that `referenced`, asked about some at a time, does not give back.
    /// Deletes at most [`MAX_SWEPT`]; leaves alone what is not named like a blob.
    ///
    /// # Errors
    /// [`BlobError::Store`], or [`BlobError::References`] with the error of `referenced`; what was deleted until then stays so.
    pub async fn sweep<R, F, E>(&self, referenced: R, older_than: Duration) -> Result<Swept, BlobError>
    where
        R: Fn(Vec<(CopyId, Digest)>) -> F,
        F: Future<Output = Result<Names, E>>,
        E: std::error::Error + Send + Sync + 'static,
    {
        self.sweep_drafts(older_than).await?;
        let mut swept = Swept::default();
        let mut listed = self.store.list(None).try_chunks(NAMES_A_QUESTION);
        loop {
            let some = match listed.try_next().await {
                Ok(Some(some)) => some,
                Ok(None) => return Ok(swept),
                Err(error) => return Err(error.1.into()),
            };
            let old: Vec<_> =
                some.iter().filter(|blob| is_older(blob, older_than)).filter_map(name).collect();
            if old.is_empty() {
                continue;
            }
            swept.asked += old.len();
            let named =
                referenced(old.clone()).await.map_err(|error| BlobError::References(Box::new(error)))?;
            for (copy, digest) in old.into_iter().filter(|name| !named.contains(name)) {
                if swept.deleted == MAX_SWEPT {
                    return Ok(swept);
                }
                self.store.delete(&super::path(copy, digest)).await?;
                swept.deleted += 1;
            }
        }
    }
}

impl Blobs {
    /// Deletes what killed writers left in a local folder: object_store writes to `name#1` before it renames, and lists no
    /// such file.
    async fn sweep_drafts(&self, older_than: Duration) -> Result<(), BlobError> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let failed = |source| BlobError::Folder { folder: folder.clone(), source };
        super::off_the_reactor({
            let folder = folder.clone();
            move || delete_drafts(&folder, older_than)
        })
        .await?
        .map_err(failed)
    }
}

fn delete_drafts(folder: &Path, older_than: Duration) -> io::Result<()> {
    for copy in fs::read_dir(folder)? {
        let copy = copy?;
        if !copy.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(copy.path())? {
            let file = file?;
            if !is_draft(&file.file_name()) {
                continue;
            }
            // One that is gone by now was finished, or swept by another.
            let Ok(modified) = file.metadata().and_then(|facts| facts.modified()) else { continue };
            if modified.elapsed().is_ok_and(|age| age >= older_than) {
                match fs::remove_file(file.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// Whether a file is named as a blob that is being written: its digest, `#`, a number.
fn is_draft(name: &OsStr) -> bool {
    name.to_str()
        .and_then(|name| name.split_once('#'))
        .is_some_and(|(digest, number)| digest.parse::<Digest>().is_ok() && number.parse::<u64>().is_ok())
}

fn is_older(blob: &ObjectMeta, than: Duration) -> bool {
    let modified = std::time::SystemTime::from(blob.last_modified);
    modified.elapsed().is_ok_and(|age| age >= than)
}

fn name(blob: &ObjectMeta) -> Option<(CopyId, Digest)> {
    let location: &BlobPath = &blob.location;
    let (copy, digest) = location.as_ref().split_once('/')?;
    Some((copy.parse().ok()?, digest.parse().ok()?))
}
