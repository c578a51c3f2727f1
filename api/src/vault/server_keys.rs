//! Keys of the service itself, one a use. They are kept in the key store, wrapped by its master key, and outlive that.

use std::fmt;

use domain::Digest;
use hmac::Mac as _;
use zeroize::Zeroizing;

use super::master_key::keyed;
use super::{LockTokens, MasterKey, SignInNames};

/// The keys under which the service signs what it gives out and remembers what it was asked.
#[derive(Clone)]
pub struct ServerKeys {
    command_bodies: Zeroizing<[u8; 32]>,
    lock_tokens: LockTokens,
    sign_ins: SignInNames,
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKeys([secret])")
    }
}

impl ServerKeys {
    /// The keys as they were before they were kept: derived from the master key. A store from then keeps these.
    #[must_use]
    pub fn of(master: &MasterKey) -> Self {
        Self::under(master.derive("command bodies"), master.derive("lock tokens"), master.derive("sign ins"))
    }

    pub(super) const fn under(
        command_bodies: Zeroizing<[u8; 32]>,
        lock_tokens: Zeroizing<[u8; 32]>,
        sign_ins: Zeroizing<[u8; 32]>,
    ) -> Self {
        Self {
            command_bodies,
            lock_tokens: LockTokens::under(lock_tokens),
            sign_ins: SignInNames::under(sign_ins),
        }
    }

    /// The tokens of locks.
    #[must_use]
    pub const fn lock_tokens(&self) -> &LockTokens {
        &self.lock_tokens
    }

    /// What the key store knows people by who sign in at the institution.
    #[must_use]
    pub const fn sign_ins(&self) -> &SignInNames {
        &self.sign_ins
    }

    /// HMAC-SHA-256 of a request: what was asked (method and path) and its body, or the SHA-256 of a large one. Stored with
    /// the command in the body's stead, so that no short personal text can be guessed from it.
    #[must_use]
    pub fn body_hmac(&self, asked: &str, body: &[u8]) -> Digest {
        let mut mac = keyed(&self.command_bodies);
        // With its length in front, no part of one can pass for a part of the other.
        mac.update(&(asked.len() as u64).to_be_bytes());
        mac.update(asked.as_bytes());
        mac.update(body);
        Digest(mac.finalize().into_bytes().into())
    }
}
