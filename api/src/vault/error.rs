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
    /// Nothing was ever sealed in this key store.
    #[error(
        "this key store has no master key yet: nothing was ever sealed in it. The first `gradeledger serve` makes the one that \
         it is given the store's own; where there should be a store in use, see that KEYS_URL names it"
    )]
    NoMasterKey,
    /// The key store is being moved from one master key to another, and only one of them is held.
    #[error(
        "this key store is being moved to another master key, and the {missing} one was not given: until `gradeledger keys \
         rotate` has ended, give both, by MASTER_KEY_FILE and NEW_MASTER_KEY_FILE"
    )]
    RotationUnderWay {
        /// `old` or `new`.
        missing: &'static str,
    },
    /// The key store was moved to a master key that this process does not hold.
    #[error(
        "the key store was moved to another master key, which this process was not given: start it again with that one \
         (while `gradeledger keys rotate` goes on, with both, by MASTER_KEY_FILE and NEW_MASTER_KEY_FILE)"
    )]
    MasterKeyMoved,
    /// A wrapped key of the service is gone or not what was wrapped.
    #[error(
        "the service's key for {0} is damaged or gone: restore the table service_keys from a backup of the key store"
    )]
    DamagedServiceKey(String),
    /// A sealed text is not what was sealed.
    #[error("the sealed text {0} is damaged: it does not open under its own key")]
    Damaged(Commitment),
    /// A wrapped key is not what was wrapped.
    #[error("data key {0} is damaged: it does not open under the master key")]
    DamagedKey(uuid::Uuid),
    /// A reason in the log of accesses is not what was sealed.
    #[error("a reason in the log of accesses is damaged: it does not open under its key {0}")]
    DamagedReason(uuid::Uuid),
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
