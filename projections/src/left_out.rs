//! Which streams a view leaves out: those that it is to, and those that it does.
//!
//! Operators park streams; the view `parked` says which ([`parked_for`]). A view follows in its own time: whoever writes its
//! rows notes a gap for each stream whose events it left out, in the transaction that writes the rows ([`gaps_of`],
//! [`note_gap`], [`clear_gap`], [`clear_gaps`]). Rows of such a stream are the fold of its events before the gap. So what
//! the rows are is told by the gaps alone, whatever is parked meanwhile.

use std::collections::HashMap;

use domain::OperationsId;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::projector::ViewName;
use crate::stream::{StreamId, StreamType};
use crate::views::parked;

/// What operators have parked for one view.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// The first position that the view is to leave out, by stream.
    pub(crate) from: HashMap<StreamId, i64>,
    /// Whether the view `parked` has every act. Where it has not, a stream that is missing here may be parked all the same.
    pub(crate) is_complete: bool,
}

/// Whether all is there; and of a stream, type, id and first position.
type WantedRow = (bool, Option<String>, Option<Uuid>, Option<i64>);

/// What is parked for the view of this name, in whichever version.
pub(crate) async fn parked_for(connection: &mut PgConnection, view: &str) -> Result<Wanted, sqlx::Error> {
    let rows: Vec<WantedRow> = sqlx::query_as(include_str!("left_out/wanted.sql"))
        .bind(view)
        .bind(parked::VIEW.name)
        .bind(parked::VIEW.version)
        .bind(StreamType::Operations.as_str())
        .bind(OperationsId::ONLY.0.to_string())
        .fetch_all(connection)
        .await?;
    let mut wanted = Wanted::default();
    for (is_complete, kind, id, from) in rows {
        wanted.is_complete = is_complete;
        if let (Some(kind), Some(id), Some(from)) = (kind, id, from)
            && let Some(stream) = StreamId::named(&kind, id)
        {
            wanted.from.insert(stream, from);
        }
    }
    Ok(wanted)
}

/// The streams that a view does leave out, each with the first position that was not folded.
pub(crate) async fn gaps_of(
    executor: impl PgExecutor<'_>,
    view: ViewName,
) -> Result<HashMap<StreamId, i64>, sqlx::Error> {
    let rows: Vec<(String, Uuid, i64)> = sqlx::query_as(
        "SELECT stream_type, stream_id, from_position FROM projection_gaps WHERE name = $1 AND version = $2",
    )
    .bind(view.name)
    .bind(view.version)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().filter_map(|(kind, id, from)| Some((StreamId::named(&kind, id)?, from))).collect())
}

/// Notes that a view leaves out a stream from a position on, in the place of what was noted of that stream. The view has a
/// row in `projections`.
pub(crate) async fn note_gap(
    executor: impl PgExecutor<'_>,
    view: ViewName,
    stream: StreamId,
    from_position: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("left_out/note_gap.sql"))
        .bind(view.name)
        .bind(view.version)
        .bind(stream.kind().as_str())
        .bind(stream.uuid())
        .bind(from_position)
        .execute(executor)
        .await?;
    Ok(())
}

/// Notes that a view has the whole of a stream, up to its checkpoint.
pub(crate) async fn clear_gap(
    executor: impl PgExecutor<'_>,
    view: ViewName,
    stream: StreamId,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("left_out/clear_gap.sql"))
        .bind(view.name)
        .bind(view.version)
        .bind(stream.kind().as_str())
        .bind(stream.uuid())
        .execute(executor)
        .await?;
    Ok(())
}

/// Forgets every gap of a view that is made anew.
pub(crate) async fn clear_gaps(executor: impl PgExecutor<'_>, view: ViewName) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM projection_gaps WHERE name = $1 AND version = $2")
        .bind(view.name)
        .bind(view.version)
        .execute(executor)
        .await?;
    Ok(())
}

