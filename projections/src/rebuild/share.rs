//! One share of the streams: read once, in order of position, and dealt out by stream to a few workers, each of which folds its
//! part in memory and hands its rows in.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::Reader;
use sqlx::PgConnection;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::RebuildLimits;
use super::copy_binary::{Column, CopyRows};
use super::error::{RebuildError, Unfoldable};
use super::fold::{Recipe, ShareFold, unfoldable};
use super::progress::Progress;
use super::writer::Ends;
use crate::left_out::LeftOut;
use crate::projector::ViewName;
use crate::rows::RowError;
use crate::stream::{EventRow, RowBytes, Share, StreamId, StreamType, read_share};

/// Rows that a worker is given at once, and how many such lots wait for it.
const LOT_ROWS: usize = 128;
const LOTS: usize = 4;

/// After so many streams at the end of a share, rows go out where they have come to a parcel.
const FINISH_AT_ONCE: usize = 64;

/// What is the same for every share of a rebuild.
pub(super) struct Plan {
    pub(super) recipes: Arc<[Box<dyn Recipe>]>,
    /// The kinds of stream that any of them follows.
    pub(super) follows: Vec<StreamType>,
    /// The position up to which shares are folded.
    pub(super) until: i64,
    pub(super) limits: RebuildLimits,
    pub(super) reader: Reader,
    pub(super) progress: Arc<Progress>,
    /// What each of the views is to leave out.
    pub(super) parked: Vec<LeftOut>,
    /// The columns of each table of each of the views.
    pub(super) columns: Vec<Vec<Vec<Column>>>,
}

/// What a share came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All its rows are handed in.
    Whole(Folded),
    /// Its states take more memory than there is; some of its rows may be handed in.
    TooLarge,
}

/// What was folded of a share, or of all.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// How many events, those included that a view leaves out.
    pub(super) events: i64,
    /// What each of the views leaves out, with the first position of each stream.
    pub(super) gaps: Vec<HashMap<StreamId, i64>>,
}

impl Folded {
    /// Nothing yet.
    pub(super) fn of_none(plan: &Plan) -> Self {
        Self { events: 0, gaps: vec![HashMap::new(); plan.recipes.len()] }
    }

    /// Takes in another share, which has other streams.
    pub(super) fn add(&mut self, other: &Self) {
        self.events += other.events;
        for (gaps, more) in self.gaps.iter_mut().zip(&other.gaps) {
            gaps.extend(more);
        }
    }
}

/// Folds a share. Where it does not come to its end, the connection to read by is in the middle of it.
pub(super) async fn fold_share(
    plan: &Arc<Plan>,
    share: Share,
    reader: &mut PgConnection,
    ends: &Ends,
) -> Result<Outcome, RebuildError> {
    let weight = Arc::<AtomicUsize>::default();
    let (mut workers, mut lots) = (JoinSet::new(), Vec::new());
    for _ in 0..plan.limits.workers {
        let (deal, dealt) = mpsc::channel(LOTS);
        let (plan, weight, ends) = (Arc::clone(plan), Arc::clone(&weight), ends.clone());
        workers.spawn(async move { Work::new(&plan, ends).fold(dealt, &weight).await });
        lots.push(deal);
    }
    let read = deal(plan, share, reader, lots).await;
    let mut folded = Some(Folded::of_none(plan));
    while let Some(worker) = workers.join_next().await {
        // A worker that fails takes no more, which is all that the reader knows.
        match worker.map_err(|_| sqlx::Error::WorkerCrashed)?? {
            Outcome::Whole(part) => folded.iter_mut().for_each(|folded| folded.add(&part)),
            Outcome::TooLarge => folded = None,
        }
    }
    read?;
    Ok(folded.map_or(Outcome::TooLarge, Outcome::Whole))
}

