//! One share of the streams: read in order of position, folded in memory, copied in, in one transaction of its own.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::Reader;
use futures::TryStreamExt;
use sqlx::PgConnection;
use tokio::sync::mpsc;

use super::RebuildLimits;
use super::copy_text::CopyRows;
use super::error::{RebuildError, Unfoldable};
use super::fold::{Recipe, ShareFold, unfoldable};
use super::progress::Progress;
use super::writer::{PARCELS, Parcel, write};
use crate::projector::ViewName;
use crate::rows::RowError;
use crate::stream::{EventRow, Share, StreamId, StreamType, read_share};
use crate::table::Tables;

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
}

impl Plan {
    pub(super) const fn memory_of_a_worker(&self) -> usize {
        self.limits.memory_bytes / self.limits.workers as usize
    }
}

/// What a share came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its rows are in: so many events were folded.
    Whole { events: i64 },
    /// Its states take more memory than a worker has; nothing of it is in.
    TooLarge,
}

/// Folds a share, with a connection to read by and one to write by.
pub(super) async fn fold_share(
    plan: &Plan,
    share: Share,
    reader: &mut PgConnection,
    writer: &mut PgConnection,
) -> Result<Outcome, RebuildError> {
    let (sender, receiver) = mpsc::channel(PARCELS);
    let mut work = Work::new(plan, sender);
    let (read, written) = tokio::join!(
        async {
            let read = work.read(reader, share).await;
            let events = work.events;
            // The writer ends when nobody can send it more.
            drop(work);
            (read, events)
        },
        write(writer, receiver)
    );
    let (read, events) = read;
    if !matches!(read, Ok(Outcome::Whole { .. })) {
        plan.progress.folded.fetch_sub(events, Ordering::Relaxed);
    }
    // Where Postgres refuses rows, the reader knows no more than that nobody takes them.
    written?;
    read
}

/// A share under way.
struct Work<'a> {
    plan: &'a Plan,
    parcels: mpsc::Sender<Parcel>,
    folds: Vec<Box<dyn ShareFold>>,
    rows: Vec<CopyRows>,
    numbers: HashMap<StreamId, usize>,
    streams: Vec<StreamId>,
    /// The streams that were folded since the states were weighed last.
    touched: Vec<(usize, StreamId)>,
    /// By number, whether it is among them.
    is_touched: Vec<bool>,
    unsettled: usize,
    events: i64,
}

impl<'a> Work<'a> {
    fn new(plan: &'a Plan, parcels: mpsc::Sender<Parcel>) -> Self {
        Self {
            plan,
            parcels,
            folds: plan.recipes.iter().map(|recipe| recipe.begin()).collect(),
            rows: plan.recipes.iter().map(|recipe| CopyRows::new(recipe.tables().len())).collect(),
            numbers: HashMap::new(),
            streams: Vec::new(),
            touched: Vec::new(),
            is_touched: Vec::new(),
            unsettled: 0,
            events: 0,
        }
    }

    async fn read(&mut self, reader: &mut PgConnection, share: Share) -> Result<Outcome, RebuildError> {
        let parcel = self.plan.limits.copy_bytes;
        let mut rows = read_share(reader, &self.plan.follows, share, self.plan.until).await?;
        while let Some(row) = rows.try_next().await? {
            self.take(&row)?;
            if self.unsettled >= self.plan.limits.settle_every {
                self.settle()?;
                self.send(parcel).await?;
                let weight: usize = self.folds.iter().map(|fold| fold.weight()).sum();
                if weight > self.plan.memory_of_a_worker() {
                    return Ok(Outcome::TooLarge);
                }
            }
        }
        self.settle()?;
        for first in (0..self.streams.len()).step_by(FINISH_AT_ONCE) {
            self.finish(first..self.streams.len().min(first + FINISH_AT_ONCE))?;
            self.send(parcel).await?;
        }
        self.send(1).await?;
        self.give(Parcel::Whole).await?;
        Ok(Outcome::Whole { events: self.events })
    }

    fn take(&mut self, row: &EventRow) -> Result<(), RebuildError> {
        let event = match row.decode(self.plan.reader) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            Err(error) => return Err(self.unreadable(row, error.to_string())),
        };
        let number = *self.numbers.entry(event.stream).or_insert_with(|| {
            self.streams.push(event.stream);
            self.is_touched.push(false);
            self.streams.len() - 1
        });
        for (recipe, fold) in self.plan.recipes.iter().zip(&mut self.folds) {
            if recipe.follows().contains(&event.stream.kind()) {
                fold.take(number, &event).map_err(|cause| {
                    RebuildError::Unfoldable(Box::new(unfoldable(recipe.view(), &event, cause)))
                })?;
            }
        }
        if !std::mem::replace(&mut self.is_touched[number], true) {
            self.touched.push((number, event.stream));
        }
        self.unsettled += 1;
        self.events += 1;
        Ok(())
    }

    /// Every view that follows the stream stops at it; the first one is named.
    fn unreadable(&self, row: &EventRow, cause: String) -> RebuildError {
        let view = self.plan.recipes.first().map_or("", |recipe| recipe.view().name);
        RebuildError::Unfoldable(Box::new(Unfoldable {
            view: view.to_owned(),
            position: row.position,
            stream: row.stream_text(),
            event_type: row.event_type.clone(),
            cause,
        }))
    }

    fn settle(&mut self) -> Result<(), RebuildError> {
        for ((recipe, fold), rows) in self.plan.recipes.iter().zip(&mut self.folds).zip(&mut self.rows) {
            fold.settle(&self.touched, rows).map_err(|source| no_row(recipe.view(), source))?;
        }
        for (number, _) in self.touched.drain(..) {
            self.is_touched[number] = false;
        }
        self.plan.progress.folded.fetch_add(i64::try_from(self.unsettled).unwrap_or(0), Ordering::Relaxed);
        self.unsettled = 0;
        Ok(())
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
                if self.rows[at].tables[index].text.len() >= bytes {
                    let lines = self.rows[at].tables[index].take();
                    let table = Tables::shadow(all).name(table).into_owned();
                    self.give(Parcel::Rows { table, lines }).await?;
                }
            }
        }
        Ok(())
    }

    async fn give(&self, parcel: Parcel) -> Result<(), RebuildError> {
        self.parcels.send(parcel).await.map_err(|_| sqlx::Error::WorkerCrashed.into())
    }
}

fn no_row(view: ViewName, source: RowError) -> RebuildError {
    RebuildError::Row { view: view.name.to_owned(), source }
}
