//! Reading views: what a caller has seen is waited for, and nothing is said to be absent before the head was reached.

use ::projections::views::{PageSize, Slice};
use ::projections::{ViewName, WaitError};

use super::answers::list::List;
use super::{App, AppError};
use crate::ledger::Place;

/// Where a page begins and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many items it has at most.
    pub size: PageSize,
    /// Where the page before ended.
    pub after: Option<Place>,
}

impl Page {
    /// The number after which it begins, in whatever history the cursor is of: [`App::list`] refuses another's.
    pub(super) fn after_number(&self) -> Option<i64> {
        self.after.map(|cursor| cursor.number)
    }
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

    /// A page as it is answered, unless its cursor is of another history. The epoch is read after the rows were: one that
    /// is still the cursor's own was so when they were read.
    pub(super) async fn list<R, T>(
        &self,
        page: &Page,
        slice: Slice<R>,
        answer: impl FnMut(R) -> T,
    ) -> Result<List<T>, AppError> {
        let epoch = self.ledger.epoch().await?;
        if page.after.is_some_and(|cursor| cursor.epoch != epoch) {
            return Err(AppError::OldCursor { epoch });
        }
        let next = slice.next.map(|number| Place { epoch, number }.to_string());
        Ok(List { items: slice.items.into_iter().map(answer).collect(), next })
    }
}

/// A position past the head was given by another history: waiting longer would not bring it.
fn waited(waited: Result<(), WaitError>) -> Result<(), AppError> {
    match waited {
        Ok(()) => Ok(()),
        Err(WaitError::Behind(lag)) if lag.wanted > lag.head => {
            Err(AppError::PastHead { what: "Ledger-Position", sent: lag.wanted, head: lag.head })
        }
        Err(WaitError::Behind(lag)) => Err(AppError::Behind(lag)),
        Err(WaitError::Database(error)) => Err(error.into()),
    }
}
