//! Commitments: what an event holds in place of a personal text.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// `SHA-256(tag ‖ 32-byte salt ‖ bytes)` of a text that lives, sealed, in the vault.
///
/// The salt is random and kept beside the text: with both, the text can be proved to be the one the
/// event meant; once they are erased, the commitment tells nothing, not even about a short text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commitment(pub Digest);

/// Separates commitments from every other hash of the ledger.
const TAG: &[u8] = b"gradeledger-commitment v1\n";

impl Commitment {
    /// The commitment to `bytes` under `salt`.
    #[must_use]
    pub fn to(salt: &[u8; 32], bytes: &[u8]) -> Self {
        Self(Digest::of_parts(&[TAG, salt, bytes]))
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
