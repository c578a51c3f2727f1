//! An issuer of OpenID Connect on this machine: it signs tokens, and serves its keys over HTTP as it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gradeledger::oidc::{ClaimNames, KeysSource, OidcSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

pub(super) const ISSUER: &str = "https://sso.example/realms/school";
pub(super) const AUDIENCE: &str = "gradeledger";

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A key that signs.
pub(super) struct Signer {
    pub(super) kid: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(Box<rsa::KeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    pub(super) fn rsa(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Rsa(Box::new(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap())) }
    }

    pub(super) fn ec(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()) }
    }

    pub(super) fn ed(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Ed(Ed25519KeyPair::generate().unwrap()) }
    }

    pub(super) const fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
            Pair::Ed(_) => "EdDSA",
        }
    }

    /// The public key, as the issuer shows it (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        let (kid, alg) = (self.kid, self.algorithm());
        match &self.pair {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let n = key.modulus().big_endian_without_leading_zero().to_vec();
                let e = key.exponent().big_endian_without_leading_zero().to_vec();
                json!({"kty": "RSA", "use": "sig", "kid": kid, "alg": alg, "n": base64url(n), "e": base64url(e)})
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (base64url(&point[1..33]), base64url(&point[33..65]));
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "alg": alg, "x": x, "y": y})
            }
            Pair::Ed(pair) => {
                let x = base64url(pair.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid, "alg": alg, "x": x})
            }
        }
    }

    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm(), "kid": self.kid, "typ": "JWT"})
    }

    /// A token with this header and these claims.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", base64url(signature))
    }

    /// A token with these claims.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

/// What a token says of somebody who is let in.
pub(super) fn claims(sub: &str, role: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": [AUDIENCE, "account"], "sub": sub, "exp": now() + 300, "iat": now(),
        "gradeledger_role": role,
    })
}

/// The same with another value of one claim; null takes it away.
pub(super) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

/// How the issuer answers who asks for its keys.
#[derive(Clone)]
pub(super) enum Answers {
    /// With these.
    Keys(Value),
    /// It closes the connection.
    Away,
    /// With these bytes, whatever they are.
    Bytes(Vec<u8>),
    /// With a redirect.
    Elsewhere(String),
    /// With these, once the test lets it.
    Held(Arc<Semaphore>, Value),
}

pub(super) struct Issuer {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    pub(super) async fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Mutex::new(keys(signers)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (told, count) = (Arc::clone(&answers), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read_buf(&mut head).await {
                        Ok(0) | Err(_) => break,
                        Ok(_) => {}
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                let mut answer = told.lock().unwrap().clone();
                if let Answers::Held(until, keys) = answer {
                    until.acquire().await.unwrap().forget();
                    answer = Answers::Keys(keys);
                }
                // Whoever asked may have had enough.
                let _ = stream.write_all(&bytes(answer)).await;
            }
        });
        Self { address, answers, asked }
    }

    pub(super) fn answers(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    pub(super) fn has(&self, signers: &[&Signer]) {
        self.answers(keys(signers));
    }

    /// How often its keys were asked for.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/certs", self.address)
    }

    pub(super) fn settings(&self) -> OidcSettings {
        settings(&self.url())
    }
}

pub(super) fn settings(keys: &str) -> OidcSettings {
    OidcSettings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: KeysSource::of(keys).unwrap(),
        claims: ClaimNames::default(),
    }
}

pub(super) fn keys(signers: &[&Signer]) -> Answers {
    Answers::Keys(key_set(signers))
}

pub(super) fn key_set(signers: &[&Signer]) -> Value {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()})
}

fn bytes(answer: Answers) -> Vec<u8> {
    let body = match answer {
        Answers::Away | Answers::Held(..) => return Vec::new(),
        Answers::Elsewhere(to) => {
            return format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes();
        }
        Answers::Keys(keys) => keys.to_string().into_bytes(),
        Answers::Bytes(bytes) => bytes,
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    [format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes(), body].concat()
}
