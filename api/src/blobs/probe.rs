//! Whether a store of blobs can be written, read and cleaned up: asked without a key.

use std::path::Path;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{ObjectStore, ObjectStoreExt as _};
use uuid::Uuid;

use super::BlobError;

/// Writes a few bytes to the store behind `BLOBS_URL`, reads them back and deletes them. It makes no folder: one that is not
/// there may be a volume that is not mounted.
///
/// # Errors
/// [`BlobError::Unusable`] in words, or what the store said.
pub async fn probe(url: &str) -> Result<(), BlobError> {
    match url.split_once("://") {
        Some(("file", path)) if path.starts_with('/') => {
            let folder = Path::new(path);
            if !folder.is_dir() {
                return Err(BlobError::Unusable("there is no such folder"));
            }
            // The folder of the probe goes with it.
            let store = LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true);
            written_and_read(&store).await
        }
        #[cfg(feature = "s3")]
        Some(("s3", _)) => written_and_read(&super::s3(url, [])?).await,
        #[cfg(not(feature = "s3"))]
        Some(("s3", _)) => Err(BlobError::Unusable("this gradeledger was built without S3")),
        _ => Err(BlobError::Unusable("BLOBS_URL is file:///an/absolute/folder or s3://bucket/prefix")),
    }
}

async fn written_and_read(store: &dyn ObjectStore) -> Result<(), BlobError> {
    // Named unlike any blob, so that no sweep takes it for one.
    let path = BlobPath::from(format!("doctor-probe/{}", Uuid::now_v7()));
    let probe = Bytes::from_static(b"gradeledger doctor");
    store.put(&path, probe.clone().into()).await?;
    let read = async { store.get(&path).await?.bytes().await }.await;
    store.delete(&path).await?;
    if read? == probe {
        Ok(())
    } else {
        Err(BlobError::Unusable("what was read back is not what was written"))
    }
}
