//! The fold of one view as a look at many views has it.

use std::collections::{BTreeMap, HashMap};

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use super::moment::Standing;
use crate::fold::fold as fold_one;
use crate::projector::{Projector, ViewName};
use crate::replace::replace;
use crate::rows::JsonRows;
use crate::stream::{DecodeError, RecordedEvent, StreamId, StreamType, replay_each};
use crate::table::{Table, Tables};
use crate::views::annotations::Annotations;
use crate::views::audit_trail::AuditTrail;
use crate::views::copies::Copies;
use crate::views::copy_locks::CopyLocks;
use crate::views::exams::Exams;
use crate::views::parked::Parked;
use crate::views::subjects::Subjects;
use crate::views::work_queue::WorkQueue;

/// Folds some streams of one view, and has the rows that they come to.
pub(super) trait Check: Send + Sync {
    fn view(&self) -> ViewName;

    fn tables(&self) -> &'static [Table];

    fn follows(&self) -> &'static [StreamType];

    /// Begins with no stream folded, for a view that stands so.
    fn begin(&mut self, standing: Standing);

    /// The last position that counts.
    fn until(&self) -> i64;

    /// Takes in one event, as far as it counts.
    fn take(&mut self, stream: StreamId, position: i64, event: &Result<RecordedEvent, DecodeError>);

    /// The events that could not be folded, by stream: position and cause. Such a stream has no rows.
    fn unfoldable(&self) -> &BTreeMap<StreamId, (i64, String)>;

    /// The rows that the folded streams come to.
    fn rows(&self) -> Result<JsonRows, sqlx::Error>;

    /// Writes the rows of these streams anew, as folded; derived tables are brought along.
    fn replace<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        streams: &'a [StreamId],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>>;
}

/// One check a view.
pub(super) fn all() -> Vec<Box<dyn Check>> {
    vec![
        of::<Copies>(),
        of::<CopyLocks>(),
        of::<Annotations>(),
        of::<AuditTrail>(),
        of::<WorkQueue>(),
        of::<Exams>(),
        of::<Parked>(),
        of::<Subjects>(),
    ]
}

fn of<P: Projector>() -> Box<dyn Check> {
    Box::new(One::<P> { standing: Standing::default(), states: HashMap::new(), unfoldable: BTreeMap::new() })
}

/// Reads the events of some streams once, for all the checks at `which`. Answers how many there were.
pub(super) async fn fold(
    connection: &mut PgConnection,
    checks: &mut [Box<dyn Check>],
    which: &[usize],
    streams: &[StreamId],
) -> Result<u64, sqlx::Error> {
    let mut events = 0;
    for kind in StreamType::ALL {
        let of_kind: Vec<StreamId> = streams.iter().copied().filter(|stream| stream.kind() == kind).collect();
        let until = which.iter().map(|&index| checks[index].until()).max();
        let (false, Some(until)) = (of_kind.is_empty(), until) else { continue };
        replay_each::<sqlx::Error>(connection, kind, &of_kind, until, |stream, position, event| {
            events += 1;
            which.iter().for_each(|&index| checks[index].take(stream, position, &event));
            Ok(())
        })
        .await?;
    }
    Ok(events)
}

struct One<P: Projector> {
    standing: Standing,
    states: HashMap<StreamId, P::State>,
    unfoldable: BTreeMap<StreamId, (i64, String)>,
}

impl<P: Projector> Check for One<P> {
    fn view(&self) -> ViewName {
        P::VIEW
    }

    fn tables(&self) -> &'static [Table] {
        P::TABLES
    }

    fn follows(&self) -> &'static [StreamType] {
        P::FOLLOWS
    }

    fn begin(&mut self, standing: Standing) {
        self.standing = standing;
        self.states.clear();
        self.unfoldable.clear();
    }

    fn until(&self) -> i64 {
        self.standing.position
    }

    fn take(&mut self, stream: StreamId, position: i64, event: &Result<RecordedEvent, DecodeError>) {
        let counts = P::FOLLOWS.contains(&stream.kind()) && position <= self.standing.last_of(stream);
        if !counts || self.unfoldable.contains_key(&stream) {
            return;
        }
        let folded = match event {
            Ok(event) => fold_one::<P>(self.states.entry(stream).or_default(), event),
            Err(error) => Err(error.to_string()),
        };
        if let Err(cause) = folded {
            self.states.remove(&stream);
            self.unfoldable.insert(stream, (position, cause));
        }
    }

    fn unfoldable(&self) -> &BTreeMap<StreamId, (i64, String)> {
        &self.unfoldable
    }

    fn rows(&self) -> Result<JsonRows, sqlx::Error> {
        let states: Vec<(StreamId, &P::State)> =
            self.states.iter().map(|(stream, state)| (*stream, state)).collect();
        JsonRows::of::<P>(&states)
    }

    fn replace<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        streams: &'a [StreamId],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        async move {
            // A stream without events has no rows.
            let nothing = P::State::default();
            let state = |stream: &StreamId| (*stream, self.states.get(stream).unwrap_or(&nothing));
            let states: Vec<(StreamId, &P::State)> = streams.iter().map(state).collect();
            replace::<P>(connection, Tables::live(P::TABLES), &states).await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_is_looked_at() {
        let looked_at: Vec<ViewName> = all().iter().map(|check| check.view()).collect();
        assert_eq!(looked_at, crate::views::ALL.map(|(view, _)| view));
    }
}
