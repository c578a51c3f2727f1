//! Folding one event, and what becomes of a fold that panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::projector::{FoldError, Projector};
use crate::rows::RowSink;
use crate::stream::RecordedEvent;

/// Folds an event into its stream's state. A fold that panics is a bug in it that this event brings out: the event stops
/// the view as one that is refused does, with the panic's words as its cause.
///
/// After an error the state must not be used: it may be half changed.
pub(crate) fn fold<P: Projector>(state: &mut P::State, event: &RecordedEvent) -> Result<(), String> {
    guarded(|| P::fold(state, event))
}

/// The same, with rows that never change on their way at once. After an error `rows` must not be used either.
pub(crate) fn fold_out<P: Projector>(
    state: &mut P::State,
    event: &RecordedEvent,
    rows: &mut impl RowSink,
) -> Result<(), String> {
    guarded(|| P::fold_out(state, event, rows))
}

fn guarded(fold: impl FnOnce() -> Result<(), FoldError>) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(fold)) {
        Ok(folded) => folded.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("the fold panicked: {}", words(panic.as_ref()))),
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}
