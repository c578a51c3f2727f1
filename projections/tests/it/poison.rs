//! An event that cannot be folded stops its view, and no other.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::ExamId;
use domain::exam::ExamEvent;
use projections::exams::Exams;
use projections::{
    FoldError, OperateError, ProjectionStatus, Projector, Projectors, RecordedEvent, ReplayError, RowError,
    RowSink, StreamId, StreamType, Table, Tables, ViewName, audit_trail, copies, exams,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::{PATIENCE, Row, TestLedger, limits, until};
use crate::story;

const EXAM: ExamId = ExamId(Uuid::from_u128(0xe1));

fn created() -> ExamEvent {
    ExamEvent::ExamCreated { code: "MATHS-2026".parse().unwrap() }
}

async fn status(ledger: &TestLedger, name: &str) -> ProjectionStatus {
    ledger.views.status().await.unwrap().into_iter().find(|status| status.name == name).unwrap()
}

async fn stopped(ledger: &TestLedger, name: &str) -> ProjectionStatus {
    until("a view that stops", || async { Some(status(ledger, name).await).filter(|it| it.poison.is_some()) })
        .await
}

#[tokio::test]
async fn an_unknown_event_stops_the_views_that_follow_its_stream_and_the_others_go_on() {
    let ledger = TestLedger::new().await;
    ledger.exam(EXAM, &[created()]).await;
    let unknown = Row::of("ExamPostponed", &serde_json::json!({ "ExamPostponed": {} }));
    let at = ledger.append(StreamId::Exam(EXAM), &[unknown]).await;
    ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    let projectors = ledger.start();
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(copies::VIEW, head, PATIENCE).await.unwrap();
    for name in ["exams", "audit_trail"] {
        let status = stopped(&ledger, name).await;
        let poison = status.poison.clone().unwrap();
        assert_eq!(
            (status.position, poison.position),
            (at - 1, at),
            "{name}: the events before it are folded"
        );
        assert_eq!(poison.event_type, "ExamPostponed");
        assert_eq!(poison.stream, format!("Exam {}", EXAM.0));
        assert!(poison.cause.contains("ExamPostponed"), "{}", poison.cause);
        assert_eq!(status.lag_events(), 5);
    }
    assert!(exams::get(ledger.pool(), EXAM).await.unwrap().is_some());
    projectors.stop().await;
    // Whoever leads next does not skip it either.
    let projectors = ledger.start();
    until("a new leader", || async { status(&ledger, "exams").await.leader }).await;
    assert_eq!(status(&ledger, "exams").await.position, at - 1);
    projectors.stop().await;
}

#[tokio::test]
async fn a_version_that_is_not_known_stops_a_view_and_so_does_another_payload_than_the_column_says() {
    for (version, payload) in [("2", "{\"ResultsReleased\":{}}"), ("1", "{\"ResultsWithdrawn\":{}}")] {
        let ledger = TestLedger::new().await;
        let mut row = Row::of("ResultsReleased", &());
        (row.version, row.payload) = (version.to_owned(), payload.to_owned());
        ledger.append(StreamId::Exam(EXAM), &[row]).await;
        let projectors = ledger.start();
        assert_eq!(stopped(&ledger, "exams").await.poison.unwrap().position, 1);
        projectors.stop().await;
    }
}

/// One bug a test, until it is fixed.
static BUGS: [AtomicBool; 2] = [AtomicBool::new(true), AtomicBool::new(true)];
/// An error that the fold returns.
const REFUSES: usize = 0;
/// A panic.
const PANICS: usize = 1;

/// The projector of exams with a bug in it.
struct BuggyExams<const BUG: usize>;

impl<const BUG: usize> Projector for BuggyExams<BUG> {
    const VIEW: ViewName = exams::VIEW;
    const TABLES: &'static [Table] = Exams::TABLES;
    const FOLLOWS: &'static [StreamType] = Exams::FOLLOWS;
    type State = <Exams as Projector>::State;

    fn fold(state: &mut Self::State, event: &RecordedEvent) -> Result<(), FoldError> {
        if BUGS[BUG].load(Ordering::SeqCst) && event.sequence == 2 {
            assert_ne!(BUG, PANICS, "no exam has a second event");
            return Err(FoldError::Unknown("the second event".to_owned()));
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
async fn a_stopped_view_goes_on_from_the_same_event_when_it_is_retried_after_the_fix() {
    let ledger = TestLedger::new().await;
    let at = ledger.exam(EXAM, &[created(), ExamEvent::ResultsReleased {}, ExamEvent::ExamArchived {}]).await;
    let mut projectors = Projectors::none(&ledger.views, limits());
    projectors.run::<BuggyExams<REFUSES>>();
    let first = stopped(&ledger, "exams").await.poison.unwrap();
    assert_eq!((first.position, first.event_type.as_str()), (at - 1, "ResultsReleased"));
    assert!(first.cause.contains("the second event"));

    // Without a fix, another try stops at the same event.
    ledger.views.retry("exams").await.unwrap();
    until("the view to stop again", || async {
        status(&ledger, "exams").await.poison.filter(|poison| poison.at > first.at)
    })
    .await;

    BUGS[REFUSES].store(false, Ordering::SeqCst);
    ledger.views.retry("exams").await.unwrap();
    ledger.views.wait_for(exams::VIEW, at, PATIENCE).await.unwrap();
    let exam = exams::get(ledger.pool(), EXAM).await.unwrap().unwrap();
    assert!(exam.released && exam.archived);
    assert_eq!(exam.sequence, 3);
    assert_eq!(status(&ledger, "exams").await.poison, None);
    assert!(matches!(ledger.views.retry("exams").await, Err(OperateError::NotPoisoned { .. })));
    projectors.stop().await;
}

#[tokio::test]
async fn a_fold_that_panics_stops_its_view_at_the_event_with_the_words_of_the_panic() {
    let ledger = TestLedger::new().await;
    ledger.exam(EXAM, &[created(), ExamEvent::ResultsReleased {}]).await;
    let mut projectors = Projectors::none(&ledger.views, limits());
    projectors.run::<BuggyExams<PANICS>>();
    let status = stopped(&ledger, "exams").await;
    let poison = status.poison.unwrap();
    assert_eq!((status.position, poison.position, poison.event_type.as_str()), (1, 2, "ResultsReleased"));
    assert!(poison.cause.contains("the fold panicked: assertion"), "{}", poison.cause);
    assert!(poison.cause.contains("no exam has a second event"), "{}", poison.cause);
    BUGS[PANICS].store(false, Ordering::SeqCst);
    ledger.views.retry("exams").await.unwrap();
    ledger.views.wait_for(exams::VIEW, 2, PATIENCE).await.unwrap();
    projectors.stop().await;
}

#[tokio::test]
async fn a_row_that_the_table_refuses_stops_the_view_before_the_event_that_it_is_of() {
    let ledger = TestLedger::new().await;
    for copy in ["A-001", "A-002", "A-003"] {
        ledger.copy(story::copy_id(copy), &story::to_locked(copy)).await;
    }
    sqlx::query("ALTER TABLE audit_trail_v1 ADD CONSTRAINT broken CHECK (position <> 7)")
        .execute(ledger.pool())
        .await
        .unwrap();
    let projectors = ledger.start();
    let status = stopped(&ledger, "audit_trail").await;
    assert_eq!((status.position, status.poison.unwrap().position), (6, 7));
    sqlx::query("ALTER TABLE audit_trail_v1 DROP CONSTRAINT broken").execute(ledger.pool()).await.unwrap();
    ledger.views.retry("audit_trail").await.unwrap();
    ledger.views.wait_for(audit_trail::VIEW, 12, PATIENCE).await.unwrap();
    projectors.stop().await;
}

#[tokio::test]
async fn a_position_that_is_missing_stops_every_view_before_it() {
    let ledger = TestLedger::new().await;
    ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    // As a damaged restore would leave it.
    sqlx::query("ALTER TABLE events DISABLE TRIGGER ALL").execute(ledger.pool()).await.unwrap();
    sqlx::query("DELETE FROM events WHERE position = 3").execute(ledger.pool()).await.unwrap();
    let projectors = ledger.start();
    for (view, _) in projections::views::ALL {
        let status = stopped(&ledger, view.name).await;
        assert_eq!((status.position, status.poison.unwrap().position), (2, 3));
    }
    projectors.stop().await;
}
