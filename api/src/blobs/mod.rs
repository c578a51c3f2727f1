//! Scans and final PDFs: whole objects, named by what they hold, encrypted under their copy's key.
//!
//! Architecture invariant: a blob is stored before the event that names it is appended, so that every name in the ledger
//! can be read; a blob that no event came to name is swept after a day.

mod erase;
mod error;
mod probe;
mod sweep;

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use domain::{CopyId, Digest};
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{ObjectStore, ObjectStoreExt as _};
use uuid::Uuid;

use crate::vault::{KeyStore, Purpose, VaultOwner};

pub use error::BlobError;
pub use probe::probe;
pub use sweep::{MAX_SWEPT, Swept, UNREFERENCED_AGE};

/// The largest blob, in bytes: that of the largest scan (50 MB), and as much again for what a final PDF adds.
pub const MAX_BLOB_BYTES: usize = 100_000_000;

/// What an encrypted blob begins with; the id of its key and the sealed bytes follow.
const MAGIC: [u8; 4] = *b"glb1";
const HEAD_BYTES: usize = MAGIC.len() + 16;

/// The blobs of a ledger. Clones are the same store.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    keys: KeyStore,
    /// Where they lie, if that is a local folder.
    folder: Option<PathBuf>,
}

impl Blobs {
    /// Blobs in a local folder, which is made where it is missing. A write is on disk when it returns.
    ///
    /// # Errors
    /// [`BlobError::Folder`] where the folder cannot be made, [`BlobError::Store`] where it cannot be used.
    pub fn in_folder(folder: &Path, keys: KeyStore) -> Result<Self, BlobError> {
        let failed = |source| BlobError::Folder { folder: folder.to_owned(), source };
        // What lies there is encrypted; whose copies there are is nobody's business either.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(false);
        Ok(Self { store: Arc::new(store), keys, folder: Some(folder.to_owned()) })
    }

    /// Blobs behind `BLOBS_URL`, such as `s3://bucket/prefix`; `settings` are those that object_store knows by name
    /// (`aws_access_key_id`, `aws_region`, `aws_endpoint` …).
    ///
    /// # Errors
    /// [`BlobError::Store`] where the URL or a setting is not one.
    #[cfg(feature = "s3")]
    pub fn at_url(
        url: &str,
        settings: impl IntoIterator<Item = (String, String)>,
        keys: KeyStore,
    ) -> Result<Self, BlobError> {
        Ok(Self { store: Arc::new(s3(url, settings)?), keys, folder: None })
    }

    /// The folder where they lie, if it is a local one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Stores bytes of a copy, encrypted under the copy's scan key, and gives their SHA-256. By the time it returns they are
    /// durable. Storing the same bytes again does nothing.
    ///
    /// # Errors
    /// A [`BlobError`]; [`BlobError::TooLarge`] over [`MAX_BLOB_BYTES`].
    pub async fn put(&self, copy: CopyId, bytes: Bytes) -> Result<Digest, BlobError> {
        if bytes.len() > MAX_BLOB_BYTES {
            return Err(BlobError::TooLarge { bytes: bytes.len(), max: MAX_BLOB_BYTES });
        }
        let key = self.keys.sealing_key(VaultOwner::Copy(copy), Purpose::Scan).await?;
        let (digest, sealed) = off_the_reactor(move || {
            let digest = Digest::of(&bytes);
            let sealed = key.sealing().seal_behind(&head(key.id()), &context(copy, digest), &bytes);
            sealed.map(|sealed| (digest, sealed))
        })
        .await?
        .map_err(crate::vault::VaultError::from)?;
        // Written again even where it stands: that makes a damaged one whole, and a swept one cannot slip away in between.
        self.store.put(&path(copy, digest), sealed.into()).await?;
        Ok(digest)
    }

    /// The bytes of a copy with this SHA-256.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Erased`], or [`BlobError::Damaged`] where the bytes are not those.
    pub async fn get(&self, copy: CopyId, digest: Digest) -> Result<Bytes, BlobError> {
        let stored = match self.store.get(&path(copy, digest)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => {
                // An erased copy's files are gone like those of a damaged store, and that is no damage.
                let erased = self.keys.is_erased(VaultOwner::Copy(copy)).await?;
                return Err(if erased {
                    BlobError::Erased { copy, digest }
                } else {
                    BlobError::Missing { copy, digest }
                });
            }
            Err(error) => return Err(error.into()),
        };
        let damaged = BlobError::Damaged { copy, digest };
        let Some((id, sealed)) = split(&stored) else { return Err(damaged) };
        let Some(key) = self.keys.opening_key(id).await? else {
            return Err(BlobError::Erased { copy, digest });
        };
        let opened = off_the_reactor(move || {
            let mut opened = key.sealing().open(&context(copy, digest), &sealed)?;
            (Digest::of(&opened) == digest).then(|| Bytes::from(std::mem::take(&mut *opened)))
        });
        opened.await?.ok_or(damaged)
    }
}

/// The store behind `s3://bucket/prefix`.
#[cfg(feature = "s3")]
fn s3(
    url: &str,
    settings: impl IntoIterator<Item = (String, String)>,
) -> Result<object_store::prefix::PrefixStore<object_store::aws::AmazonS3>, BlobError> {
    let store = object_store::aws::AmazonS3Builder::from_env().with_url(url);
    let store = settings
        .into_iter()
        .try_fold(store, |store, (name, value)| name.parse().map(|name| store.with_config(name, value)))?;
    let prefix = url.split("://").nth(1).and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    Ok(object_store::prefix::PrefixStore::new(store.build()?, prefix))
}

/// Hashing and encrypting 50 MB takes a tenth of a second, which no other request may wait for.
async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| BlobError::Interrupted)
}

fn path(copy: CopyId, digest: Digest) -> BlobPath {
    BlobPath::from(format!("{copy}/{digest}"))
}

/// What a blob is bound to: under the name of another copy or digest it does not open.
fn context(copy: CopyId, digest: Digest) -> Vec<u8> {
    format!("gradeledger-blob v1\ncopy {copy}\nsha256 {digest}\n").into_bytes()
}

fn head(key: Uuid) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    let (magic, id) = head.split_at_mut(MAGIC.len());
    magic.copy_from_slice(&MAGIC);
    id.copy_from_slice(key.as_bytes());
    head
}

fn split(stored: &Bytes) -> Option<(Uuid, Bytes)> {
    let (head, _) = stored.split_first_chunk::<HEAD_BYTES>()?;
    let id = head.strip_prefix(&MAGIC)?;
    Some((Uuid::from_slice(id).ok()?, stored.slice(HEAD_BYTES..)))
}
