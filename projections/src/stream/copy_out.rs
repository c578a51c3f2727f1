//! Reading many events at once: COPY in its binary format (PostgreSQL, "COPY", section "Binary Format").

use std::hash::{DefaultHasher, Hasher};

use bytes::{Buf, Bytes};
use futures::TryStreamExt;
use futures::stream::BoxStream;
use sqlx::PgConnection;
use sqlx::types::chrono::DateTime;
use uuid::Uuid;

use super::decode::EventRow;
use super::recorded::StreamType;

/// What a binary COPY begins with, before flags and the length of an extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, length of the extension.
const HEADER_BYTES: usize = SIGNATURE.len() + 8;
/// The columns that are asked for.
const COLUMNS: i16 = 10;
/// Stands in the place of a number of columns behind the last row.
const TRAILER: i16 = -1;
/// Postgres counts microseconds from 2000 on; this is the distance to 1970.
pub(crate) const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Which share of the streams is read: those whose hash leaves `nth` when it is divided by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) nth: u32,
    pub(crate) of: u32,
}

/// The rows of a share of the streams of the kinds `follows`, in order of position up to `until`.
///
/// Nothing here can tell whether a position is missing: whoever reads all shares counts.
pub(crate) async fn read_share<'a>(
    connection: &'a mut PgConnection,
    follows: &[StreamType],
    share: Share,
    until: i64,
) -> Result<ShareRows<'a>, sqlx::Error> {
    let kinds: Vec<String> = follows.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    // COPY takes no parameters; kinds are this build's own names, the rest are numbers.
    let sql = include_str!("copy_out.sql")
        .replace("{until}", &until.to_string())
        .replace("{kinds}", &kinds.join(", "))
        .replace("{of}", &share.of.to_string())
        .replace("{nth}", &share.nth.to_string());
    let messages = connection.copy_out_raw(&sql).await?;
    Ok(ShareRows { messages, received: Received::default() })
}

/// Rows as Postgres sends them, some at a time.
pub(crate) struct ShareRows<'a> {
    messages: BoxStream<'a, Result<Bytes, sqlx::Error>>,
    received: Received,
}

impl ShareRows<'_> {
    /// Receives more of them; nothing is left to receive where it answers false.
    pub(crate) async fn receive(&mut self) -> Result<bool, sqlx::Error> {
        let message = self.messages.try_next().await?;
        Ok(message.map(|message| self.received.take(message)).is_some())
    }

    /// The next one of those that were received whole.
    pub(crate) fn next(&mut self) -> Result<Option<RowBytes>, sqlx::Error> {
        self.received.next()
    }
}

/// A row as it came, in the message that it came in.
#[derive(Debug)]
pub(crate) struct RowBytes(Bytes);

impl RowBytes {
    /// The row, with the texts that are in here.
    pub(crate) fn row(&self) -> Result<EventRow<&str>, sqlx::Error> {
        row(&self.0)
    }

    /// Which of `parts` the row's stream is of. It means nothing beyond one process, and nothing for Postgres's own hash, so that
    /// each part has as many streams of every share.
    pub(crate) fn part(&self, parts: usize) -> Result<usize, sqlx::Error> {
        // Before the id stand the number of columns and three of them.
        let mut rest = &self.0[2..];
        for _ in 0..3 {
            column(&mut rest)?;
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(column(&mut rest)?);
        Ok((hasher.finish() % parts as u64) as usize)
    }
}

/// What was received and is not taken yet.
#[derive(Default)]
struct Received {
    bytes: Bytes,
    begun: bool,
}

impl Received {
    /// Takes in a message. Postgres sends whole rows, which the protocol does not promise.
    fn take(&mut self, message: Bytes) {
        let rest = &self.bytes[..];
        self.bytes = if rest.is_empty() { message } else { Bytes::from([rest, &message[..]].concat()) };
    }

