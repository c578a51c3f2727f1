//! One step of a leader: read a batch, fold it, commit rows and checkpoint together.

use std::collections::HashMap;

use sqlx::{Connection, PgConnection};

use super::ProjectorLimits;
use super::held::Held;
use super::lease::Lease;
use crate::fold::fold;
use crate::left_out::{LeftOut, note_gap};
use crate::projector::Projector;
use crate::stream::{
    Batch, BatchLimits, End, NewerEvent, RecordedEvent, ReplayError, StreamId, Unreadable, read_batch,
};
use crate::table::Tables;

/// What a step came to.
#[derive(Debug)]
pub(super) enum Step {
    /// Events were folded, and more may wait.
    Folded,
    /// The view has everything.
    UpToDate,
    /// The view stops before this.
    Poison(Unreadable),
    /// What stands next is of a later build, whose turn it is to lead.
    Newer(NewerEvent),
    /// Somebody else leads.
    Lost,
}

/// Why a step did not come to an end.
#[derive(Debug)]
enum Failure {
    /// The event at this index of the batch cannot be folded.
    Event(usize, String),
    /// Somebody else leads.
    Lost,
    /// Postgres refuses the rows: they break a rule of the table, so trying again is of no use.
    Rows(String),
    /// The database did not answer; another try may be of use.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match refused_rows(&error) {
            Some(cause) => Self::Rows(cause),
            None => Self::Database(error),
        }
    }
}

/// What Postgres, or the writing of them, says against some rows; none where the error is about something else.
pub(super) fn refused_rows(error: &sqlx::Error) -> Option<String> {
    // Classes 22 and 23 of SQLSTATE: data exception, integrity constraint violation.
    let about_data = |code: &str| code.starts_with("22") || code.starts_with("23");
    match error {
        sqlx::Error::Database(database) if database.code().as_deref().is_some_and(about_data) => {
            Some(database.message().to_owned())
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_) => Some(error.to_string()),
        _ => None,
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Database(error) => error.into(),
            // What a view has folded, its leader can read: the lease is for those who can.
            ReplayError::Unreadable { .. } | ReplayError::Newer(_) => Self::Rows(error.to_string()),
        }
    }
}

/// Reads and folds the next batch, but for what is left out of it.
pub(super) async fn step<P: Projector>(
    connection: &mut PgConnection,
    lease: &mut Lease,
    held: &mut Held<P>,
    left_out: &mut LeftOut,
    limits: &ProjectorLimits,
) -> Result<Step, sqlx::Error> {
    let size = BatchLimits { events: i64::from(limits.batch_events), bytes: limits.batch_bytes };
    let mut batch = read_batch(connection, lease.position, P::FOLLOWS, left_out, size, lease.reader).await?;
    // Each turn folds fewer events than the one before, so this ends.
    loop {
        if batch.last == lease.position {
            return Ok(match batch.end {
                End::Unreadable(poison) => Step::Poison(poison),
                End::Newer(newer) => Step::Newer(newer),
                End::Head | End::Limit => Step::UpToDate,
            });
        }
        let gaps = new_gaps(&batch, left_out);
        let failure = match commit::<P>(connection, lease, held, &batch, &gaps, limits).await {
            Ok(()) => {
                lease.position = batch.last;
                left_out.gaps.extend(gaps);
                return Ok(if matches!(batch.end, End::Head) { Step::UpToDate } else { Step::Folded });
            }
            Err(failure) => failure,
        };
        // What was taken out of the held states is gone; what is left was not in this batch, and stands.
        match failure {
            Failure::Lost => return Ok(Step::Lost),
            Failure::Database(error) => return Err(error),
            Failure::Event(index, cause) => cut(&mut batch, index, cause),
            // Which event the rows are of shows when they are written alone.
            Failure::Rows(cause) if batch.events.len() > 1 => {
                let half = batch.events.len() / 2;
                tracing::debug!(view = %P::VIEW, cause, "rows were refused; folding fewer events at once");
                batch.last = batch.events[half].position - 1;
                batch.events.truncate(half);
                batch.end = End::Limit;
            }
            Failure::Rows(cause) => cut(&mut batch, 0, cause),
        }
    }
}

/// Ends the batch before the event at `index`, which cannot be folded.
fn cut(batch: &mut Batch, index: usize, cause: String) {
    let Some(event) = batch.events.get(index) else { return };
    batch.end = End::Unreadable(Unreadable {
        position: event.position,
        stream: event.stream.to_string(),
        event_type: event.event.type_name().to_owned(),
        cause,
    });
    batch.last = event.position - 1;
    batch.events.truncate(index);
}

/// The streams of which a batch leaves out the first event, as far as the batch goes.
fn new_gaps(batch: &Batch, left_out: &LeftOut) -> Vec<(StreamId, i64)> {
    let begun = batch.left_out.iter().filter(|(_, from)| **from <= batch.last);
    begun
        .filter(|(stream, _)| !left_out.gaps.contains_key(stream))
        .map(|(stream, from)| (*stream, *from))
        .collect()
}

/// Rows, gaps, checkpoint and token, in one transaction: all of it or nothing.
async fn commit<P: Projector>(
    connection: &mut PgConnection,
    lease: &Lease,
    held: &mut Held<P>,
    batch: &Batch,
    gaps: &[(StreamId, i64)],
    limits: &ProjectorLimits,
) -> Result<(), Failure> {
    let checkpoint = (batch.last, batch.events.iter().map(|event| event.reader).max().unwrap_or(0));
    if gaps.is_empty() && !batch.events.iter().any(P::concerns) {
        // Nothing but the checkpoint is written: its statement is a transaction of its own.
        let leads = lease.checkpoint(connection, checkpoint, limits.lease).await?;
        return if leads { Ok(()) } else { Err(Failure::Lost) };
    }
    let mut transaction = connection.begin().await?;
    let tables = Tables::live(P::TABLES);
    let states = folded::<P>(&mut transaction, tables, lease.position, held, &batch.events).await?;
    let changed: Vec<(StreamId, &P::State)> = states.iter().map(|(stream, state)| (*stream, state)).collect();
    if !changed.is_empty() {
        P::save(&mut transaction, tables, &changed).await?;
    }
    if !lease.checkpoint(&mut transaction, checkpoint, limits.lease).await? {
        transaction.rollback().await?;
        return Err(Failure::Lost);
    }
    for (stream, from) in gaps {
        note_gap(&mut *transaction, P::VIEW, *stream, *from).await.map_err(Failure::Database)?;
    }
    transaction.commit().await?;
    for (stream, state) in states {
        held.keep(stream, state);
    }
    Ok(())
}

async fn folded<P: Projector>(
    connection: &mut PgConnection,
    tables: Tables,
    checkpoint: i64,
    held: &mut Held<P>,
    events: &[RecordedEvent],
) -> Result<HashMap<StreamId, P::State>, Failure> {
    let mut states: HashMap<StreamId, P::State> = HashMap::new();
    let concerning = || events.iter().enumerate().filter(|(_, event)| P::concerns(event));
    for (_, event) in concerning() {
        if let Some(state) = held.take(event.stream) {
            states.insert(event.stream, state);
        }
    }
    let unknown: Vec<&RecordedEvent> =
        concerning().map(|(_, event)| event).filter(|event| !states.contains_key(&event.stream)).collect();
    if !unknown.is_empty() {
        states.extend(P::load(connection, tables, checkpoint, &unknown).await?);
    }
    for (index, event) in concerning() {
        fold::<P>(states.entry(event.stream).or_default(), event)
            .map_err(|cause| Failure::Event(index, cause))?;
    }
    Ok(states)
}
