//! The call of `append_events`: commands to arrays, rows to outcomes.

use domain::{Digest, Timestamp};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, Row as _};
use uuid::Uuid;

use super::queued::{Append, Known, Outcome, Queued};
use crate::vault::VaultRow;

/// Most batches hold no text. Seven arrays that are empty are a tenth of what a call of one command costs to send and to read.
const CALL: &str = include_str!("call.sql");
const CALL_WITH_VAULT: &str = include_str!("call_with_vault.sql");

/// Appends a batch in one round trip and one transaction; by the time it returns, that is committed.
/// Gives an outcome for each command, in order, and the server's clock.
pub(super) async fn append_events(
    connection: &mut PgConnection,
    batch: &[Queued],
) -> Result<(Vec<Outcome>, Timestamp), sqlx::Error> {
    let rows = call(batch).fetch_all(connection).await?;
    if rows.len() != batch.len() {
        let error = format!("append_events answered {} commands of {}", rows.len(), batch.len());
        return Err(sqlx::Error::Protocol(error));
    }
    let outcomes: Result<_, _> =
        rows.iter().zip(batch).map(|(row, queued)| outcome(row, &queued.append)).collect();
    let clock = rows.last().map(|row| row.try_get(8)).transpose()?.map(timestamp);
    Ok((outcomes?, clock.unwrap_or_default()))
}

fn call(batch: &[Queued]) -> Query<'_, Postgres, PgArguments> {
    let commands = || batch.iter().map(|queued| &queued.append);
    let events = || commands().flat_map(|append| append.events.iter().map(move |event| (append, event)));
    let vault =
        || (1_i32..).zip(commands()).flat_map(|(nth, append)| append.vault.iter().map(move |row| (nth, row)));
    let no_vault = commands().all(|append| append.vault.is_empty());
    let call = sqlx::query(if no_vault { CALL } else { CALL_WITH_VAULT })
        .bind(commands().map(|append| append.principal).collect::<Vec<Uuid>>())
        .bind(commands().map(|append| append.key).collect::<Vec<Uuid>>())
        .bind(commands().map(|append| append.body_hmac.as_ref().map(bytes)).collect::<Vec<Option<&[u8]>>>())
        .bind(commands().map(|append| append.answer.as_str()).collect::<Vec<&str>>())
        .bind(commands().map(|append| append.aggregate_type).collect::<Vec<&str>>())
        .bind(commands().map(|append| append.aggregate_id.as_str()).collect::<Vec<&str>>())
        .bind(commands().map(|append| append.expected_sequence).collect::<Vec<i64>>())
        .bind(
            commands().map(|append| append.expected_leaf.as_ref().map(bytes)).collect::<Vec<Option<&[u8]>>>(),
        )
        .bind(commands().map(event_count).collect::<Vec<i32>>())
        .bind(events().map(|(_, event)| event.event_id).collect::<Vec<Uuid>>())
        .bind(events().map(|(_, event)| event.event_type.as_str()).collect::<Vec<&str>>())
        .bind(events().map(|(_, event)| event.event_version.as_str()).collect::<Vec<&str>>())
        .bind(events().map(|(_, event)| event.payload.as_str()).collect::<Vec<&str>>())
        .bind(events().map(|(append, _)| append.metadata.as_str()).collect::<Vec<&str>>())
        .bind(events().map(|(_, event)| bytes(&event.content_hash)).collect::<Vec<&[u8]>>());
    if no_vault {
        return call;
    }
    call.bind(vault().map(|(nth, _)| nth).collect::<Vec<i32>>())
        .bind(vault().map(|(_, row)| bytes(&row.commitment.0)).collect::<Vec<&[u8]>>())
        .bind(vault().map(|(_, row)| row.key_id).collect::<Vec<Uuid>>())
        .bind(vault().map(|(_, row)| row.owner.id()).collect::<Vec<Uuid>>())
        .bind(vault().map(|(_, row)| row.owner.kind()).collect::<Vec<&str>>())
        .bind(vault().map(|(_, row)| row.purpose.as_str()).collect::<Vec<&str>>())
        .bind(vault().map(|(_, row): (i32, &VaultRow)| row.sealed.as_slice()).collect::<Vec<&[u8]>>())
}

fn bytes(digest: &Digest) -> &[u8] {
    &digest.0
}

/// Bounded by the bytes of a batch.
fn event_count(append: &Append) -> i32 {
    i32::try_from(append.events.len()).unwrap_or(i32::MAX)
}

fn outcome(row: &PgRow, append: &Append) -> Result<Outcome, sqlx::Error> {
    match row.try_get::<&str, _>(0)? {
        "applied" => Ok(Outcome::Applied {
            first: row.try_get(1)?,
            last: row.try_get(2)?,
            recorded_at: timestamp(row.try_get(3)?),
            leaf: digest(row, 4)?,
            epoch: row.try_get(9)?,
        }),
        "known" => known(row, append),
        "reused" => Ok(Outcome::KeyReused),
        "conflict" => {
            let current: i64 = row.try_get(7)?;
            Ok(Outcome::Conflict { current_sequence: u64::try_from(current).unwrap_or_default() })
        }
        other => Err(sqlx::Error::Protocol(format!("append_events gave the outcome {other}"))),
    }
}

/// A command that was applied before: by an earlier call of this very append, whose answer was lost, which is success; or
/// by another command with the same key.
fn known(row: &PgRow, append: &Append) -> Result<Outcome, sqlx::Error> {
    let (first, last, epoch) = (row.try_get(1)?, row.try_get(2)?, row.try_get(9)?);
    let recorded_at = row.try_get::<Option<_>, _>(3)?.map(timestamp).unwrap_or_default();
    let last_event: Option<Uuid> = row.try_get(5)?;
    if last_event.is_some() && last_event == append.events.last().map(|event| event.event_id) {
        return Ok(Outcome::Applied { first, last, recorded_at, leaf: digest(row, 4)?, epoch });
    }
    Ok(Outcome::Known(Known { first, last, recorded_at, answer: row.try_get(6)?, epoch }))
}

pub(super) fn digest(row: &PgRow, column: usize) -> Result<Digest, sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    Digest::from_slice(bytes).ok_or_else(|| sqlx::Error::Protocol(format!("a hash of {} bytes", bytes.len())))
}

/// Postgres's times are microseconds, so nothing is lost.
pub(super) fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_micros(time.timestamp_micros())
}
