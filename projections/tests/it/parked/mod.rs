//! A stream that a view cannot fold is parked: the view goes on without it, and takes it in again when it is unparked.

mod again;
mod crash;
mod drift;
mod going_on;

use domain::copy::CopyEvent;
use domain::operations::{NamedStream, OperationsEvent};
use domain::{CopyId, ViewName};
use projections::{ProjectionStatus, Projectors, StreamId, annotations};
use uuid::Uuid;

use crate::ledger::{PATIENCE, TestLedger, until};
use crate::life::sealed;
use crate::story;

/// A copy that `annotations` cannot fold.
pub(super) const TORN: &str = "A-001";

fn named(stream: StreamId) -> NamedStream {
    NamedStream { sort: stream.kind().as_str().parse().unwrap(), id: stream.uuid() }
}

fn view(name: &str) -> ViewName {
    name.parse().unwrap()
}

pub(super) fn parked(name: &str, stream: StreamId, from: i64) -> OperationsEvent {
    let NamedStream { sort: stream_type, id: stream_id } = named(stream);
    OperationsEvent::ProjectionParked {
        view: view(name),
        stream_type,
        stream_id,
        from_position: from.unsigned_abs(),
        reason: sealed("no fix before Monday"),
    }
}

pub(super) fn unparked(name: &str, stream: StreamId, from: i64) -> OperationsEvent {
    let NamedStream { sort: stream_type, id: stream_id } = named(stream);
    OperationsEvent::ProjectionUnparked {
        view: view(name),
        stream_type,
        stream_id,
        from_position: from.unsigned_abs(),
        reason: None,
    }
}

/// Streams are parked and unparked that are not there: the view of what is parked has rows, and the others what they have.
pub(crate) fn acts_about_nothing() -> Vec<OperationsEvent> {
    let nobody = |number| StreamId::Copy(CopyId(Uuid::from_u128(number)));
    vec![
        parked("copies", nobody(1), 7),
        parked("annotations", nobody(2), 8),
        parked("exams", nobody(3), 9),
        unparked("annotations", nobody(2), 8),
    ]
}

async fn status(ledger: &TestLedger, name: &str) -> ProjectionStatus {
    ledger.views.status_named(name).await.unwrap().unwrap()
}

async fn stopped(ledger: &TestLedger, name: &str) -> ProjectionStatus {
    until("a view that stops", || async { Some(status(ledger, name).await).filter(|it| it.poison.is_some()) })
        .await
}

/// What a view leaves out: stream and first position.
async fn gaps(ledger: &TestLedger, name: &str) -> Vec<(StreamId, i64)> {
    let all = ledger.views.left_out(1_000).await.unwrap();
    let gaps = all.iter().filter(|it| it.view == name).filter_map(|it| {
        let stream: StreamId = it.stream.to_string().parse().unwrap();
        Some((stream, it.left_out_from?))
    });
    gaps.collect()
}

/// A ledger with a copy that has a mark and then an event that `annotations` refuses: the removal of a mark that was never
/// made. Another copy is marked behind it. Gives the position of that event.
async fn torn() -> (TestLedger, StreamId, i64) {
    let ledger = TestLedger::new().await;
    let copy = story::copy_id(TORN);
    let mut life = story::to_locked(TORN);
    life.push(story::annotated(1, -50));
    ledger.copy(copy, &life).await;
    let removed = CopyEvent::AnnotationRemoved {
        annotation: story::annotation(9),
        from_revision: 1,
        before: story::mark(None),
    };
    let at = ledger.copy(copy, &[removed]).await;
    let mut other = story::to_locked("A-002");
    other.push(story::annotated(2, -25));
    ledger.copy(story::copy_id("A-002"), &other).await;
    (ledger, StreamId::Copy(copy), at)
}

/// The same, stopped at that event, then parked from there, and gone on to the head.
async fn torn_and_parked() -> (TestLedger, Projectors, StreamId, i64) {
    let (ledger, stream, at) = torn().await;
    let projectors = ledger.start();
    stopped(&ledger, "annotations").await;
    ledger.acts(&[parked("annotations", stream, at)]).await;
    ledger.caught_up().await;
    assert_eq!(gaps(&ledger, "annotations").await, [(stream, at)]);
    (ledger, projectors, stream, at)
}

async fn goes_on_to_head(ledger: &TestLedger) {
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(annotations::VIEW, head, PATIENCE).await.unwrap();
}
