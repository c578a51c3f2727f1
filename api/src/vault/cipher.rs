//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) as the vault uses it: a random nonce in front, the context
//! authenticated beside.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of a nonce. It is long enough to be drawn at random for any number of texts under one key.
const NONCE_BYTES: usize = 24;

/// Seals and opens under one key.
pub(crate) struct Sealing<'a>(pub(crate) &'a [u8; 32]);

impl Sealing<'_> {
    /// `nonce ‖ ciphertext ‖ tag`, bound to `context`: it opens nowhere else.
    pub(crate) fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload { msg: plaintext, aad: context };
        // The cipher fails only for texts of over 256 GiB.
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        let mut sealed = Vec::with_capacity(NONCE_BYTES + ciphertext.len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// What was sealed in this context; none where one bit of it, of the key or of the context is another.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: ciphertext, aad: context };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.into())
    }
}
