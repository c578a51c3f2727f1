//! The master key: the one secret that an operator keeps.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::MasterKeyError;

/// 32 random bytes from which every key of the service is derived or by which it is wrapped. Wiped when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([secret])")
    }
}

impl MasterKey {
    /// Reads 64 hexadecimal digits, as they stand in the file or the environment.
    ///
    /// # Errors
    /// [`MasterKeyError::NotAKey`].
    pub fn from_text(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim().as_bytes();
        let mut key = Zeroizing::new([0; 32]);
        if text.len() != 64 || !text.iter().all(u8::is_ascii_hexdigit) {
            return Err(MasterKeyError::NotAKey);
        }
        for (byte, pair) in key.iter_mut().zip(text.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| MasterKeyError::NotAKey)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| MasterKeyError::NotAKey)?;
        }
        Ok(Self(key))
    }

    /// Reads the key from a file that only its owner can read.
    ///
    /// # Errors
    /// A [`MasterKeyError`] that says what to do.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        let mode = fs::metadata(path).map_err(failed)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Readable { path: path.to_owned(), mode });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        Self::from_text(&text)
    }

    /// Reads the key from a file, or makes a key and the file (mode 0600) where there is none. For a private ledger only: a
    /// missing file must not give an existing ledger a second key.
    ///
    /// # Errors
    /// As [`MasterKey::read`].
    pub fn read_or_make(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        let made = Self::random()?;
        // Written beside and linked into place, so that two processes at once end with one whole file.
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        let _ = fs::remove_file(&draft);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
        let written = file.write_all(made.text().as_bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&draft, path));
        let _ = fs::remove_file(&draft);
        match linked {
            Err(source) if source.kind() != ErrorKind::AlreadyExists => Err(failed(source)),
            _ => Self::read(path),
        }
    }

    /// A new key.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn random() -> Result<Self, MasterKeyError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// A key for one use: HMAC-SHA-256 (RFC 2104) of its name under the master key.
    pub(super) fn derive(&self, name: &str) -> Zeroizing<[u8; 32]> {
        let mut mac = keyed(&self.0);
        mac.update(b"gradeledger-key v1\n");
        mac.update(name.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in self.0.iter() {
            text.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
            );
        }
        text.push('\n');
        text
    }
}

/// HMAC-SHA-256 under `key`.
pub(super) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A 32-byte key is shorter than the block, so it is taken as it is (RFC 2104, section 2).
    Hmac::<Sha256>::new(&padded(key).into())
}

/// The key, padded with zeros to the block of SHA-256, which is what HMAC does with it.
fn padded(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    block
}
