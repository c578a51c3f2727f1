//! Why a blob could not be stored or read.

use std::path::PathBuf;

use domain::{CopyId, Digest};

use crate::vault::VaultError;

/// Why a blob could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no such blob.
    #[error("copy {copy} has no stored file {digest}")]
    Missing {
        /// Whose it would be.
        copy: CopyId,
        /// Its SHA-256.
        digest: Digest,
    },
    /// Its key was destroyed.
    #[error("the file {digest} of copy {copy} was erased")]
    Erased {
        /// Whose it was.
        copy: CopyId,
        /// Its SHA-256.
        digest: Digest,
    },
    /// What is stored is not what was stored.
    #[error("the stored file {digest} of copy {copy} is damaged; restore it from a backup of the blobs")]
    Damaged {
        /// Whose it is.
        copy: CopyId,
        /// Its SHA-256.
        digest: Digest,
    },
    /// Too large to be stored.
    #[error("a stored file takes at most {max} bytes, not {bytes}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        max: usize,
    },
    /// The folder cannot be made.
    #[error("the folder for blobs {}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no store that can be used.
    #[error("{0}")]
    Unusable(&'static str),
    /// The store failed.
    #[error("the store of blobs: {0}")]
    Store(#[from] object_store::Error),
    /// The keys failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Whoever asks the sweep's question could not answer.
    #[error("which blobs are referenced could not be learnt: {0}")]
    References(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The process is ending.
    #[error("the work was interrupted")]
    Interrupted,
}
