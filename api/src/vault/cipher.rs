//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) as the vault uses it: a random nonce in front, the context
//! authenticated beside.

use chacha20poly1305::aead::{Aead as _, AeadInOut as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of a nonce. It is long enough to be drawn at random for any number of texts under one key.
const NONCE_BYTES: usize = 24;
/// Bytes of the tag behind a ciphertext.
const TAG_BYTES: usize = 16;

/// Seals and opens under one key.
pub(crate) struct Sealing<'a>(pub(crate) &'a [u8; 32]);

impl Sealing<'_> {
    /// `nonce ‖ ciphertext ‖ tag`, bound to `context`: it opens nowhere else.
    pub(crate) fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        self.seal_behind(&[], context, plaintext)
    }

    /// The same behind `head`, which is not sealed. A scan of 50 MB is copied once, and sealed where it then lies.
    pub(crate) fn seal_behind(
        &self,
        head: &[u8],
        context: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let before = head.len() + NONCE_BYTES;
        let mut sealed = Vec::with_capacity(before + plaintext.len() + TAG_BYTES);
        sealed.extend_from_slice(head);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let ciphered = &mut sealed[before..];
        match self.cipher().encrypt_inout_detached(&XNonce::from(nonce), context, ciphered.into()) {
            Ok(tag) => sealed.extend_from_slice(&tag),
            // The cipher fails only for texts of over 256 GiB; nothing of one may stand there in plain.
            Err(_) => sealed.truncate(before),
        }
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
