//! Folding a stream again that is parked no more.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::ExamId;
use domain::exam::ExamEvent;
use projections::annotations::Annotations;
use projections::exams::Exams;
use projections::parked::Parked;
use projections::{
    FoldError, Projector, Projectors, RecordedEvent, ReplayError, RowError, RowSink, StreamId, StreamType,
    Table, Tables, ViewName, exams,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{gaps, goes_on_to_head, parked, status, stopped, torn_and_parked, unparked};
use crate::ledger::{PATIENCE, TestLedger, limits, until};
use crate::life::Office;

#[tokio::test]
async fn a_stream_that_is_unparked_after_the_fix_has_the_rows_of_a_fresh_fold() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(6, 51);
    office.open(&ledger).await;
    office.work(&ledger, 120).await;
    // Rows that the tables refuse stand for bugs: of one event in the trail, and of one state of a copy.
    let stream = StreamId::Copy(office.lives[2].id);
    let sql =
        format!("SELECT max(position) FROM events WHERE aggregate_id = '{}' AND sequence = 2", stream.uuid());
    let at = ledger.count(&sql).await;
    for sql in [
        format!("ALTER TABLE audit_trail_v1 ADD CONSTRAINT broken CHECK (position <> {at})"),
        format!("ALTER TABLE copies_v2 ADD CONSTRAINT broken CHECK (copy_id <> '{}')", stream.uuid()),
    ] {
        sqlx::query(&sql).execute(ledger.pool()).await.unwrap();
    }
    let projectors = ledger.start();
    for name in ["audit_trail", "copies"] {
        let from = stopped(&ledger, name).await.poison.unwrap();
        assert_eq!(from.stream, stream.to_string());
        ledger.acts(&[parked(name, stream, from.position)]).await;
    }
    ledger.caught_up().await;
    // Life goes on, for that copy too.
    office.work(&ledger, 120).await;
    ledger.caught_up().await;
    for table in ["audit_trail_v1", "copies_v2"] {
        let sql = format!("ALTER TABLE {table} DROP CONSTRAINT broken");
        sqlx::query(&sql).execute(ledger.pool()).await.unwrap();
    }
    ledger.acts(&[unparked("audit_trail", stream, at), unparked("copies", stream, 1)]).await;
    until("no view leaves anything out", || async {
        let status = ledger.views.status().await.unwrap();
        assert!(status.iter().all(|view| view.poison.is_none()), "{status:?}");
        status.iter().all(|view| view.left_out == 0).then_some(())
    })
    .await;
    // What its leader holds of the copy is what the rows are: it folds on from there.
    office.work(&ledger, 60).await;
    ledger.caught_up().await;
    projectors.stop().await;
    let rows = ledger.dump_all().await;
    ledger.rebuild_all().await;
    ledger.fold_all().await;
    ledger.has_rows(&rows).await;
}

#[tokio::test]
async fn a_stream_that_still_cannot_be_folded_stops_its_view_again_with_the_cause_and_keeps_its_rows() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    let rows = ledger.dump("annotations_v1").await;
    ledger.acts(&[unparked("annotations", stream, at)]).await;
    let standing = stopped(&ledger, "annotations").await;
    let poison = standing.poison.unwrap();
    assert!(standing.position > at, "it has gone on past the event, and stands where it was");
    assert_eq!((poison.position, &poison.stream), (at, &stream.to_string()));
    assert_eq!(poison.event_type, "AnnotationRemoved");
    assert!(poison.cause.contains("is not in the view"), "{}", poison.cause);
    assert_eq!(
        (ledger.dump("annotations_v1").await, gaps(&ledger, "annotations").await),
        (rows.clone(), vec![(stream, at)])
    );

    // Another try without a fix stops again, and loses nothing.
    ledger.views.retry("annotations").await.unwrap();
    until("the view to stop again", || async {
        status(&ledger, "annotations")
            .await
            .poison
            .filter(|again| again.at > poison.at && again.position == at)
    })
    .await;
    assert_eq!(gaps(&ledger, "annotations").await, [(stream, at)]);

    // Parked again, it goes on.
    ledger.acts(&[parked("annotations", stream, at)]).await;
    goes_on_to_head(&ledger).await;
    assert_eq!(status(&ledger, "annotations").await.poison, None);
    assert_eq!(
        (ledger.dump("annotations_v1").await, gaps(&ledger, "annotations").await),
        (rows, vec![(stream, at)])
    );
    projectors.stop().await;
}

/// The event of an exam that the fold refuses, by its number.
static REFUSED: AtomicI64 = AtomicI64::new(0);

/// The projector of exams, which refuses an event.
struct Refusing;

