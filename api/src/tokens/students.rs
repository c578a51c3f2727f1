//! Tokens that the office gives to students: by the subject alone, without a name.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{ActorId, Role, SubjectId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row as _};
use uuid::Uuid;

use super::{Token, TokenError};

/// A token that was made for a student.
#[derive(Debug)]
pub struct Given {
    /// The token itself, to hand out once.
    pub token: Token,
    /// Under which pseudonym they act.
    pub actor: ActorId,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// How a subject stands with tokens.
struct Standing {
    is_erased: bool,
    living: i64,
    actor_id: Option<Uuid>,
}

impl FromRow<'_, PgRow> for Standing {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            is_erased: row.try_get("is_erased")?,
            living: row.try_get("living")?,
            actor_id: row.try_get("actor_id")?,
        })
    }
}

/// Makes a token for a student, of whom at most `most` may live at the same time. All of a subject's are of one actor.
///
/// # Errors
/// [`TokenError::TooMany`], [`TokenError::Erased`], or the database's.
pub async fn give(keys: &PgPool, subject: SubjectId, life: Duration, most: u32) -> Result<Given, TokenError> {
    let mut transaction = keys.begin().await?;
    // One after the other, or two at once would count the same tokens and make two actors.
    sqlx::query(include_str!("hold_student.sql")).bind(subject.0).execute(&mut *transaction).await?;
    let standing: Standing = sqlx::query_as(include_str!("student_standing.sql"))
        .bind(subject.0)
        .fetch_one(&mut *transaction)
        .await?;
    if standing.is_erased {
        return Err(TokenError::Erased);
    }
    if standing.living >= i64::from(most) {
        return Err(TokenError::TooMany(most));
    }
    let actor = match standing.actor_id {
        Some(actor) => actor,
        None => nameless(&mut transaction).await?,
    };
    let token = Token::random()?;
    let expires_at = sqlx::query_scalar(include_str!("give_token.sql"))
        .bind(token.hash().0)
        .bind(Uuid::now_v7())
        .bind(actor)
        .bind(Role::Student.as_str())
        .bind(life.as_secs_f64())
        .bind(subject.0)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Given { token, actor: ActorId(actor), expires_at })
}

async fn nameless(connection: &mut PgConnection) -> Result<Uuid, sqlx::Error> {
    let id = Uuid::now_v7();
    sqlx::query("INSERT INTO actors (actor_id) VALUES ($1)").bind(id).execute(connection).await?;
    Ok(id)
}

/// Ends every token of a student; how many there were.
///
/// # Errors
/// The database's.
pub async fn revoke_all(keys: &PgPool, subject: SubjectId) -> Result<u64, TokenError> {
    let end = "UPDATE tokens SET revoked_at = now() WHERE subject_id = $1 AND revoked_at IS NULL";
    Ok(sqlx::query(end).bind(subject.0).execute(keys).await?.rows_affected())
}

/// What lets a student in, as JSON: their tokens without their secrets, their sign-ins at the issuer, and how many references.
///
/// # Errors
/// The database's.
pub async fn signs_in(keys: &PgPool, subject: SubjectId) -> Result<serde_json::Value, TokenError> {
    Ok(sqlx::query_scalar(include_str!("signs_in.sql")).bind(subject.0).fetch_one(keys).await?)
}
