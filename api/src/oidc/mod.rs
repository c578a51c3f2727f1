//! Signing in at the institution: OpenID Connect access tokens in the place of tokens of the ledger's own.
//!
//! The issuer says who somebody is and in which role they come; what the ledger knows of them is a pseudonym, the same each
//! time, that the key store keeps beside an HMAC of the issuer's name for them. Neither that name nor a student's reference is
//! kept, logged or recorded.

mod claims;
mod jwks;
mod key_set;
mod limits;
mod people;
mod references;
mod refused;
mod settings;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use domain::Digest;
use quick_cache::sync::Cache;
use sqlx::PgPool;

pub use limits::SignInLimits;
pub use people::find;
pub use references::{ReferenceError, set as set_references};
pub use refused::{NotLetIn, Refused};
pub use settings::{ClaimNames, InvalidOidc, KeysSource, OidcSettings};

use crate::limits::HttpLimits;
use crate::tokens::{Actor, TokenError};
use crate::vault::SignInNames;
use people::People;
use verify::{Verified, Verifier};

/// Those whom the issuer signs in. Clones are the same.
#[derive(Clone)]
pub struct SignIn(Arc<Parts>);

struct Parts {
    verifier: Verifier,
    people: People,
    /// Tokens that were let in, by their SHA-256, and until when they are not looked at again: as tokens of the ledger's own.
    known: Cache<Digest, (Instant, Actor)>,
    trust: Duration,
    longest: Duration,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn")
    }
}

impl SignIn {
    /// Reads the tokens of an issuer; pseudonyms are in the key store's database.
    ///
    /// # Errors
    /// Settings that cannot be.
    pub fn new(
        settings: OidcSettings,
        (keys, names): (PgPool, SignInNames),
        limits: SignInLimits,
        http: &HttpLimits,
    ) -> Result<Self, InvalidOidc> {
        Ok(Self(Arc::new(Parts {
            verifier: Verifier::new(settings, limits)?,
            people: People::new(keys, names),
            known: Cache::new(http.token_cache_entries),
            trust: http.token_cache,
            longest: http.token_lookup,
        })))
    }

    /// Whose a token is.
    ///
    /// # Errors
    /// [`NotLetIn`].
    pub async fn actor(&self, token: &str) -> Result<Actor, NotLetIn> {
        let parts = &*self.0;
        let digest = Digest::of(token.as_bytes());
        if let Some((until, actor)) = parts.known.get(&digest) {
            if Instant::now() < until {
                return Ok(actor);
            }
            parts.known.remove(&digest);
        }
        let verified = parts.verifier.verify(token).await?;
        // From when it was asked: what is kept is never older than the limit says.
        let asked = Instant::now();
        let looked_up = parts.people.actor(parts.verifier.issuer(), &verified);
        let actor = tokio::time::timeout(parts.longest, looked_up).await;
        let actor = actor.map_err(|_| TokenError::Slow(parts.longest))??;
        parts.known.insert(digest, (asked + parts.trust.min(rest(&verified)), actor));
        Ok(actor)
    }
}

/// How long a token is still valid.
fn rest(verified: &Verified) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(verified.until).saturating_sub(now)
}