impl Projector for Refusing {
    const VIEW: ViewName = exams::VIEW;
    const TABLES: &'static [Table] = Exams::TABLES;
    const FOLLOWS: &'static [StreamType] = Exams::FOLLOWS;
    const HELD_BYTES: usize = Exams::HELD_BYTES;
    type State = <Exams as Projector>::State;

    fn fold(state: &mut Self::State, event: &RecordedEvent) -> Result<(), FoldError> {
        if event.sequence == REFUSED.load(Ordering::SeqCst) {
            return Err(FoldError::Unknown(format!("event {}", event.sequence)));
        }
        Exams::fold(state, event)
    }

    fn weight(state: &Self::State) -> usize {
        Exams::weight(state)
    }

    fn rows(stream: StreamId, state: &Self::State, rows: &mut impl RowSink) -> Result<(), RowError> {
        Exams::rows(stream, state, rows)
    }

    async fn load(
        connection: &mut PgConnection,
        tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<std::collections::HashMap<StreamId, Self::State>, ReplayError> {
        Exams::load(connection, tables, checkpoint, events).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Self::State)],
    ) -> Result<(), sqlx::Error> {
        Exams::save(connection, tables, changed).await
    }
}

#[tokio::test]
async fn a_stream_that_is_parked_again_from_a_later_event_has_the_rows_of_all_events_before_that() {
    let exam = ExamId(Uuid::from_u128(0xe1));
    let ledger = TestLedger::new().await;
    let code = "MATHS-2026".parse().unwrap();
    let (released, withdrawn) = (ExamEvent::ResultsReleased {}, ExamEvent::ResultsWithdrawn {});
    let life =
        [ExamEvent::ExamCreated { code }, released.clone(), withdrawn, released, ExamEvent::ExamArchived {}];
    ledger.exam(exam, &life).await;
    let stream = StreamId::Exam(exam);
    let sequence = async || exams::get(ledger.pool(), exam).await.unwrap().unwrap().sequence;

    REFUSED.store(2, Ordering::SeqCst);
    let mut projectors = Projectors::none(&ledger.views, limits());
    projectors.run::<Refusing>();
    projectors.run::<Parked>();
    assert_eq!(stopped(&ledger, "exams").await.poison.unwrap().position, 2);
    let head = ledger.acts(&[parked("exams", stream, 2)]).await;
    ledger.views.wait_for(exams::VIEW, head, PATIENCE).await.unwrap();
    assert_eq!((sequence().await, gaps(&ledger, "exams").await), (1, vec![(stream, 2)]));

    // The fix helps with that event, and another one does not fold either.
    REFUSED.store(4, Ordering::SeqCst);
    ledger.acts(&[unparked("exams", stream, 2)]).await;
    let poison = stopped(&ledger, "exams").await.poison.unwrap();
    assert_eq!((poison.position, poison.event_type.as_str()), (4, "ResultsReleased"));
    assert_eq!((sequence().await, gaps(&ledger, "exams").await), (1, vec![(stream, 2)]));
    let head = ledger.acts(&[parked("exams", stream, 4)]).await;
    ledger.views.wait_for(exams::VIEW, head, PATIENCE).await.unwrap();
    until("rows up to the later event", || async {
        (gaps(&ledger, "exams").await == [(stream, 4)]).then_some(())
    })
    .await;
    assert_eq!(sequence().await, 3);

    REFUSED.store(0, Ordering::SeqCst);
    ledger.acts(&[unparked("exams", stream, 4)]).await;
    until("nothing left out", || async { gaps(&ledger, "exams").await.is_empty().then_some(()) }).await;
    let exam = exams::get(ledger.pool(), exam).await.unwrap().unwrap();
    assert_eq!((exam.sequence, exam.archived), (5, true));
    projectors.stop().await;
}

#[tokio::test]
async fn a_view_of_what_is_parked_that_is_being_made_anew_unparks_nothing() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    projectors.stop().await;
    // It is empty, and nobody folds it yet.
    ledger.empty(projections::parked::VIEW).await;
    let mut alone = Projectors::none(&ledger.views, limits());
    alone.run::<Annotations>();
    until("a leader", || async { status(&ledger, "annotations").await.leader }).await;
    // Its lease goes on from renewal to renewal, and it looks at each.
    let lease = "SELECT extract(epoch FROM lease_until)::bigint FROM projections WHERE name = 'annotations'";
    let before = ledger.count(lease).await;
    until("a leader that looked many times", || async {
        let standing = status(&ledger, "annotations").await;
        assert_eq!((standing.poison, standing.left_out), (None, 1));
        (ledger.count(lease).await >= before + 2).then_some(())
    })
    .await;
    alone.run::<Parked>();
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(projections::parked::VIEW, head, PATIENCE).await.unwrap();
    assert_eq!(gaps(&ledger, "annotations").await, [(stream, at)]);
    alone.stop().await;
}
