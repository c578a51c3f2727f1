//! States folded again, from the beginning of their streams.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::fold::fold;
use crate::projector::Projector;
use crate::stream::{RecordedEvent, ReplayError, StreamId, StreamType, replay};

/// The states of `streams` as they stand at the position `until`, each folded from its beginning. A stream that has no
/// event up to there, or that the view does not follow, is missing from the answer.
///
/// # Errors
/// The database did not answer, or an event cannot be read or folded.
pub async fn refold<P: Projector>(
    connection: &mut PgConnection,
    streams: &[StreamId],
    until: i64,
) -> Result<HashMap<StreamId, P::State>, ReplayError> {
    let mut states: HashMap<StreamId, P::State> = HashMap::new();
    for kind in StreamType::ALL.into_iter().filter(|kind| P::FOLLOWS.contains(kind)) {
        let of_kind: Vec<StreamId> = streams.iter().copied().filter(|stream| stream.kind() == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        replay(connection, kind, &of_kind, until, |event| {
            fold::<P>(states.entry(event.stream).or_default(), &event)
        })
        .await?;
    }
    Ok(states)
}

/// The streams of `events` that began before them: the first event of a stream has the number 1.
pub(crate) fn begun_before(events: &[&RecordedEvent]) -> Vec<StreamId> {
    let mut begun: HashMap<StreamId, bool> = HashMap::new();
    for event in events {
        begun.entry(event.stream).or_insert(event.sequence > 1);
    }
    begun.into_iter().filter_map(|(stream, before)| before.then_some(stream)).collect()
}
