//! Personal texts, outside the log.
//!
//! A text is sealed before a command is built: `domain` sees its commitment, the ledger's database its ciphertext, and the
//! key store, which is another database, the key. Deleting any of the two leaves the event as it is and the text gone.

mod cipher;
mod erasure;
mod error;
mod kept;
mod key_store;
mod listen;
mod lock_token;
mod master_key;
mod master_keys;
mod master_standing;
mod owner;
mod rotation;
mod secret;
mod server_keys;
mod service_keys;
mod sign_in_name;
mod text;

pub use erasure::ErasedOwner;
pub use error::{MasterKeyError, VaultError};
pub use kept::{Kept, kept};
pub use key_store::{DataKey, KeyStore};
pub use lock_token::LockTokens;
pub use master_key::MasterKey;
pub use master_keys::MasterKeys;
pub use owner::{Month, Purpose, VaultOwner};
pub use rotation::{Rotated, Rotation, RotationError, RotationNews};
pub use secret::SecretText;
pub use server_keys::ServerKeys;
pub use sign_in_name::{SignInHash, SignInNames};
pub use text::{Opened, Sealed, Vault, VaultRow};

pub(crate) use cipher::Sealing;
