//! Reading the ledger: in order of position for the runner, or one stream for the state of a copy.

use std::collections::HashMap;

use domain::Reader;
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::decode::{DecodeError, EventRow};
use super::newer::{NewerEvent, newer_at};
use super::recorded::{RecordedEvent, StreamId, StreamType};
use crate::left_out::LeftOut;

/// How much is read at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimits {
    /// At most this many positions.
    pub(crate) events: i64,
    /// No further event once payloads and metadata have come to this many bytes.
    pub(crate) bytes: usize,
}

/// Some consecutive events.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Those of the streams that the reader follows.
    pub(crate) events: Vec<RecordedEvent>,
    /// The streams that it follows and whose events were left out, each with the first position of these.
    pub(crate) left_out: HashMap<StreamId, i64>,
    /// The last position that was read, of whatever stream; the position asked after where nothing was read.
    pub(crate) last: i64,
    /// Why it ends there.
    pub(crate) end: End,
}

/// Why a batch ends.
#[derive(Debug)]
pub(crate) enum End {
    /// Nothing more is recorded yet.
    Head,
    /// A limit was reached; more may follow.
    Limit,
    /// What stands at the next position cannot be read.
    Unreadable(Unreadable),
    /// What stands at the next position is of a later build.
    Newer(NewerEvent),
}

/// An event that stops whoever reads it.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) position: i64,
    pub(crate) stream: String,
    pub(crate) event_type: String,
    pub(crate) cause: String,
}

/// Reads what follows `after` as `reader` reads it, of the streams of the kinds `follows`, but for the events that are left out:
/// those are not even decoded.
///
/// Commit order is position order, so a position that is missing before one that is there was never given: that is
/// damage, and it stops the reader as an unreadable event does.
pub(crate) async fn read_batch(
    connection: &mut PgConnection,
    after: i64,
    follows: &[StreamType],
    left_out: &LeftOut,
    limits: BatchLimits,
    reader: Reader,
) -> Result<Batch, sqlx::Error> {
    let kinds: Vec<&str> = follows.iter().map(|kind| kind.as_str()).collect();
    let mut rows = sqlx::query_as::<_, EventRow>(include_str!("read_batch.sql"))
        .bind(after)
        .bind(limits.events)
        .bind(kinds)
        .fetch(&mut *connection);
    let mut batch = Batch { events: Vec::new(), left_out: HashMap::new(), last: after, end: End::Head };
    let (mut bytes, leaves_out) = (0, !left_out.is_empty());
    while let Some(row) = rows.try_next().await? {
        if row.position != batch.last + 1 {
            batch.end = End::Unreadable(missing(batch.last + 1, row.position));
            return Ok(batch);
        }
        let stream = if leaves_out { row.followed_stream() } else { None };
        match stream.filter(|stream| left_out.holds(*stream, row.position)) {
            Some(stream) => {
                batch.left_out.entry(stream).or_insert(row.position);
            }
            None => match row.decode(reader) {
                Ok(event) => batch.events.extend(event),
                Err(error) => {
                    drop(rows);
                    let newer = newer_at(connection, reader, row.position).await?;
                    batch.end = newer.map_or_else(|| End::Unreadable(unreadable(&row, &error)), End::Newer);
                    return Ok(batch);
                }
            },
        }
        batch.last = row.position;
        bytes += row.bytes();
        if bytes >= limits.bytes || batch.last == after + limits.events {
            batch.end = End::Limit;
            break;
        }
    }
    Ok(batch)
}

fn missing(position: i64, next: i64) -> Unreadable {
    Unreadable {
        position,
        stream: String::new(),
        event_type: String::new(),
        cause: format!(
            "no event has this position, but one has {next}: the ledger is damaged; run `gradeledger verify`"
        ),
    }
}

fn unreadable(row: &EventRow, error: &DecodeError) -> Unreadable {
    Unreadable {
        position: row.position,
        stream: row.stream_text(),
        event_type: row.event_type.clone(),
        cause: error.to_string(),
    }
}

/// Why streams could not be folded again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An event that was folded before can be read no more.
    #[error("the event at position {position} can no longer be read: {cause}")]
    Unreadable {
        /// Where it stands.
        position: i64,
        /// Why.
        cause: String,
    },
    /// An event is of a later build.
    #[error(transparent)]
    Newer(#[from] NewerEvent),
}

impl ReplayError {
    /// Why the event at a position cannot be read, or folded.
    pub(super) async fn of(
        connection: &mut PgConnection,
        position: i64,
        cause: String,
    ) -> Result<Self, sqlx::Error> {
        let newer = newer_at(connection, Reader::CURRENT, position).await?;
        Ok(newer.map_or(Self::Unreadable { position, cause }, Self::Newer))
    }
}

/// Gives the events of `streams`, all of the kind `kind`, up to the position `until` to `take`, each stream in its order.
pub(crate) async fn replay(
    connection: &mut PgConnection,
    kind: StreamType,
    streams: &[StreamId],
    until: i64,
    mut take: impl FnMut(RecordedEvent) -> Result<(), String> + Send,
) -> Result<(), ReplayError> {
    let replayed = replay_each(&mut *connection, kind, streams, until, |_, position, event| {
        let taken = event.map_err(|error| error.to_string()).and_then(&mut take);
        taken.map_err(|cause| ReplayError::Unreadable { position, cause })
    });
    match replayed.await {
        Err(ReplayError::Unreadable { position, cause }) => {
            Err(ReplayError::of(connection, position, cause).await?)
        }
        done => done,
    }
}

/// As [`replay`], and leaves to `take` what becomes of an event that cannot be read: it gets stream and position of each.
pub(crate) async fn replay_each<E: From<sqlx::Error>>(
    connection: &mut PgConnection,
    kind: StreamType,
    streams: &[StreamId],
    until: i64,
    mut take: impl FnMut(StreamId, i64, Result<RecordedEvent, DecodeError>) -> Result<(), E> + Send,
) -> Result<(), E> {
    let ids: Vec<String> = streams.iter().map(|stream| Uuid::to_string(&stream.uuid())).collect();
    let of_ids: HashMap<&str, StreamId> =
        ids.iter().zip(streams).map(|(id, stream)| (id.as_str(), *stream)).collect();
    let mut rows = sqlx::query_as::<_, EventRow>(include_str!("replay.sql"))
        .bind(kind.as_str())
        .bind(&ids)
        .bind(until)
        .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        // Every row has its payload and one of the ids that were asked for.
        let Some(stream) = of_ids.get(row.aggregate_id.as_str()) else { continue };
        if let Some(event) = row.decode(Reader::CURRENT).transpose() {
            take(*stream, row.position, event)?;
        }
    }
    Ok(())
}
