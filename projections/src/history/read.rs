//! Reading a copy's events up to a moment.

use domain::{CopyId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Row};

use super::{CopyThen, HistoryError, Moment};
use crate::stream::{RecordedEvent, read_copy};
use crate::views::row;

/// A copy at a moment.
#[derive(Debug)]
pub struct Then {
    /// As it stood.
    pub state: CopyThen,
    /// The instant by which a lease is judged: the one that was asked for, or when the event or position that was asked
    /// for was recorded.
    pub at: Timestamp,
}

/// The copy at a moment, from at most `most` events.
///
/// # Errors
/// A [`HistoryError`] that says what to ask for instead, or what is wrong with the stream.
pub async fn as_of(pool: &PgPool, copy: CopyId, moment: Moment, most: u32) -> Result<Then, HistoryError> {
    let mut connection = pool.acquire().await?;
    let (reached, at) = resolve(&mut connection, copy, moment, most).await?;
    let mut state = CopyThen::default();
    read(&mut connection, copy, reached, |event| fold(&mut state, &event)).await?;
    Ok(Then { state, at })
}

/// The copy at two moments. Every event after the first and up to the second is handed to `act`, with the copy as it
/// stood right after it.
///
/// # Errors
/// As [`as_of`]; [`HistoryError::Backwards`] where `to` lies before `from`.
pub async fn between(
    pool: &PgPool,
    copy: CopyId,
    (from, to): (Moment, Moment),
    most: u32,
    mut act: impl FnMut(&RecordedEvent, &CopyThen) + Send,
) -> Result<(Then, Then), HistoryError> {
    let mut connection = pool.acquire().await?;
    let (first, first_at) = resolve(&mut connection, copy, from, most).await?;
    let (last, last_at) = resolve(&mut connection, copy, to, most).await?;
    if first > last {
        return Err(HistoryError::Backwards { from: first, to: last });
    }
    let (mut before, mut after) = (CopyThen::default(), CopyThen::default());
    read(&mut connection, copy, last, |event| {
        if u64::try_from(event.sequence).is_ok_and(|sequence| sequence <= first) {
            fold(&mut before, &event)?;
        }
        fold(&mut after, &event)?;
        if u64::try_from(event.sequence).is_ok_and(|sequence| sequence > first) {
            act(&event, &after);
        }
        Ok(())
    })
    .await?;
    Ok((Then { state: before, at: first_at }, Then { state: after, at: last_at }))
}

/// The copy at a moment; every event up to it is handed to `act`, with the copy as it stood right after it.
///
/// # Errors
/// As [`as_of`].
pub async fn walk(
    pool: &PgPool,
    copy: CopyId,
    moment: Moment,
    most: u32,
    mut act: impl FnMut(&RecordedEvent, &CopyThen) + Send,
) -> Result<Then, HistoryError> {
    let mut connection = pool.acquire().await?;
    let (reached, at) = resolve(&mut connection, copy, moment, most).await?;
    let mut state = CopyThen::default();
    read(&mut connection, copy, reached, |event| {
        fold(&mut state, &event)?;
        act(&event, &state);
        Ok(())
    })
    .await?;
    Ok(Then { state, at })
}

fn fold(state: &mut CopyThen, event: &RecordedEvent) -> Result<(), HistoryError> {
    state.fold(event).map_err(|cause| HistoryError::Fold { position: event.position, cause })
}

async fn read(
    connection: &mut PgConnection,
    copy: CopyId,
    reached: u64,
    mut take: impl FnMut(RecordedEvent) -> Result<(), HistoryError> + Send,
) -> Result<(), HistoryError> {
    let mut refused = None;
    let until = i64::try_from(reached).unwrap_or(i64::MAX);
    read_copy(connection, copy, until, |event| match take(event) {
        Ok(()) => true,
        Err(error) => {
            refused = Some(error);
            false
        }
    })
    .await?;
    refused.map_or(Ok(()), Err)
}

/// The sequence that a moment comes to, and the instant by which leases are judged then.
async fn resolve(
    connection: &mut PgConnection,
    copy: CopyId,
    moment: Moment,
    most: u32,
) -> Result<(u64, Timestamp), HistoryError> {
    let (sequence, position, instant) = match moment {
        Moment::Now => (None, None, None),
        Moment::Sequence(0) => return Err(HistoryError::SequenceZero),
        Moment::Sequence(sequence) => (Some(i64::try_from(sequence).unwrap_or(i64::MAX)), None, None),
        Moment::Position(position) => (None, Some(position), None),
        Moment::At(instant) => (None, None, DateTime::<Utc>::from_timestamp_micros(instant.micros())),
    };
    let row = sqlx::query(include_str!("resolve.sql"))
        .bind(copy.0.to_string())
        .bind(sequence)
        .bind(position)
        .bind(instant)
        .fetch_optional(connection)
        .await?
        .ok_or(HistoryError::NoSuchCopy)?;
    let reached = reached(&row, moment)?;
    if reached.0 > u64::from(most) {
        return Err(HistoryError::TooLong { events: reached.0, most });
    }
    Ok(reached)
}

fn reached(row: &PgRow, moment: Moment) -> Result<(u64, Timestamp), HistoryError> {
    let (head, now) = (row.try_get("head")?, row::timestamp(row, "now")?);
    let last: u64 = row::unsigned(row, "last_sequence")?;
    match moment {
        Moment::Position(asked) if asked > head => return Err(HistoryError::PastHead { asked, head }),
        Moment::At(instant) if instant > now => return Err(HistoryError::InTheFuture { now }),
        Moment::Sequence(asked) if asked > last => return Err(HistoryError::NoSuchSequence { asked, last }),
        Moment::Now | Moment::Sequence(_) | Moment::Position(_) | Moment::At(_) => {}
    }
    if row.try_get::<Option<i64>, _>("sequence")?.is_none() {
        let (began_at, position) = (row::timestamp(row, "began_at")?, row.try_get("began_position")?);
        return Err(HistoryError::BeforeBeginning { began_at, position });
    }
    let at = match moment {
        Moment::Now => now,
        Moment::At(instant) => instant,
        Moment::Sequence(_) => row::timestamp(row, "sequence_at")?,
        Moment::Position(_) => row::timestamp(row, "position_at")?,
    };
    Ok((row::unsigned(row, "sequence")?, at))
}