/// Reads a share and gives each row to the worker whose part its stream is of, as long as they all take them.
async fn deal(
    plan: &Plan,
    share: Share,
    reader: &mut PgConnection,
    lots: Vec<mpsc::Sender<Vec<RowBytes>>>,
) -> Result<(), sqlx::Error> {
    let mut rows = read_share(reader, &plan.follows, share, plan.until).await?;
    let mut parts: Vec<Vec<RowBytes>> = lots.iter().map(|_| Vec::with_capacity(LOT_ROWS)).collect();
    while rows.receive().await? {
        while let Some(row) = rows.next()? {
            let part = row.part(parts.len())?;
            parts[part].push(row);
            if parts[part].len() == LOT_ROWS {
                let lot = std::mem::replace(&mut parts[part], Vec::with_capacity(LOT_ROWS));
                if lots[part].send(lot).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    for (part, lot) in lots.iter().zip(parts) {
        if part.send(lot).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// A part of a share under way.
struct Work<'a> {
    plan: &'a Plan,
    ends: Ends,
    folds: Vec<Box<dyn ShareFold>>,
    rows: Vec<CopyRows>,
    numbers: HashMap<StreamId, usize>,
    streams: Vec<StreamId>,
    /// The streams that were folded since the states were weighed last.
    touched: Vec<usize>,
    /// By number, whether it is among them.
    is_touched: Vec<bool>,
    unsettled: usize,
    events: i64,
    gaps: Vec<HashMap<StreamId, i64>>,
}

impl<'a> Work<'a> {
    fn new(plan: &'a Plan, ends: Ends) -> Self {
        Self {
            plan,
            ends,
            folds: plan.recipes.iter().map(|recipe| recipe.begin()).collect(),
            rows: plan.columns.iter().map(|tables| CopyRows::new(tables)).collect(),
            numbers: HashMap::new(),
            streams: Vec::new(),
            touched: Vec::new(),
            is_touched: Vec::new(),
            unsettled: 0,
            events: 0,
            gaps: vec![HashMap::new(); plan.recipes.len()],
        }
    }

    /// Folds what is dealt; `all` is what the states of all workers weigh.
    async fn fold(
        mut self,
        mut dealt: mpsc::Receiver<Vec<RowBytes>>,
        all: &AtomicUsize,
    ) -> Result<Outcome, RebuildError> {
        let (parcel, room) = (self.plan.limits.copy_bytes, self.plan.limits.memory_bytes);
        let mut weighed = 0;
        while let Some(rows) = dealt.recv().await {
            for row in &rows {
                self.take(&row.row()?)?;
            }
            self.send(parcel).await?;
            if self.unsettled >= self.plan.limits.settle_every {
                self.settle();
                let now: usize = self.folds.iter().map(|fold| fold.weight()).sum();
                let grown = now.wrapping_sub(weighed);
                weighed = now;
                if all.fetch_add(grown, Ordering::Relaxed).wrapping_add(grown) > room {
                    return Ok(Outcome::TooLarge);
                }
            }
        }
        // It may have been another worker that found it so.
        if all.load(Ordering::Relaxed) > room {
            return Ok(Outcome::TooLarge);
        }
        self.settle();
        for first in (0..self.streams.len()).step_by(FINISH_AT_ONCE) {
            self.finish(first..self.streams.len().min(first + FINISH_AT_ONCE))?;
            self.send(parcel).await?;
        }
        self.send(1).await?;
        Ok(Outcome::Whole(Folded { events: self.events, gaps: std::mem::take(&mut self.gaps) }))
    }

    fn take(&mut self, row: &EventRow<&str>) -> Result<(), RebuildError> {
        self.unsettled += 1;
        self.events += 1;
        let left_out = self.left_out(row);
        let event = match row.decode(self.plan.reader) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            // What nobody folds need not be readable.
            Err(_) if left_out.as_ref().is_some_and(|left_out| left_out.all) => return Ok(()),
            Err(error) => return Err(self.unreadable(row, error.to_string())),
        };
        let number = *self.numbers.entry(event.stream).or_insert_with(|| {
            self.streams.push(event.stream);
            self.is_touched.push(false);
            self.streams.len() - 1
        });
        let views = self.plan.recipes.iter().zip(&mut self.folds).zip(&mut self.rows);
        for (at, ((recipe, fold), rows)) in views.enumerate() {
            let is_left_out = left_out.as_ref().is_some_and(|left_out| left_out.by[at]);
            if !is_left_out && recipe.follows().contains(&event.stream.kind()) {
                fold.take(number, &event, rows).map_err(|cause| {
                    RebuildError::Unfoldable(Box::new(unfoldable(recipe.view(), &event, cause)))
                })?;
            }
        }
        if !std::mem::replace(&mut self.is_touched[number], true) {
            self.touched.push(number);
        }
        Ok(())
    }

    /// Notes which views leave the event out; none where nothing is parked at all.
    fn left_out(&mut self, row: &EventRow<&str>) -> Option<LeftOutBy> {
        if self.plan.parked.iter().all(LeftOut::is_empty) {
            return None;
        }
        let stream = row.followed_stream()?;
        let mut left_out = LeftOutBy { by: vec![false; self.gaps.len()], all: true };
        for (at, recipe) in self.plan.recipes.iter().enumerate() {
            if recipe.follows().contains(&stream.kind()) {
                left_out.by[at] = self.plan.parked[at].holds(stream, row.position);
                left_out.all &= left_out.by[at];
            }
            if left_out.by[at] {
                self.gaps[at].entry(stream).or_insert(row.position);
            }
        }
        Some(left_out)
    }

    /// Every view that follows the stream stops at it; the first one is named.
    fn unreadable(&self, row: &EventRow<&str>, cause: String) -> RebuildError {
        let kind = row.followed_stream().map(StreamId::kind);
        let mut recipes = self.plan.recipes.iter();
        let follower = recipes.find(|recipe| kind.is_none_or(|kind| recipe.follows().contains(&kind)));
        let view = follower.map_or("", |recipe| recipe.view().name);
        RebuildError::Unfoldable(Box::new(Unfoldable {
            view: view.to_owned(),
            position: row.position,
            stream: row.stream_text(),
            event_type: row.event_type.to_owned(),
            cause,
        }))
    }

    fn settle(&mut self) {
        for fold in &mut self.folds {
            fold.weigh(&self.touched);
        }
        for number in self.touched.drain(..) {
            self.is_touched[number] = false;
        }
        self.plan.progress.folded.fetch_add(i64::try_from(self.unsettled).unwrap_or(0), Ordering::Relaxed);
        self.unsettled = 0;
    }

    fn finish(&mut self, numbers: Range<usize>) -> Result<(), RebuildError> {
        for ((recipe, fold), rows) in self.plan.recipes.iter().zip(&mut self.folds).zip(&mut self.rows) {
            for number in numbers.clone() {
                fold.finish(number, self.streams[number], rows)
                    .map_err(|source| no_row(recipe.view(), source))?;
            }
        }
        Ok(())
    }

    /// Hands in the rows of every table that have come to `bytes`.
    async fn send(&mut self, bytes: usize) -> Result<(), RebuildError> {
        for (view, rows) in self.rows.iter_mut().enumerate() {
            for table in 0..rows.tables.len() {
                if rows.tables[table].bytes.len() >= bytes {
                    self.ends.give((view, table), rows.take(table)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Which of the views leave an event out.
struct LeftOutBy {
    by: Vec<bool>,
    /// Whether all do that follow its stream.
    all: bool,
}

fn no_row(view: ViewName, source: RowError) -> RebuildError {
    RebuildError::Row { view: view.name.to_owned(), source }
}