/// What one view leaves out while it is folded along the positions.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// What it is to leave out.
    pub(crate) wanted: Wanted,
    /// What it does leave out.
    pub(crate) gaps: HashMap<StreamId, i64>,
}

impl LeftOut {
    /// What the view leaves out as things stand.
    pub(crate) async fn read(connection: &mut PgConnection, view: ViewName) -> Result<Self, sqlx::Error> {
        let wanted = parked_for(connection, view.name).await?;
        Ok(Self { wanted, gaps: gaps_of(connection, view).await? })
    }

    /// Whether there is nothing to leave out.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.from.is_empty() && self.gaps.is_empty()
    }

    /// Whether the stream's event at this position, which the view comes to next, is left out. An event after one that was
    /// left out is left out too: it cannot follow on what the view holds.
    pub(crate) fn holds(&self, stream: StreamId, position: i64) -> bool {
        self.gaps.contains_key(&stream) || self.is_parked(stream, position)
    }

    /// The streams whose rows a view at the position `checkpoint` is to fold on, since they are parked no more, or from a later
    /// position than they are left out from.
    pub(crate) fn behind(&self, checkpoint: i64) -> Vec<Behind> {
        let until = |stream: &StreamId, gap: i64| match self.wanted.from.get(stream) {
            Some(from) => (*from > gap).then_some(checkpoint.min(*from - 1)),
            None => self.wanted.is_complete.then_some(checkpoint),
        };
        let gaps = self.gaps.iter().map(|(stream, gap)| (*stream, *gap));
        gaps.filter_map(|(stream, gap)| Some(Behind { stream, gap, until: until(&stream, gap)? })).collect()
    }

    /// Whether the stream is parked, and the position is one of those that it is parked for.
    pub(crate) fn is_parked(&self, stream: StreamId, position: i64) -> bool {
        self.wanted.from.get(&stream).is_some_and(|from| position >= *from)
    }
}

/// A stream whose rows are to be folded on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behind {
    pub(crate) stream: StreamId,
    /// The first position of it that is not folded.
    pub(crate) gap: i64,
    /// The last position that counts.
    pub(crate) until: i64,
}

#[cfg(test)]
mod tests {
    use domain::CopyId;

    use super::*;

    const STREAM: StreamId = StreamId::Copy(CopyId(Uuid::nil()));

    /// How far a stream with a gap at 10 is to be folded on by a view at 20.
    fn until(parked_from: Option<i64>, is_complete: bool) -> Option<i64> {
        let wanted =
            Wanted { from: parked_from.map(|from| (STREAM, from)).into_iter().collect(), is_complete };
        let left_out = LeftOut { wanted, gaps: HashMap::from([(STREAM, 10)]) };
        left_out.behind(20).first().map(|behind| behind.until)
    }

    #[test]
    fn a_gap_that_is_wanted_is_left_and_one_that_is_not_is_folded_up_to_what_is_wanted() {
        assert_eq!(until(Some(10), true), None);
        assert_eq!(until(Some(9), true), None, "what was folded is not taken back");
        assert_eq!(until(Some(15), true), Some(14));
        assert_eq!(until(Some(30), true), Some(20));
        assert_eq!(until(None, true), Some(20));
        assert_eq!(until(None, false), None, "it may be parked all the same");
    }

    #[test]
    fn once_an_event_of_a_stream_is_left_out_so_are_all_that_follow_it() {
        let wanted = Wanted { from: HashMap::from([(STREAM, 10)]), is_complete: true };
        let parked = LeftOut { wanted, gaps: HashMap::new() };
        assert_eq!([9, 10, 11].map(|position| parked.holds(STREAM, position)), [false, true, true]);
        let unparked = LeftOut { wanted: Wanted::default(), gaps: HashMap::from([(STREAM, 10)]) };
        assert!(unparked.holds(STREAM, 11) && !unparked.is_parked(STREAM, 11));
    }
}
