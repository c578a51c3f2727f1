//! Whether the rows of views are what the events come to: events are folded again and held to the live rows.
//!
//! Streams are taken in batches. A batch is looked at in a transaction of its own that sees one moment: the checkpoint of
//! each view, its rows, and the events up to that checkpoint. So nothing that is on its way is taken for a difference,
//! and a view that stands still is held to the events up to where it stands. Events are read once for all views.
//!
//! Architecture invariant: a comparison writes nothing and takes no lock that a reader or a leader waits for. A repair
//! writes the rows of the streams that differ and no others, out of the same fold, while the view's leader waits.

mod check;
mod compare;
mod finding;
mod moment;
mod repair;
mod report;
mod strays;
mod streams;

use std::collections::BTreeMap;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;

use crate::projector::ViewName;
use crate::reading::Views;
use crate::stream::{StreamId, StreamType};
use check::Check;
use finding::Compared;
use moment::Standing;

pub use finding::{Column, Difference, Finding};
pub use report::{DriftError, DriftNews, DriftSummary, ViewDrift};
pub use streams::DriftWalk;

/// Streams of one transaction: few enough that it ends within a fraction of a second, for whoever waits to swap tables.
const BATCH_STREAMS: usize = 100;

/// Which streams are looked at.
#[derive(Debug)]
pub enum DriftScope<'a> {
    /// All of them; rows of streams that do not exist, and derived tables, as well.
    Whole,
    /// These.
    Streams(&'a [StreamId]),
    /// The next ones of a walk: so many of each kind of stream.
    Next(&'a mut DriftWalk, usize),
}

impl Views {
    /// Holds the rows of `views` to the events of the streams in `scope`, and where `repair` is set writes anew what
    /// differs. Tells everything as it comes.
    ///
    /// # Errors
    /// The database did not answer, or a view could not be repaired. What was told before stands.
    pub async fn drift(
        &self,
        views: &[ViewName],
        scope: DriftScope<'_>,
        repair: bool,
        tell: &mut (dyn FnMut(DriftNews<'_>) + Send),
    ) -> Result<DriftSummary, DriftError> {
        let connection = self.upkeep().acquire().await?;
        let checks: Vec<Box<dyn Check>> =
            check::all().into_iter().filter(|check| views.contains(&check.view())).collect();
        let counts = vec![Counts::default(); checks.len()];
        let mut look = Look { connection, checks, counts, repair, tell, streams: 0, events: 0 };
        look.look(scope).await?;
        Ok(look.summary())
    }
}

/// One look at a ledger.
struct Look<'a> {
    connection: PoolConnection<Postgres>,
    checks: Vec<Box<dyn Check>>,
    /// Of each check.
    counts: Vec<Counts>,
    repair: bool,
    tell: &'a mut (dyn FnMut(DriftNews<'_>) + Send),
    streams: u64,
    events: u64,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    standing: Standing,
    streams: u64,
    rows: u64,
    repaired: u64,
}

impl Look<'_> {
    async fn look(&mut self, scope: DriftScope<'_>) -> Result<(), DriftError> {
        match scope {
            DriftScope::Whole => {
                // A row of a stream that does not exist can stand in the way of one that is missing.
                self.strays().await?;
                for kind in self.kinds() {
                    let mut walk = DriftWalk::of_all();
                    while self.next_of(&mut walk, kind, BATCH_STREAMS).await? > 0 {}
                }
                self.derived().await
            }
            DriftScope::Streams(streams) => self.batches(streams).await,
            DriftScope::Next(walk, count) => {
                for kind in self.kinds() {
                    let mut left = count;
                    while left > 0 {
                        let looked = self.next_of(walk, kind, left.min(BATCH_STREAMS)).await?;
                        left = if looked == 0 { 0 } else { left - looked };
                    }
                }
                Ok(())
            }
        }
    }

    /// The kinds of stream that any of the views follows.
    fn kinds(&self) -> Vec<StreamType> {
        let followed = |kind: &StreamType| self.checks.iter().any(|check| check.follows().contains(kind));
        StreamType::ALL.into_iter().filter(followed).collect()
    }

    async fn next_of(
        &mut self,
        walk: &mut DriftWalk,
        kind: StreamType,
        most: usize,
    ) -> Result<usize, DriftError> {
        let next = walk.next(&mut self.connection, kind, most).await?;
        self.batches(&next).await?;
        Ok(next.len())
    }

    async fn batches(&mut self, streams: &[StreamId]) -> Result<(), DriftError> {
        for batch in streams.chunks(BATCH_STREAMS) {
            let every: Vec<usize> = (0..self.checks.len()).collect();
            self.batch(batch, &every).await?;
        }
        Ok(())
    }

    /// Looks at some streams in the views at `which`, and repairs them if that is wanted.
    async fn batch(&mut self, streams: &[StreamId], which: &[usize]) -> Result<(), DriftError> {
        let (mut moment, standings) = moment::begin(&mut self.connection, &self.checks, which).await?;
        let mut foldable = Vec::with_capacity(which.len());
        for (&index, standing) in which.iter().zip(standings) {
            // What a later build has folded is not wrong because this one cannot read it.
            if standing.needs().is_none() {
                self.checks[index].begin(standing.clone());
                foldable.push(index);
            }
            self.counts[index].standing = standing;
        }
        let events = check::fold(&mut moment, &mut self.checks, &foldable, streams).await?;
        let mut compared = BTreeMap::new();
        for index in foldable {
            let found = compare::streams(&mut moment, self.checks[index].as_ref(), streams).await?;
            compared.insert(index, found);
        }
        moment.rollback().await?;
        self.streams += streams.len() as u64;
        self.events += events;
        (self.tell)(DriftNews::Looked { streams: streams.len(), events });
        for (index, found) in compared {
            self.found(index, &found);
            if self.repair && !found.differing.is_empty() {
                self.repair_streams(index, &found.differing).await?;
            }
        }
        Ok(())
    }

    /// Counts and tells what was found in one view.
    fn found(&mut self, index: usize, compared: &Compared) {
        self.counts[index].streams += compared.differing.len() as u64;
        self.counts[index].rows += compared.rows;
        for finding in &compared.findings {
            (self.tell)(DriftNews::Found(finding));
        }
    }

    fn summary(&self) -> DriftSummary {
        let views = self.checks.iter().zip(&self.counts).map(|(check, counts)| ViewDrift {
            view: check.view(),
            position: counts.standing.position,
            head: counts.standing.head,
            stopped: counts.standing.stopped,
            needs_reader: counts.standing.needs(),
            streams: counts.streams,
            rows: counts.rows,
            repaired: counts.repaired,
        });
        DriftSummary { streams: self.streams, events: self.events, views: views.collect() }
    }
}
