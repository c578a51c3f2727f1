//! Making, listing and revoking tokens, in the key store's database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ActorId;
use domain::access::Scope;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row as _};
use uuid::Uuid;

use super::{Rights, Token, TokenError};

/// The longest name, in characters.
const MAX_NAME_CHARACTERS: usize = 200;
/// The longest life of a token that ends.
pub(super) const MAX_LIFE_DAYS: u64 = 3_650;
/// Tokens that a list shows.
const MAX_LISTED: i64 = 10_000;

/// Makes a token for `name`, which becomes an actor if it is not one yet. `keys` is the key store's database.
///
/// # Errors
/// A name, role or life that no token has; or the database's.
pub async fn create(
    keys: &PgPool,
    rights: impl Into<Rights>,
    name: &str,
    life: Option<Duration>,
) -> Result<(Token, ActorId), TokenError> {
    let name = name.trim();
    // A control character could forge a line of the list.
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARACTERS || name.chars().any(char::is_control) {
        return Err(TokenError::BadName);
    }
    let rights = rights.into();
    if !rights.are_a_token_s() {
        return Err(TokenError::BadRole);
    }
    let seconds = life.map(|life| life.as_secs());
    if seconds.is_some_and(|seconds| !(1..=MAX_LIFE_DAYS * 86_400).contains(&seconds)) {
        return Err(TokenError::BadLife);
    }
    let actor = actor_of(keys, name).await?;
    let token = Token::random()?;
    sqlx::query(INSERT_TOKEN)
        .bind(token.hash().0)
        .bind(Uuid::now_v7())
        .bind(actor.0)
        .bind(rights.role.as_str())
        .bind(seconds.map(|seconds| f64::from(u32::try_from(seconds).unwrap_or(u32::MAX))))
        .bind(rights.scopes.iter().map(Scope::as_str).collect::<Vec<_>>())
        .bind(rights.subject.map(|subject| subject.0))
        .execute(keys)
        .await?;
    Ok((token, actor))
}

const INSERT_TOKEN: &str = "INSERT INTO tokens (token_hash, token_id, actor_id, role, expires_at, scopes, subject_id) \
     VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6, $7)";

/// The actor of this name, made if missing.
async fn actor_of(keys: &PgPool, name: &str) -> Result<ActorId, TokenError> {
    let found = "SELECT actor_id FROM actors WHERE name = $1";
    if let Some(id) = sqlx::query_scalar(found).bind(name).fetch_optional(keys).await? {
        return Ok(ActorId(id));
    }
    // A UUIDv4 would do as well; a v7 keeps the index small. Neither is made from the name.
    let made = sqlx::query_scalar("INSERT INTO actors (actor_id, name) VALUES ($1, $2) RETURNING actor_id")
        .bind(Uuid::now_v7())
        .bind(name)
        .fetch_one(keys)
        .await
        .map_err(TokenError::from);
    match made {
        Ok(id) => Ok(ActorId(id)),
        Err(race) if race.is_race() => {
            Ok(ActorId(sqlx::query_scalar(found).bind(name).fetch_one(keys).await?))
        }
        Err(error) => Err(error),
    }
}

/// A token as a list shows it: everything but the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// What `token revoke` takes.
    pub token_id: Uuid,
    /// The pseudonym in events and logs.
    pub actor_id: Uuid,
    /// Whom it was made for; none once forgotten.
    pub name: Option<String>,
    /// admin, grader, clerk, auditor, student or service.
    pub role: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

crate::redacted::debug_without_the_rest! { Listed { token_id, actor_id, role, created_at, expires_at, revoked_at } }

impl FromRow<'_, PgRow> for Listed {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            token_id: row.try_get("token_id")?,
            actor_id: row.try_get("actor_id")?,
            name: row.try_get("name")?,
            role: row.try_get("role")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    }
}

/// All tokens, oldest first; at most 10,000.
///
/// # Errors
/// The database's.
pub async fn list(keys: &PgPool) -> Result<Vec<Listed>, TokenError> {
    let all = "SELECT token_id, actor_id, name, role, tokens.created_at, expires_at, revoked_at \
               FROM tokens JOIN actors USING (actor_id) ORDER BY token_id LIMIT $1";
    Ok(sqlx::query_as(all).bind(MAX_LISTED).fetch_all(keys).await?)
}

/// Ends a token now; whether there was one to end. Processes that have it cached follow within
/// [`HttpLimits::token_cache`](crate::limits::HttpLimits::token_cache).
///
/// # Errors
/// The database's.
pub async fn revoke(keys: &PgPool, token_id: Uuid) -> Result<bool, TokenError> {
    let end = "UPDATE tokens SET revoked_at = now() WHERE token_id = $1 AND revoked_at IS NULL";
    Ok(sqlx::query(end).bind(token_id).execute(keys).await?.rows_affected() == 1)
}
