//! An issuer's keys, as far as they are for what is on our list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::jwks::KeysError;
use super::refused::Refused;

/// Bytes of the modulus of an RSA key: 2,048 to 8,192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;
/// Bytes of a coordinate of P-256, and of a key of Ed25519.
const POINT_BYTES: usize = 32;

/// A key, with the one algorithm that it is for.
#[derive(Clone)]
pub(super) struct Key {
    kid: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// The keys of an issuer that are of use.
pub(super) struct KeySet(Vec<Key>);

/// What a set of keys says of a key that a token names.
pub(super) enum Found {
    Key(Box<Key>),
    /// It may come to have it.
    Unknown,
    Refused(Refused),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys that are for something else, or that this build does not know, are left out.
    pub(super) fn parse(bytes: &[u8], most: usize) -> Result<Self, KeysError> {
        let document: Document = serde_json::from_slice(bytes).map_err(|_| KeysError::NoSet)?;
        if document.keys.len() > most {
            return Err(KeysError::TooMany { most });
        }
        let keys: Vec<Key> = document.keys.into_iter().filter_map(Key::of).collect();
        // An issuer that has none has lost its way; what was known before is worth more.
        if keys.is_empty() { Err(KeysError::NoneOfUse) } else { Ok(Self(keys)) }
    }

    /// The key of this name for this algorithm; where a token names none, the only one for the algorithm.
    pub(super) fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Found {
        let fits = |key: &&Key| key.algorithm == algorithm;
        let Some(kid) = kid else {
            let mut fitting = self.0.iter().filter(fits);
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Found::Key(Box::new(key.clone())),
                (Some(_), Some(_)) => Found::Refused(Refused::NoKeyNamed),
                (None, _) => Found::Unknown,
            };
        };
        let mut named = self.0.iter().filter(|key| key.kid.as_deref() == Some(kid)).peekable();
        if named.peek().is_none() {
            return Found::Unknown;
        }
        match named.find(fits) {
            Some(key) => Found::Key(Box::new(key.clone())),
            None => Found::Refused(Refused::KeyType),
        }
    }
}

impl Key {
    fn of(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let common = &jwk.common;
        let signs = common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
        let verifies = common.key_operations.as_ref().is_none_or(|it| it.contains(&KeyOperations::Verify));
        let algorithm = algorithm_of(&jwk)?;
        let agrees = common.key_algorithm.is_none_or(|it| it == KeyAlgorithm::from(algorithm));
        if !(signs && verifies && agrees) {
            return None;
        }
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { kid: jwk.common.key_id, algorithm, decoding })
    }
}

/// The algorithm that a key is for, by what it is: our whole list.
fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map(|bytes| bytes.len()).ok();
    match &jwk.algorithm {
        AlgorithmParameters::RSA(key) => {
            let is_sound = RSA_BYTES.contains(&bytes(&key.n)?) && bytes(&key.e).is_some();
            is_sound.then_some(Algorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            let is_sound = [&key.x, &key.y].into_iter().all(|it| bytes(it) == Some(POINT_BYTES));
            is_sound.then_some(Algorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (bytes(&key.x) == Some(POINT_BYTES)).then_some(Algorithm::EdDSA)
        }
        _ => None,
    }
}
