//! From the token of a request to its actor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::access::Scope;
use domain::{ActorId, Role, SubjectId};
use quick_cache::sync::Cache;
use sqlx::PgPool;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{Actor, Token, TokenError, TokenHash};
use crate::limits::HttpLimits;

/// The tokens of the key store's database, as requests ask for them. Cheap to clone.
///
/// A token that was found valid is not asked for again for a short time, the most that a revocation or the
/// end of its life can lag. Tokens that were not found are never kept: they would push the valid ones out.
#[derive(Clone, Debug)]
pub struct Tokens {
    keys: PgPool,
    valid: Arc<Cache<TokenHash, (Instant, Actor)>>,
    trust: Duration,
    longest: Duration,
}

impl Tokens {
    /// Reads tokens from the key store's database.
    #[must_use]
    pub fn new(keys: PgPool, limits: &HttpLimits) -> Self {
        let valid = Arc::new(Cache::new(limits.token_cache_entries));
        Self { keys, valid, trust: limits.token_cache, longest: limits.token_lookup }
    }

    /// The actor of a token; none where it is unknown, revoked or past its end.
    ///
    /// # Errors
    /// The database's, or that it took too long.
    pub async fn actor(&self, token: &Token) -> Result<Option<Actor>, TokenError> {
        self.actor_of(token.hash()).await
    }

    /// The same, for whoever has kept no more of a token than its hash.
    ///
    /// # Errors
    /// As [`Tokens::actor`].
    pub async fn actor_of(&self, hash: TokenHash) -> Result<Option<Actor>, TokenError> {
        if let Some((since, actor)) = self.valid.get(&hash) {
            if since.elapsed() < self.trust {
                return Ok(Some(actor));
            }
            self.valid.remove(&hash);
        }
        let asked = Instant::now();
        let looked_up = tokio::time::timeout(self.longest, self.look_up(hash)).await;
        let actor = looked_up.map_err(|_| TokenError::Slow(self.longest))??;
        if let Some(actor) = actor {
            // From when it was asked: what is kept is never older than the limit says.
            self.valid.insert(hash, (asked, actor));
        }
        Ok(actor)
    }

    async fn look_up(&self, hash: TokenHash) -> Result<Option<Actor>, TokenError> {
        let row: Option<Row> =
            sqlx::query_as(include_str!("valid_token.sql")).bind(hash.0).fetch_optional(&self.keys).await?;
        // The index compares hashes of a 256-bit secret, whose time tells nothing; this settles it all the same.
        let same = |found: &[u8]| bool::from(found.ct_eq(&hash.0));
        Ok(row.filter(|(found, ..)| same(found)).and_then(|(_, id, role, scopes, subject)| {
            let role: Role = role.parse().ok()?;
            // A scope that this build does not know opens nothing that it has.
            let scopes = scopes.iter().filter_map(|scope| scope.parse::<Scope>().ok()).collect();
            Some(Actor { id: ActorId(id), role, scopes, subject: subject.map(SubjectId) })
        }))
    }
}

/// Hash, actor, role, scopes and subject.
type Row = (Vec<u8>, Uuid, String, Vec<String>, Option<Uuid>);
