//! States that hold more than their rows do: folded again, from the beginning of the stream.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::projector::Projector;
use crate::stream::{RecordedEvent, ReplayError, StreamId, StreamType, replay};

/// Folds streams from their beginning, for a view whose state holds more than its rows do. A stream that begins
/// within the batch has nothing to fold.
pub(crate) async fn refold<P: Projector>(
    connection: &mut PgConnection,
    kind: StreamType,
    checkpoint: i64,
    events: &[&RecordedEvent],
) -> Result<HashMap<StreamId, P::State>, ReplayError> {
    let mut begun: HashMap<StreamId, bool> = HashMap::new();
    for event in events {
        begun.entry(event.stream).or_insert(event.sequence > 1);
    }
    let streams: Vec<StreamId> =
        begun.into_iter().filter_map(|(stream, begun)| begun.then_some(stream)).collect();
    let mut states: HashMap<StreamId, P::State> = HashMap::new();
    if !streams.is_empty() {
        replay(connection, kind, &streams, checkpoint, |event| {
            P::fold(states.entry(event.stream).or_default(), &event).map_err(|error| error.to_string())
        })
        .await?;
    }
    Ok(states)
}
