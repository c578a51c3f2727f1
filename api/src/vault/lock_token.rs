//! Lock tokens: what the owner of a lock shows, derived from the lock's id, so that no event and no table holds it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::LockId;
use domain::copy::ShownLock;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::master_key::keyed;

/// Bytes of a token: the lock's id and its HMAC-SHA-256.
const TOKEN_BYTES: usize = 16 + 32;

/// Makes and reads lock tokens. The same lock gives the same token, so that a repeated request gets it again.
#[derive(Clone)]
pub struct LockTokens(Zeroizing<[u8; 32]>);

impl fmt::Debug for LockTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockTokens([secret])")
    }
}

impl LockTokens {
    pub(super) const fn under(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// The token of a lock: 64 characters of unpadded URL-safe base64 (RFC 4648, section 5).
    #[must_use]
    pub fn issue(&self, lock: LockId) -> String {
        let mut token = [0; TOKEN_BYTES];
        token[..16].copy_from_slice(lock.0.as_bytes());
        token[16..].copy_from_slice(&self.mac(lock).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The lock whose token this is, compared in constant time; [`ShownLock::Forged`] for anything else.
    #[must_use]
    pub fn read(&self, token: &str) -> ShownLock {
        let mut bytes = [0; TOKEN_BYTES];
        if URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) != Ok(TOKEN_BYTES) {
            return ShownLock::Forged;
        }
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[..16]);
        let lock = LockId(Uuid::from_bytes(id));
        match self.mac(lock).verify_slice(&bytes[16..]) {
            Ok(()) => ShownLock::Of(lock),
            Err(_) => ShownLock::Forged,
        }
    }

    fn mac(&self, lock: LockId) -> Hmac<Sha256> {
        let mut mac = keyed(&self.0);
        mac.update(lock.0.as_bytes());
        mac
    }
}
