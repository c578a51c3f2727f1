//! Whatever dies around a park, each event is folded once or left out once.

use std::sync::atomic::{AtomicBool, Ordering};

use projections::audit_trail::{self, AuditTrail};
use projections::{
    FoldError, Projector, ProjectorLimits, Projectors, RecordedEvent, ReplayError, RowError, RowSink,
    StreamId, StreamType, Table, Tables, ViewName,
};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use super::{gaps, parked, stopped, unparked};
use crate::ledger::{PATIENCE, Row, TestLedger, limits, until};
use crate::life::Office;
use crate::story;

/// Where the projector stops, rows written and nothing committed, once it is told to.
static SHUT: AtomicBool = AtomicBool::new(false);
static REACHED: Semaphore = Semaphore::const_new(0);

/// The projector of the audit trail, with a gate.
struct Gated;

impl Projector for Gated {
    const VIEW: ViewName = audit_trail::VIEW;
    const TABLES: &'static [Table] = AuditTrail::TABLES;
    const FOLLOWS: &'static [StreamType] = AuditTrail::FOLLOWS;
    type State = <AuditTrail as Projector>::State;

    fn fold(state: &mut Self::State, event: &RecordedEvent) -> Result<(), FoldError> {
        AuditTrail::fold(state, event)
    }

    fn weight(state: &Self::State) -> usize {
        AuditTrail::weight(state)
    }

    fn rows(stream: StreamId, state: &Self::State, rows: &mut impl RowSink) -> Result<(), RowError> {
        AuditTrail::rows(stream, state, rows)
    }

    async fn load(
        connection: &mut PgConnection,
        tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<std::collections::HashMap<StreamId, Self::State>, ReplayError> {
        AuditTrail::load(connection, tables, checkpoint, events).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Self::State)],
    ) -> Result<(), sqlx::Error> {
        AuditTrail::save(connection, tables, changed).await?;
        if SHUT.load(Ordering::SeqCst) {
            REACHED.add_permits(1);
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// A ledger with an event of a copy that no view can read, and more behind it. Gives its position.
async fn damaged() -> (TestLedger, StreamId, i64) {
    let ledger = TestLedger::new().await;
    let copy = story::copy_id("A-001");
    ledger.copy(copy, &story::to_locked("A-001")).await;
    let torn = Row::of("CopyTorn", &serde_json::json!({ "CopyTorn": {} }));
    let at = ledger.append(StreamId::Copy(copy), &[torn]).await;
    Office::new(4, 61).work(&ledger, 60).await;
    (ledger, StreamId::Copy(copy), at)
}

/// Every event is a row but those that are left out.
async fn every_other_event_once(ledger: &TestLedger, stream: StreamId, at: i64) {
    let folded = format!(
        "SELECT position, event_id FROM events
         WHERE aggregate_type <> 'Operations' AND NOT (aggregate_id = '{}' AND position >= {at})",
        stream.uuid()
    );
    let rows = "SELECT position, event_id FROM audit_trail_v1";
    for (one, other) in [(folded.as_str(), rows), (rows, folded.as_str())] {
        let apart = format!("SELECT count(*) FROM (({one}) EXCEPT ALL ({other})) AS apart");
        assert_eq!(ledger.count(&apart).await, 0);
    }
}

#[tokio::test]
async fn a_leader_that_dies_as_it_leaves_out_a_stream_leaves_neither_rows_nor_gap_and_the_next_does_both() {
    let (ledger, stream, at) = damaged().await;
    let mut dying = Projectors::none(&ledger.views, limits());
    dying.run::<Gated>();
    dying.run::<projections::parked::Parked>();
    stopped(&ledger, "audit_trail").await;
    SHUT.store(true, Ordering::SeqCst);
    ledger.acts(&[parked("audit_trail", stream, at)]).await;
    REACHED.acquire().await.unwrap().forget();
    drop(dying);
    assert_eq!(ledger.views.position(audit_trail::VIEW).await.unwrap(), at - 1);
    assert_eq!(gaps(&ledger, "audit_trail").await, []);

    let mut next = Projectors::none(&ledger.views, limits());
    next.run::<AuditTrail>();
    next.run::<projections::parked::Parked>();
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(audit_trail::VIEW, head, PATIENCE).await.unwrap();
    assert_eq!(gaps(&ledger, "audit_trail").await, [(stream, at)]);
    every_other_event_once(&ledger, stream, at).await;
    next.stop().await;
}

#[tokio::test]
async fn leaders_that_are_cut_again_and_again_while_streams_are_parked_and_unparked_fold_each_event_once() {
    let (ledger, stream, at) = damaged().await;
    let projectors = Projectors::start(&ledger.views, ProjectorLimits { batch_events: 3, ..limits() });
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE application_name = 'gradeledger projector' AND datname = current_database()";
    for name in ["copies", "copy_locks", "annotations", "work_queue"] {
        ledger.acts(&[parked(name, stream, at)]).await;
    }
    for _ in 0..4 {
        stopped(&ledger, "audit_trail").await;
        ledger.acts(&[parked("audit_trail", stream, at)]).await;
        until("connections to cut", || async { (ledger.count(cut).await > 0).then_some(()) }).await;
        ledger.caught_up().await;
        assert_eq!(gaps(&ledger, "audit_trail").await, [(stream, at)]);
        every_other_event_once(&ledger, stream, at).await;
        ledger.acts(&[unparked("audit_trail", stream, at)]).await;
        until("connections to cut", || async { (ledger.count(cut).await > 0).then_some(()) }).await;
    }
    // It cannot be read still, so the view stands, and what it has is what it had.
    stopped(&ledger, "audit_trail").await;
    every_other_event_once(&ledger, stream, at).await;
    projectors.stop().await;
}
