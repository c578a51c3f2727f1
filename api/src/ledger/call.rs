//! The call of `append_events`: commands to arrays, rows to outcomes; and of `append_events_of_one`, which takes them as they are.

use domain::{Digest, Timestamp};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, Row as _};
use uuid::Uuid;

use super::queued::{Append, Known, Outcome, Queued, WrittenEvent};
use crate::vault::VaultRow;

/// Most batches hold no text. Seven arrays that are empty are a tenth of what a call of one command costs to send and to read.
const CALL: &str = include_str!("call.sql");
const CALL_WITH_VAULT: &str = include_str!("call_with_vault.sql");
/// And one command with one event needs no arrays, which are a fifth of what Postgres does for it.
const CALL_ONE: &str = include_str!("call_one.sql");

/// Appends a batch in one round trip and one transaction; by the time it returns, that is committed.
/// Gives an outcome for each command, in order, and the server's clock where it told it.
pub(super) async fn append_events(
    connection: &mut PgConnection,
    batch: &[Queued],
) -> Result<(Vec<Outcome>, Option<Timestamp>), sqlx::Error> {
    if let [Queued { append, .. }] = batch
        && let [event] = append.events.as_slice()
        && append.vault.is_empty()
    {
        let answered: Answered = call_one(append, event).fetch_one(connection).await?.try_get(0)?;
        let outcome = outcome(answered, append)?;
        let clock = match outcome {
            // It was recorded a moment ago, by that clock.
            Outcome::Applied { recorded_at, .. } => Some(recorded_at),
            _ => None,
        };
        return Ok((vec![outcome], clock));
    }
    let rows = call(batch).fetch_all(connection).await?;
    if rows.len() != batch.len() {
        let error = format!("append_events answered {} commands of {}", rows.len(), batch.len());
        return Err(sqlx::Error::Protocol(error));
    }
    let outcomes: Result<_, _> =
        rows.iter().zip(batch).map(|(row, queued)| outcome(answered(row)?, &queued.append)).collect();
    let clock = rows.last().map(|row| row.try_get(9)).transpose()?.map(timestamp);
    Ok((outcomes?, clock))
}

/// What is answered of a command: its outcome, first and last position, when it was recorded, the last leaf, the last event's id,
/// the first answer, the stream's sequence, the epoch.
type Answered = (
    String,
    Option<i64>,
    Option<i64>,
    Option<DateTime<Utc>>,
    Option<Vec<u8>>,
    Option<Uuid>,
    Option<String>,
    Option<i64>,
    Uuid,
);

fn answered(row: &PgRow) -> Result<Answered, sqlx::Error> {
    sqlx::FromRow::from_row(row)
}

fn call_one<'a>(append: &'a Append, event: &'a WrittenEvent) -> Query<'a, Postgres, PgArguments> {
    sqlx::query(CALL_ONE)
        .bind(append.principal)
        .bind(append.key)
        .bind(append.body_hmac.as_ref().map(bytes))
        .bind(append.answer.as_str())
        .bind(append.aggregate_type)
        .bind(append.aggregate_id.as_str())
        .bind(append.expected_sequence)
        .bind(append.expected_leaf.as_ref().map(bytes))
        .bind(event.event_id)
        .bind(event.event_type.as_str())
        .bind(event.event_version.as_str())
        .bind(event.payload.as_str())
        .bind(append.metadata.as_str())
        .bind(bytes(&event.content_hash))
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

fn outcome(answered: Answered, append: &Append) -> Result<Outcome, sqlx::Error> {
    let (outcome, first, last, recorded_at, leaf, last_event, answer, current, epoch) = answered;
    let lacking = || sqlx::Error::Protocol(format!("append_events left out a part of the outcome {outcome}"));
    let recorded_at = recorded_at.map(timestamp).unwrap_or_default();
    let applied = || {
        let (first, last) = (first.ok_or_else(lacking)?, last.ok_or_else(lacking)?);
        let leaf = leaf.as_deref().and_then(Digest::from_slice).ok_or_else(lacking)?;
        Ok(Outcome::Applied { first, last, recorded_at, leaf, epoch })
    };
    match outcome.as_str() {
        "applied" => applied(),
        // By an earlier call of this very append, whose answer was lost, which is success; or by another command with the same key.
        "known" if last_event.is_some() && last_event == append.events.last().map(|event| event.event_id) => {
            applied()
        }
        "known" => {
            let (first, last) = (first.ok_or_else(lacking)?, last.ok_or_else(lacking)?);
            let answer = answer.ok_or_else(lacking)?;
            Ok(Outcome::Known(Known { first, last, recorded_at, answer, epoch }))
        }
        "reused" => Ok(Outcome::KeyReused),
        "conflict" => {
            let current = current.ok_or_else(lacking)?;
            Ok(Outcome::Conflict { current_sequence: u64::try_from(current).unwrap_or_default() })
        }
        other => Err(sqlx::Error::Protocol(format!("append_events gave the outcome {other}"))),
    }
}

pub(super) fn digest(row: &PgRow, column: usize) -> Result<Digest, sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    Digest::from_slice(bytes).ok_or_else(|| sqlx::Error::Protocol(format!("a hash of {} bytes", bytes.len())))
}

/// Postgres's times are microseconds, so nothing is lost.
pub(super) fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_micros(time.timestamp_micros())
}
