//! One share of the streams: read once, in order of position, and dealt out by stream to a few workers, each of which folds its
//! part in memory and copies it in, in one transaction of its own. None commits before all have folded their parts: a share that
//! is too large for the memory is given up whole.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::Reader;
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::RebuildLimits;
use super::copy_binary::{Column, CopyRows};
use super::error::{RebuildError, Unfoldable};
use super::fold::{Recipe, ShareFold, unfoldable};
use super::progress::Progress;
use super::writer::{PARCELS, Parcel, write};
use crate::left_out::LeftOut;
use crate::projector::ViewName;
use crate::rows::RowError;
use crate::stream::{EventRow, RowBytes, Share, StreamId, StreamType, read_share};
use crate::table::Tables;

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
    /// Its rows are in.
    Whole(Folded),
    /// Its states take more memory than there is; nothing of it is in.
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

/// The connections of a share, which the next one has after it.
pub(super) struct Connections {
    pub(super) reader: PgConnection,
    /// One for each worker.
    pub(super) writers: Vec<PgConnection>,
}

/// Folds a share. Where it is too large, the connection to read by is in the middle of it.
pub(super) async fn fold_share(
    plan: &Arc<Plan>,
    share: Share,
    connections: &mut Connections,
) -> Result<Outcome, RebuildError> {
    let weight = Arc::<AtomicUsize>::default();
    let (mut workers, mut lots, mut agreements) = (JoinSet::new(), Vec::new(), Vec::new());
    for writer in connections.writers.drain(..) {
        let (deal, dealt) = mpsc::channel(LOTS);
        let (agreement, agreed) = Agreement::new();
        workers.spawn(fold_part(Arc::clone(plan), dealt, writer, Arc::clone(&weight), agreed));
        lots.push(deal);
        agreements.push(agreement);
    }
    let read = deal(plan, share, &mut connections.reader, lots).await;
    let mut all_folded = matches!(read, Ok(Dealt::All));
    for agreement in &mut agreements {
        all_folded = all_folded && (&mut agreement.folded).await.is_ok();
    }
    if all_folded {
        for agreement in agreements {
            // Whoever is gone by now says why below.
            let _ = agreement.go_on.send(());
        }
    } else {
        drop(agreements);
    }
    let mut folded = Some(Folded::of_none(plan));
    let mut failed = None;
    while let Some(worker) = workers.join_next().await {
        let (writer, outcome) = worker.map_err(|_| sqlx::Error::WorkerCrashed)?;
        connections.writers.push(writer);
        match outcome {
            Ok(Outcome::Whole(part)) => folded.iter_mut().for_each(|folded| folded.add(&part)),
            Ok(Outcome::TooLarge) => folded = None,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        // A worker that fails takes no more, which is all that the reader knows.
        Some(error) => Err(error),
        None => {
            read?;
            Ok(folded.map_or(Outcome::TooLarge, Outcome::Whole))
        }
    }
}

/// What became of the rows of a share.
enum Dealt {
    All,
    /// A worker takes no more.
    Refused,
}

/// Reads a share and gives each row to the worker whose part its stream is of.
async fn deal(
    plan: &Plan,
    share: Share,
    reader: &mut PgConnection,
    lots: Vec<mpsc::Sender<Vec<RowBytes>>>,
) -> Result<Dealt, sqlx::Error> {
    let mut rows = read_share(reader, &plan.follows, share, plan.until).await?;
    let mut parts: Vec<Vec<RowBytes>> = lots.iter().map(|_| Vec::with_capacity(LOT_ROWS)).collect();
    while rows.receive().await? {
        while let Some(row) = rows.next()? {
            let part = row.part(parts.len())?;
            parts[part].push(row);
            if parts[part].len() == LOT_ROWS {
                let lot = std::mem::replace(&mut parts[part], Vec::with_capacity(LOT_ROWS));
                if lots[part].send(lot).await.is_err() {
                    return Ok(Dealt::Refused);
                }
            }
        }
    }
    for (part, lot) in lots.iter().zip(parts) {
        if part.send(lot).await.is_err() {
            return Ok(Dealt::Refused);
        }
    }
    Ok(Dealt::All)
}

/// That all parts of a share are folded, from the one who waits for all of them.
struct Agreement {
    folded: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
}

/// The same, from one of them.
struct Agreed {
    folded: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

impl Agreement {
    fn new() -> (Self, Agreed) {
        let ((folded, is_folded), (go_on, goes_on)) = (oneshot::channel(), oneshot::channel());
        (Self { folded: is_folded, go_on }, Agreed { folded, go_on: goes_on })
    }
}

impl Agreed {
    /// Says that this part is folded, and waits for the others; false where the share is given up.
    async fn wait(self) -> bool {
        self.folded.send(()).is_ok() && self.go_on.await.is_ok()
    }
}

/// Folds what is dealt, and gives the connection back.
async fn fold_part(
    plan: Arc<Plan>,
    dealt: mpsc::Receiver<Vec<RowBytes>>,
    mut writer: PgConnection,
    weight: Arc<AtomicUsize>,
    agreed: Agreed,
) -> (PgConnection, Result<Outcome, RebuildError>) {
    let (sender, receiver) = mpsc::channel(PARCELS);
    let mut work = Work::new(&plan, sender);
    let (folded, written) = tokio::join!(
        async {
            let folded = work.fold(dealt, &weight, agreed).await;
            let events = work.events;
            // The writer ends when nobody can send it more.
            drop(work);
            (folded, events)
        },
        write(&mut writer, receiver)
    );
    let (folded, events) = folded;
    if !matches!(folded, Ok(Outcome::Whole(_))) {
        plan.progress.folded.fetch_sub(events, Ordering::Relaxed);
    }
    // Where Postgres refuses rows, whoever folds knows no more than that nobody takes them.
    (writer, written.map_err(RebuildError::from).and(folded))
}

/// A part of a share under way.
struct Work<'a> {
    plan: &'a Plan,
    parcels: mpsc::Sender<Parcel>,
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
    fn new(plan: &'a Plan, parcels: mpsc::Sender<Parcel>) -> Self {
        Self {
            plan,
            parcels,
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

    async fn fold(
        &mut self,
        mut dealt: mpsc::Receiver<Vec<RowBytes>>,
        weight: &AtomicUsize,
        agreed: Agreed,
    ) -> Result<Outcome, RebuildError> {
        let parcel = self.plan.limits.copy_bytes;
        let mut weighed = 0;
        while let Some(rows) = dealt.recv().await {
            for row in &rows {
                self.take(&row.row()?)?;
            }
            self.send(parcel).await?;
            if self.unsettled >= self.plan.limits.settle_every {
                self.settle();
                let now: usize = self.folds.iter().map(|fold| fold.weight()).sum();
                let before = weight.fetch_add(now.wrapping_sub(weighed), Ordering::Relaxed);
                let all = before.wrapping_add(now.wrapping_sub(weighed));
                weighed = now;
                if all > self.plan.limits.memory_bytes {
                    return Ok(Outcome::TooLarge);
                }
            }
        }
        self.settle();
        if !agreed.wait().await {
            return Ok(Outcome::TooLarge);
        }
        for first in (0..self.streams.len()).step_by(FINISH_AT_ONCE) {
            self.finish(first..self.streams.len().min(first + FINISH_AT_ONCE))?;
            self.send(parcel).await?;
        }
        self.send(1).await?;
        self.give(Parcel::Whole).await?;
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

    /// Sends the rows of every table that have come to `bytes`.
    async fn send(&mut self, bytes: usize) -> Result<(), RebuildError> {
        for at in 0..self.rows.len() {
            let all = self.plan.recipes[at].tables();
            for (index, table) in all.iter().enumerate() {
                if self.rows[at].tables[index].bytes.len() >= bytes {
                    let (columns, rows) = self.rows[at].take(index);
                    let table = Tables::shadow(all).name(table).into_owned();
                    self.give(Parcel::Rows { table, columns, rows }).await?;
                }
            }
        }
        Ok(())
    }

    async fn give(&self, parcel: Parcel) -> Result<(), RebuildError> {
        self.parcels.send(parcel).await.map_err(|_| sqlx::Error::WorkerCrashed.into())
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
