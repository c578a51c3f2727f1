//! Bringing the new tables of a view up to the head, batch by batch, as its leader would.

use std::collections::HashMap;

use domain::Reader;
use sqlx::PgConnection;

use super::error::Unfoldable;
use super::fold::unfoldable;
use crate::fold::fold;
use crate::left_out::LeftOut;
use crate::projector::Projector;
use crate::stream::{BatchLimits, End, NewerEvent, ReplayError, StreamId, read_batch};
use crate::table::Tables;

/// What a batch came to.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The position that the new tables have now.
    pub(super) last: i64,
    /// Whether that was the head when the batch was read.
    pub(super) at_head: bool,
    /// The streams of which events were left out, with the first of these positions.
    pub(super) left_out: HashMap<StreamId, i64>,
}

/// Why there is no batch.
#[derive(Debug)]
pub(crate) enum Failure {
    Unfoldable(Unfoldable),
    Newer(NewerEvent),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Folds what follows `after`, but for what is left out; every position up to the answer's was read, none of them missing.
pub(super) async fn batch<P: Projector>(
    connection: &mut PgConnection,
    after: i64,
    left_out: &LeftOut,
    (limits, reader): (BatchLimits, Reader),
) -> Result<Batch, Failure> {
    let read = read_batch(connection, after, P::FOLLOWS, left_out, limits, reader).await?;
    if let End::Newer(newer) = read.end {
        return Err(Failure::Newer(newer));
    }
    if let End::Unreadable(stop) = read.end {
        let (view, position) = (P::VIEW.name.to_owned(), stop.position);
        let (stream, event_type, cause) = (stop.stream, stop.event_type, stop.cause);
        return Err(Failure::Unfoldable(Unfoldable { view, position, stream, event_type, cause }));
    }
    let tables = Tables::shadow(P::TABLES);
    let events: Vec<_> = read.events.iter().collect();
    let mut states: HashMap<StreamId, P::State> = match P::load(connection, tables, after, &events).await {
        Ok(states) => states,
        Err(ReplayError::Database(error)) => return Err(error.into()),
        Err(ReplayError::Newer(newer)) => return Err(Failure::Newer(newer)),
        Err(ReplayError::Unreadable { position, cause }) => {
            let (stream, event_type) = (String::new(), String::new());
            let view = P::VIEW.name.to_owned();
            return Err(Failure::Unfoldable(Unfoldable { view, position, stream, event_type, cause }));
        }
    };
    for event in &read.events {
        fold::<P>(states.entry(event.stream).or_default(), event)
            .map_err(|cause| Failure::Unfoldable(unfoldable(P::VIEW, event, cause)))?;
    }
    let changed: Vec<(StreamId, &P::State)> = states.iter().map(|(stream, state)| (*stream, state)).collect();
    if !changed.is_empty() {
        P::save(connection, tables, &changed).await?;
    }
    Ok(Batch { last: read.last, at_head: matches!(read.end, End::Head), left_out: read.left_out })
}