    fn next(&mut self) -> Result<Option<RowBytes>, sqlx::Error> {
        if !self.begun {
            let Some(header) = self.bytes.get(..HEADER_BYTES) else { return Ok(None) };
            if !header.starts_with(SIGNATURE) {
                return Err(malformed("its signature"));
            }
            self.bytes.advance(HEADER_BYTES);
            self.begun = true;
        }
        let Some(length) = whole(&self.bytes) else { return Ok(None) };
        let row = self.bytes.split_to(length);
        match (&row[..]).get_i16() {
            TRAILER => Ok(None),
            COLUMNS => Ok(Some(RowBytes(row))),
            _ => Err(malformed("the number of columns")),
        }
    }
}

/// How long the row, or the trailer, is that stands whole at the beginning of `bytes`.
fn whole(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    if rest.len() < 2 {
        return None;
    }
    for _ in 0..rest.get_i16() {
        if rest.len() < 4 {
            return None;
        }
        // A null has the length -1 and no bytes.
        let length = usize::try_from(rest.get_i32()).unwrap_or(0);
        rest = rest.get(length..)?;
    }
    Some(bytes.len() - rest.len())
}

/// A whole row, which begins with the number of its columns.
fn row(bytes: &[u8]) -> Result<EventRow<&str>, sqlx::Error> {
    let bytes = &mut &bytes[2..];
    Ok(EventRow {
        position: number(bytes)?,
        event_id: uuid(bytes)?,
        aggregate_type: text(bytes)?,
        aggregate_id: text(bytes)?,
        sequence: number(bytes)?,
        event_type: text(bytes)?,
        event_version: text(bytes)?,
        payload: Some(text(bytes)?),
        metadata: Some(text(bytes)?),
        recorded_at: DateTime::from_timestamp_micros(number(bytes)?.saturating_add(POSTGRES_EPOCH_MICROS))
            .ok_or_else(|| malformed("a time"))?,
    })
}

fn column<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], sqlx::Error> {
    let length = usize::try_from(bytes.get_i32()).map_err(|_| malformed("a null"))?;
    let (column, rest) = bytes.split_at(length);
    *bytes = rest;
    Ok(column)
}

fn number(bytes: &mut &[u8]) -> Result<i64, sqlx::Error> {
    let number: [u8; 8] = column(bytes)?.try_into().map_err(|_| malformed("a number"))?;
    Ok(i64::from_be_bytes(number))
}

fn uuid(bytes: &mut &[u8]) -> Result<Uuid, sqlx::Error> {
    Uuid::from_slice(column(bytes)?).map_err(|_| malformed("a UUID"))
}

fn text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, sqlx::Error> {
    std::str::from_utf8(column(bytes)?).map_err(|_| malformed("a text"))
}

fn malformed(what: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a binary COPY of events has {what} that was not expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_however_the_messages_were_cut() {
        let columns: [&[u8]; 10] = [
            &7_i64.to_be_bytes(),
            &[9; 16],
            b"ExamCopy",
            b"an id",
            &1_i64.to_be_bytes(),
            b"CopyGraded",
            b"1",
            b"{}",
            b"[]",
            &0_i64.to_be_bytes(),
        ];
        let mut whole = [SIGNATURE, &[0; 8]].concat();
        for _ in 0..2 {
            whole.extend_from_slice(&COLUMNS.to_be_bytes());
            for column in columns {
                whole.extend_from_slice(&i32::try_from(column.len()).unwrap().to_be_bytes());
                whole.extend_from_slice(column);
            }
        }
        whole.extend_from_slice(&(-1_i16).to_be_bytes());
        for size in [1, 5, 64, whole.len()] {
            let (mut received, mut rows) = (Received::default(), 0);
            for chunk in whole.chunks(size) {
                received.take(Bytes::copy_from_slice(chunk));
                while let Some(bytes) = received.next().unwrap() {
                    rows += 1;
                    assert_eq!(bytes.part(1).unwrap(), 0);
                    assert_eq!(bytes.part(7).unwrap(), RowBytes(bytes.0.clone()).part(7).unwrap());
                    let row = bytes.row().unwrap();
                    assert_eq!((row.position, row.event_type, row.metadata), (7, "CopyGraded", Some("[]")));
                    assert_eq!(row.recorded_at.timestamp(), POSTGRES_EPOCH_MICROS / 1_000_000);
                }
            }
            assert_eq!(rows, 2, "in messages of {size} bytes");
        }
    }
}
