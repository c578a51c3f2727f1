//! The fold of one view over a share of the streams, as a rebuild of many views has it.

use std::marker::PhantomData;

use domain::Reader;
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use super::catch_up::{self, Batch};
use super::copy_binary::CopyRows;
use super::error::Unfoldable;
use crate::fold::fold_out;
use crate::left_out::LeftOut;
use crate::projector::{Projector, ViewName};
use crate::rows::RowError;
use crate::stream::{BatchLimits, RecordedEvent, StreamId, StreamType};
use crate::table::Table;

/// A view that can be rebuilt: its projector, as a value.
pub(crate) trait Recipe: Send + Sync {
    fn view(&self) -> ViewName;

    fn tables(&self) -> &'static [Table];

    fn follows(&self) -> &'static [StreamType];

    /// Begins a share with no stream folded.
    fn begin(&self) -> Box<dyn ShareFold>;

    /// Folds the next events after `after` into the tables that the rebuild fills, in the caller's transaction.
    fn catch_up<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        after: i64,
        left_out: &'a LeftOut,
        limits: (BatchLimits, Reader),
    ) -> BoxFuture<'a, Result<Batch, catch_up::Failure>>;
}

/// The states of one view for the streams of a share. A stream has a number in its share, from 0.
pub(crate) trait ShareFold: Send + Sync {
    /// Takes in one event of the stream with this number, and gives away the rows of it that never change again.
    fn take(&mut self, number: usize, event: &RecordedEvent, rows: &mut CopyRows) -> Result<(), String>;

    /// Weighs the states of the streams with these numbers.
    fn weigh(&mut self, numbers: &[usize]);

    /// How much memory the states take, in bytes, as far as they were weighed.
    fn weight(&self) -> usize;

    /// Gives all rows of a stream away, and its state with them.
    fn finish(&mut self, number: usize, stream: StreamId, rows: &mut CopyRows) -> Result<(), RowError>;
}

/// The recipe of the projector `P`.
pub(crate) fn recipe<P: Projector>() -> Box<dyn Recipe> {
    Box::new(Of::<P>(PhantomData))
}

struct Of<P>(PhantomData<fn() -> P>);

impl<P: Projector> Recipe for Of<P> {
    fn view(&self) -> ViewName {
        P::VIEW
    }

    fn tables(&self) -> &'static [Table] {
        P::TABLES
    }

    fn follows(&self) -> &'static [StreamType] {
        P::FOLLOWS
    }

    fn begin(&self) -> Box<dyn ShareFold> {
        Box::new(Share::<P> { states: Vec::new(), weight: 0 })
    }

    fn catch_up<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        after: i64,
        left_out: &'a LeftOut,
        limits: (BatchLimits, Reader),
    ) -> BoxFuture<'a, Result<Batch, catch_up::Failure>> {
        catch_up::batch::<P>(connection, after, left_out, limits).boxed()
    }
}

struct Share<P: Projector> {
    /// By number; none where no event of the stream was of interest, or its rows are given away.
    states: Vec<Option<Weighed<P::State>>>,
    weight: usize,
}

struct Weighed<S> {
    state: S,
    weight: usize,
}

impl<P: Projector> ShareFold for Share<P> {
    fn take(&mut self, number: usize, event: &RecordedEvent, rows: &mut CopyRows) -> Result<(), String> {
        if self.states.len() <= number {
            self.states.resize_with(number + 1, || None);
        }
        let weighed =
            self.states[number].get_or_insert_with(|| Weighed { state: P::State::default(), weight: 0 });
        fold_out::<P>(&mut weighed.state, event, rows)
    }

    fn weigh(&mut self, numbers: &[usize]) {
        for number in numbers {
            let Some(Some(weighed)) = self.states.get_mut(*number) else { continue };
            let weight = P::weight(&weighed.state);
            self.weight = self.weight + weight - weighed.weight;
            weighed.weight = weight;
        }
    }

    fn weight(&self) -> usize {
        self.weight
    }

    fn finish(&mut self, number: usize, stream: StreamId, rows: &mut CopyRows) -> Result<(), RowError> {
        let Some(weighed) = self.states.get_mut(number).and_then(Option::take) else { return Ok(()) };
        self.weight -= weighed.weight;
        P::rows(stream, &weighed.state, rows)
    }
}

/// What an event that cannot be folded is told as.
pub(super) fn unfoldable(view: ViewName, event: &RecordedEvent, cause: String) -> Unfoldable {
    Unfoldable {
        view: view.name.to_owned(),
        position: event.position,
        stream: event.stream.to_string(),
        event_type: event.event.type_name().to_owned(),
        cause,
    }
}
