//! Reading views: what a caller has seen is waited for, and nothing is said to be absent before the head was reached.

use ::projections::views::{PageSize, Slice};
use ::projections::{ViewName, WaitError};

use super::answers::list::List;
use super::cursor::Cursor;
use super::{App, AppError};

/// Where a page begins and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many items it has at most.
    pub size: PageSize,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl App {
    /// Waits until `view` has what the caller has seen.
    pub(super) async fn catch_up(&self, view: ViewName, seen: Option<i64>) -> Result<(), AppError> {
        match seen {
            Some(position) => waited(self.views.wait_for(view, position, self.read_your_writes).await),
            None => Ok(()),
        }
    }

    /// Waits until `view` has all that is in the ledger now: a read by id that finds nothing does so before it says
    /// that there is nothing.
    pub(super) async fn catch_up_to_head(&self, view: ViewName) -> Result<(), AppError> {
        waited(self.views.wait_for_head(view, self.read_your_writes).await)
    }

    /// The place after which a page begins.
    pub(super) fn after(&self, page: &Page) -> Result<Option<i64>, AppError> {
        page.after.map(|cursor| cursor.place(self.ledger.epoch())).transpose()
    }

    /// A page as it is answered.
    pub(super) fn list<R, T>(&self, slice: Slice<R>, answer: impl FnMut(R) -> T) -> List<T> {
        let next = slice.next.map(|place| Cursor::at(self.ledger.epoch(), place).to_string());
        List { items: slice.items.into_iter().map(answer).collect(), next }
    }
}

/// A position past the head was given by another history: waiting longer would not bring it.
fn waited(waited: Result<(), WaitError>) -> Result<(), AppError> {
    match waited {
        Ok(()) => Ok(()),
        Err(WaitError::Behind(lag)) if lag.wanted > lag.head => Err(AppError::OtherEpoch("Ledger-Position")),
        Err(WaitError::Behind(lag)) => Err(AppError::Behind(lag)),
        Err(WaitError::Database(error)) => Err(error.into()),
    }
}
