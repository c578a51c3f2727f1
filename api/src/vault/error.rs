//! Why something could not be sealed or opened.

use std::path::PathBuf;

use domain::Commitment;

/// Why the vault or the key store failed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key store was made under another master key.
    #[error(
        "this is not the master key of this key store: give the one that the store was made with (everything sealed so far \
         needs it)"
    )]
    WrongMasterKey,
    /// A sealed text is not what was sealed.
    #[error("the sealed text {0} is damaged: it does not open under its own key")]
    Damaged(Commitment),
    /// A wrapped key is not what was wrapped.
    #[error("data key {0} is damaged: it does not open under the master key")]
    DamagedKey(uuid::Uuid),
    /// The owner's keys were destroyed, and no new one is made.
    #[error("what is kept of this owner was erased; nothing is sealed for it any more")]
    Erased,
    /// A database does not answer or refused.
    #[error("the vault's database: {0}")]
    Database(#[from] sqlx::Error),
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is no key.
    #[error("a master key is 64 hexadecimal digits (32 bytes); make one with `openssl rand -hex 32`")]
    NotAKey,
    /// Others can read the file.
    #[error("{} can be read by others than its owner (mode {mode:03o}); run `chmod 600` on it", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file could not be read or written.
    #[error("the master key file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}
