//! How far the projectors of this process have come: it wakes who waits in the same process, and nothing more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::projector::ViewName;

/// The last position that a projector of this process committed, by view.
///
/// What a view holds stands in the database alone, and another process may lead it: a waiter that this wakes looks there.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<HashMap<ViewName, watch::Sender<i64>>>);

impl Progress {
    pub(crate) fn committed(&self, view: ViewName, position: i64) {
        self.with(view, |sender| {
            sender.send_replace(position);
        });
    }

    pub(crate) fn watch(&self, view: ViewName) -> watch::Receiver<i64> {
        self.with(view, |sender| sender.subscribe())
    }

    fn with<T>(&self, view: ViewName, act: impl FnOnce(&watch::Sender<i64>) -> T) -> T {
        // No code of ours panics under the lock, and a map of senders is whole in any case.
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(&*senders.entry(view).or_insert_with(|| watch::Sender::new(0)))
    }
}
