//! Actors who are let in by nothing they show: for a token that was lost in numbers, or a person whom the issuer still signs in.

use chrono::{DateTime, Utc};
use domain::ActorId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row as _};
use uuid::Uuid;

use super::TokenError;

/// Actors that a list shows.
const MAX_LISTED: i64 = 10_000;

/// An actor as a list shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// The pseudonym in events and logs.
    pub actor_id: Uuid,
    /// Whom it stands for; none for students, for those whom the issuer signs in, and for whom was forgotten.
    pub name: Option<String>,
    /// Whether the issuer signs them in.
    pub signs_in: bool,
    /// Since when they are blocked.
    pub blocked_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Option<String>,
}

crate::redacted::debug_without_the_rest! { Known { actor_id, signs_in, blocked_at } }

impl FromRow<'_, PgRow> for Known {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            actor_id: row.try_get("actor_id")?,
            name: row.try_get("name")?,
            signs_in: row.try_get("signs_in")?,
            blocked_at: row.try_get("blocked_at")?,
            reason: row.try_get("reason")?,
        })
    }
}

/// The actor of this name or pseudonym.
///
/// # Errors
/// The database's.
pub async fn named(keys: &PgPool, name_or_id: &str) -> Result<Option<ActorId>, TokenError> {
    let id = Uuid::try_parse(name_or_id).ok();
    let found = "SELECT actor_id FROM actors WHERE actor_id = $1 OR name = $2 ORDER BY actor_id = $1 DESC NULLS LAST LIMIT 1";
    let found = sqlx::query_scalar(found).bind(id).bind(name_or_id.trim()).fetch_optional(keys).await?;
    Ok(found.map(ActorId))
}

/// Whether somebody acts under this pseudonym.
///
/// # Errors
/// The database's.
pub async fn is_known(keys: &PgPool, actor: ActorId) -> Result<bool, TokenError> {
    let there = sqlx::query_scalar("SELECT EXISTS (SELECT FROM actors WHERE actor_id = $1)").bind(actor.0);
    Ok(there.fetch_one(keys).await?)
}

/// Blocks an actor, or gives another reason for a block that stands. Processes that have a token of theirs cached follow within
/// [`HttpLimits::token_cache`](crate::limits::HttpLimits::token_cache).
///
/// # Errors
/// The database's.
pub async fn block(keys: &PgPool, actor: ActorId, reason: &str) -> Result<(), TokenError> {
    let block = "INSERT INTO blocked_actors (actor_id, reason) VALUES ($1, $2) \
                 ON CONFLICT (actor_id) DO UPDATE SET reason = EXCLUDED.reason";
    sqlx::query(block).bind(actor.0).bind(reason).execute(keys).await?;
    Ok(())
}

/// Takes a block away; whether there was one.
///
/// # Errors
/// The database's.
pub async fn unblock(keys: &PgPool, actor: ActorId) -> Result<bool, TokenError> {
    let gone = sqlx::query("DELETE FROM blocked_actors WHERE actor_id = $1").bind(actor.0);
    Ok(gone.execute(keys).await?.rows_affected() == 1)
}

/// All actors, oldest first; at most 10,000.
///
/// # Errors
/// The database's.
pub async fn known(keys: &PgPool) -> Result<Vec<Known>, TokenError> {
    Ok(sqlx::query_as(include_str!("known_actors.sql")).bind(MAX_LISTED).fetch_all(keys).await?)
}
