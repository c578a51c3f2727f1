//! Deleting every file of a copy.

use std::{fs, io};

use domain::CopyId;
use futures::TryStreamExt as _;
use object_store::path::Path as BlobPath;
use object_store::{ObjectStore as _, ObjectStoreExt as _};

use super::{BlobError, Blobs};

impl Blobs {
    /// How many files of the copy lie in the store.
    ///
    /// # Errors
    /// [`BlobError::Store`].
    pub async fn count(&self, copy: CopyId) -> Result<u32, BlobError> {
        let prefix = BlobPath::from(copy.to_string());
        let files = self.store.list(Some(&prefix)).try_fold(0_u32, |count, _| async move { Ok(count + 1) });
        Ok(files.await?)
    }

    /// Deletes every file of the copy, and what killed writers left of others. Repeating it deletes what came meanwhile.
    ///
    /// # Errors
    /// [`BlobError::Store`], [`BlobError::Folder`]; what was deleted until then stays so.
    pub async fn erase(&self, copy: CopyId) -> Result<(), BlobError> {
        if let Some(folder) = self.folder.as_ref().map(|folder| folder.join(copy.to_string())) {
            let of_copy = folder.clone();
            return super::off_the_reactor(move || match fs::remove_dir_all(&of_copy) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            })
            .await?
            .map_err(|source| BlobError::Folder { folder, source });
        }
        let prefix = BlobPath::from(copy.to_string());
        let mut listed = self.store.list(Some(&prefix));
        while let Some(blob) = listed.try_next().await? {
            match self.store.delete(&blob.location).await {
                Err(object_store::Error::NotFound { .. }) => {}
                done => done?,
            }
        }
        Ok(())
    }
}
