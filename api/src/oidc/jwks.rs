//! The issuer's keys as they are known now: read when they are needed first, anew when they are old or a key is asked for that
//! is not there, and kept for a while when the issuer is away.
//!
//! Architecture invariant: the issuer is asked by one read at a time, and never before `keys_rest` has passed since the last
//! one, whatever callers show. A key that is known is used without waiting.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use reqwest::{Client, Url, redirect};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{OwnedMutexGuard, Semaphore};

use super::key_set::{Found, Key, KeySet};
use super::limits::SignInLimits;
use super::refused::{NotLetIn, Refused};
use super::settings::{InvalidOidc, KeysSource};

/// Why the keys could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeysError {
    #[error("reading them took over {0:?}")]
    Slow(Duration),
    #[error("fetching them failed")]
    Fetch(#[source] reqwest::Error),
    #[error("the issuer answered with status {0}")]
    Status(u16),
    #[error("reading their file failed")]
    File(#[source] std::io::Error),
    #[error("they are larger than {0} bytes (limit sign_in.keys_bytes)")]
    TooLarge(usize),
    #[error("what is there is no JSON Web Key Set")]
    NoSet,
    #[error("there are over {most} of them (limit sign_in.keys)")]
    TooMany { most: usize },
    #[error("none of them is for RS256, ES256 or EdDSA")]
    NoneOfUse,
}

/// The keys of one issuer. Clones are the same.
#[derive(Clone)]
pub(super) struct Jwks(Arc<Inner>);

struct Inner {
    source: Source,
    limits: SignInLimits,
    known: Mutex<Known>,
    /// Held by the one who reads.
    reading: Arc<tokio::sync::Mutex<()>>,
    waiting: Semaphore,
}

enum Source {
    Url(Client, Url),
    File(std::path::PathBuf),
}

#[derive(Default)]
struct Known {
    set: Option<(Arc<KeySet>, Instant)>,
    /// When the last read ended, well or not.
    asked_at: Option<Instant>,
}

impl Jwks {
    pub(super) fn new(source: &KeysSource, limits: SignInLimits) -> Result<Self, InvalidOidc> {
        let source = match source {
            KeysSource::File(path) => {
                check_file(path, limits)?;
                Source::File(path.clone())
            }
            KeysSource::Url(url) => Source::Url(client(url, limits.keys_read)?, url.clone()),
        };
        let waiting = Semaphore::new(limits.keys_waiting);
        let (known, reading) = (Mutex::default(), Arc::default());
        Ok(Self(Arc::new(Inner { source, limits, known, reading, waiting })))
    }

    /// The key that a token names.
    pub(super) async fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<Key, NotLetIn> {
        if let Some((set, is_old)) = self.0.usable() {
            match set.key(kid, algorithm) {
                Found::Key(key) => {
                    if is_old {
                        self.read_beside();
                    }
                    return Ok(*key);
                }
                Found::Refused(refused) => return Err(refused.into()),
                Found::Unknown => {}
            }
        }
        self.read_and_wait().await?;
        let (set, _) = self.0.usable().ok_or(NotLetIn::NoKeys)?;
        match set.key(kid, algorithm) {
            Found::Key(key) => Ok(*key),
            Found::Refused(refused) => Err(refused.into()),
            Found::Unknown => Err(Refused::UnknownKey.into()),
        }
    }

    /// Reads the keys, unless that was done just now; or waits for who does.
    async fn read_and_wait(&self) -> Result<(), NotLetIn> {
        if self.0.rests() && self.0.reading.try_lock().is_ok() {
            return Ok(());
        }
        let _place = self.0.waiting.try_acquire().map_err(|_| NotLetIn::NoKeys)?;
        // It ends with the read that is under way, which has its bound.
        let turn = Arc::clone(&self.0.reading).lock_owned().await;
        if self.0.rests() {
            return Ok(());
        }
        // By itself: a client that goes away must not have it begun again and again.
        let read = tokio::spawn(Arc::clone(&self.0).read(turn));
        // A panic in there is told by itself, and leaves what is known as it is.
        let _ = read.await;
        Ok(())
    }

    /// Reads the keys without anybody waiting.
    fn read_beside(&self) {
        if self.0.rests() {
            return;
        }
        if let Ok(turn) = Arc::clone(&self.0.reading).try_lock_owned() {
            tokio::spawn(Arc::clone(&self.0).read(turn));
        }
    }
}

impl Inner {
    /// The keys, unless the issuer has been away for too long; and whether they are to be read anew.
    fn usable(&self) -> Option<(Arc<KeySet>, bool)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, read_at) = known.set.as_ref()?;
        let age = read_at.elapsed();
        (age < self.limits.keys_kept).then(|| (Arc::clone(set), age >= self.limits.keys_age))
    }

    fn rests(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.asked_at.is_some_and(|at| at.elapsed() < self.limits.keys_rest)
    }

    async fn read(self: Arc<Self>, _turn: OwnedMutexGuard<()>) {
        let (began, longest) = (Instant::now(), self.limits.keys_read);
        let read = tokio::time::timeout(longest, self.bytes()).await;
        let set = read.unwrap_or(Err(KeysError::Slow(longest)));
        let set = set.and_then(|bytes| KeySet::parse(&bytes, self.limits.keys));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.asked_at = Some(Instant::now());
        match set {
            Ok(set) => known.set = Some((Arc::new(set), began)),
            Err(error) => {
                drop(known);
                tracing::warn!(
                    cause = domain::chain(&error),
                    "the keys of the issuer could not be read; those that are known are used for sign_in.keys_kept"
                );
            }
        }
    }

    async fn bytes(&self) -> Result<Vec<u8>, KeysError> {
        let most = self.limits.keys_bytes;
        match &self.source {
            Source::File(path) => read_file(path, most).await,
            Source::Url(client, url) => fetch(client, url, most).await,
        }
    }
}

/// A client that goes where it is told and nowhere else.
fn client(url: &Url, longest: Duration) -> Result<Client, InvalidOidc> {
    let client = Client::builder().timeout(longest).redirect(redirect::Policy::none());
    let client = if url.scheme() == "https" { client.https_only(true) } else { client.no_proxy() };
    client.build().map_err(|error| InvalidOidc::Client(domain::chain(&error)))
}

async fn fetch(client: &Client, url: &Url, most: usize) -> Result<Vec<u8>, KeysError> {
    let mut answer = client.get(url.clone()).send().await.map_err(KeysError::Fetch)?;
    if !answer.status().is_success() {
        return Err(KeysError::Status(answer.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(KeysError::Fetch)? {
        if bytes.len() + piece.len() > most {
            return Err(KeysError::TooLarge(most));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Refuses a file that holds no keys now: an issuer may be away when a service starts, a file is not.
fn check_file(path: &Path, limits: SignInLimits) -> Result<(), InvalidOidc> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(limits.keys_bytes as u64 + 1).read_to_end(&mut bytes))
        .map_err(KeysError::File);
    let parsed = match read {
        Ok(_) if bytes.len() > limits.keys_bytes => Err(KeysError::TooLarge(limits.keys_bytes)),
        Ok(_) => KeySet::parse(&bytes, limits.keys).map(drop),
        Err(error) => Err(error),
    };
    let refused =
        |error| InvalidOidc::NoKeysInFile { path: path.display().to_string(), cause: domain::chain(&error) };
    parsed.map_err(refused)
}

async fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, KeysError> {
    let file = File::open(path).await.map_err(KeysError::File)?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).await.map_err(KeysError::File)?;
    if bytes.len() > most { Err(KeysError::TooLarge(most)) } else { Ok(bytes) }
}
