//! Reading the log, the newest first.

use domain::{ActorId, CopyId, Timestamp};
use projections::views::{PageSize, Slice};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{AccessLog, Outcome, Said, SealedReason};
use crate::vault::VaultError;

/// Which rows; all that is left out is not asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessFilter {
    /// Of this copy.
    pub copy: Option<Uuid>,
    /// Of this subject.
    pub subject: Option<Uuid>,
    /// Of this actor.
    pub actor: Option<Uuid>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// From then on.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

impl AccessFilter {
    /// Whether nothing narrows it for which there is an index but its times: nearly all rows are of what was shown.
    fn is_of_all(&self) -> bool {
        let narrowed = self.copy.or(self.subject).or(self.actor).is_some();
        !narrowed && self.outcome.is_none_or(|outcome| outcome == Outcome::Shown)
    }
}

/// A row as it stands, its reason opened.
#[derive(Clone)]
pub struct AccessRow {
    /// Its number; later ones are larger.
    pub id: i64,
    /// When, by the clock of the key store's Postgres.
    pub at: Timestamp,
    /// Who; none where nobody was recognised.
    pub actor: Option<Uuid>,
    /// In which role.
    pub role: Option<String>,
    /// What they wanted to do.
    pub act: Option<String>,
    /// By which method.
    pub method: Option<String>,
    /// By which template of a path.
    pub route: Option<String>,
    /// Of which copy.
    pub copy: Option<Uuid>,
    /// Of which exam.
    pub exam: Option<Uuid>,
    /// Of which subject.
    pub subject: Option<Uuid>,
    /// How it ended.
    pub outcome: String,
    /// The status that it was answered with.
    pub status: Option<i16>,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// How many it is about.
    pub times: i64,
    /// Why, as it was said; `[erased]` or `[damaged]` stand for themselves.
    pub reason: Option<String>,
}

crate::redacted::debug_without_the_rest! { AccessRow { id, at, actor, act, route, copy, subject, outcome } }

/// What stands for a reason that was erased.
const ERASED: &str = "[erased]";
/// What stands for one that does not open: the other rows are there to be read all the same.
const DAMAGED: &str = "[damaged]";

impl AccessLog {
    /// A page of the log, the newest first, from before the row `before` on.
    ///
    /// # Errors
    /// The database's, or that a key could not be read.
    pub async fn read(
        &self,
        filter: AccessFilter,
        before: Option<i64>,
        size: PageSize,
    ) -> Result<Slice<AccessRow>, VaultError> {
        let time = |time: Timestamp| DateTime::<Utc>::from_timestamp_micros(time.micros());
        let (since, until) = (filter.since.and_then(time), filter.until.and_then(time));
        let outcome = filter.outcome.map(Outcome::as_str);
        let query = if until.is_some() && filter.is_of_all() {
            sqlx::query(include_str!("read_until.sql")).bind(before).bind(outcome)
        } else {
            let query = sqlx::query(include_str!("read.sql")).bind(before);
            query.bind(filter.copy).bind(filter.subject).bind(filter.actor).bind(outcome)
        };
        let rows = query
            // Planned for what is asked: most of the conditions are none.
            .persistent(false)
            .bind(since)
            .bind(until)
            .bind(i64::from(size.items()) + 1)
            .fetch_all(&self.0.pool)
            .await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows.iter().take(usize::from(size.items())) {
            items.push(self.row(row).await?);
        }
        let next = items.last().filter(|_| rows.len() > items.len()).map(|last| last.id);
        Ok(Slice { items, next })
    }

    async fn row(&self, row: &PgRow) -> Result<AccessRow, VaultError> {
        let (actor, copy): (Option<Uuid>, Option<Uuid>) = (row.try_get("actor_id")?, row.try_get("copy_id")?);
        let request_id: Option<String> = row.try_get("request_id")?;
        let key_id: Option<Uuid> = row.try_get("reason_key")?;
        let sealed: Option<Vec<u8>> = row.try_get("reason")?;
        let reason = match key_id {
            None => None,
            Some(key_id) => {
                let said = Said {
                    actor: ActorId(actor.unwrap_or_default()),
                    request_id: request_id.as_deref().unwrap_or_default(),
                    copy: copy.map(CopyId),
                };
                Some(self.shown(said, &SealedReason { key_id, sealed }).await?)
            }
        };
        Ok(AccessRow {
            id: row.try_get("id")?,
            at: Timestamp::from_micros(row.try_get::<DateTime<Utc>, _>("at")?.timestamp_micros()),
            actor,
            role: row.try_get("role")?,
            act: row.try_get("act")?,
            method: row.try_get("method")?,
            route: row.try_get("route")?,
            copy,
            exam: row.try_get("exam_id")?,
            subject: row.try_get("subject_id")?,
            outcome: row.try_get("outcome")?,
            status: row.try_get("status")?,
            code: row.try_get("code")?,
            request_id,
            times: row.try_get("times")?,
            reason,
        })
    }

    async fn shown(&self, said: Said<'_>, reason: &SealedReason) -> Result<String, VaultError> {
        match self.open(said, reason).await {
            Ok(Some(text)) => Ok(text.expose().to_owned()),
            Ok(None) => Ok(ERASED.to_owned()),
            Err(VaultError::DamagedReason(_)) => Ok(DAMAGED.to_owned()),
            Err(error) => Err(error),
        }
    }
}
