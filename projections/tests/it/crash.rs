//! Whatever dies in the middle, each event is folded once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use fixtures::database::TestCluster;
use projections::audit_trail::{self, AuditTrail};
use projections::{
    FoldError, Projector, ProjectorLimits, Projectors, RecordedEvent, ReplayError, RowError, RowSink,
    StreamId, StreamType, Table, Tables, ViewName,
};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use crate::ledger::{PATIENCE, TestLedger, limits, until};
use crate::life::Office;

/// A door between writing the rows and moving the checkpoint.
struct Gate {
    shut: AtomicBool,
    reached: Semaphore,
    opened: Semaphore,
}

impl Gate {
    const fn new() -> Self {
        Self {
            shut: AtomicBool::new(true),
            reached: Semaphore::const_new(0),
            opened: Semaphore::const_new(0),
        }
    }

    async fn pass(&self) {
        if self.shut.swap(false, Ordering::SeqCst) {
            self.reached.add_permits(1);
            self.opened.acquire().await.unwrap().forget();
        }
    }
}

/// One gate a test.
static GATES: [Gate; 2] = [Gate::new(), Gate::new()];

/// The projector of the audit trail; its first transaction stops at the gate, rows written and nothing committed.
struct Gated<const GATE: usize>;

impl<const GATE: usize> Projector for Gated<GATE> {
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
    ) -> Result<HashMap<StreamId, Self::State>, ReplayError> {
        AuditTrail::load(connection, tables, checkpoint, events).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Self::State)],
    ) -> Result<(), sqlx::Error> {
        AuditTrail::save(connection, tables, changed).await?;
        GATES[GATE].pass().await;
        Ok(())
    }
}

async fn with_events(events: usize) -> (TestLedger, i64) {
    let ledger = TestLedger::new().await;
    Office::new(4, 21).work(&ledger, events).await;
    let head = ledger.views.head().await.unwrap();
    (ledger, head)
}

async fn every_event_once(ledger: &TestLedger) {
    let apart = "SELECT count(*) FROM (SELECT position, event_id FROM events EXCEPT ALL \
        SELECT position, event_id FROM audit_trail_v1) AS apart";
    assert_eq!(ledger.count(apart).await, 0);
    assert_eq!(
        ledger.count("SELECT count(*) FROM audit_trail_v1").await,
        ledger.count("SELECT count(*) FROM events").await
    );
}

#[tokio::test]
async fn a_leader_that_dies_between_rows_and_checkpoint_leaves_nothing_and_the_next_folds_all() {
    let (ledger, head) = with_events(60).await;
    let mut dying = Projectors::none(&ledger.views, limits());
    dying.run::<Gated<0>>();
    GATES[0].reached.acquire().await.unwrap().forget();
    drop(dying);
    assert_eq!(ledger.views.position(audit_trail::VIEW).await.unwrap(), 0);
    assert_eq!(ledger.dump("audit_trail_v1").await, Vec::<String>::new());

    let mut next = Projectors::none(&ledger.views, limits());
    next.run::<AuditTrail>();
    ledger.views.wait_for(audit_trail::VIEW, head, PATIENCE).await.unwrap();
    every_event_once(&ledger).await;
    next.stop().await;
}

#[tokio::test]
async fn a_leader_that_wakes_after_another_took_over_cannot_commit() {
    let (ledger, head) = with_events(60).await;
    let mut sleeper = Projectors::none(&ledger.views, limits());
    sleeper.run::<Gated<1>>();
    GATES[1].reached.acquire().await.unwrap().forget();
    // Its lease runs out while it sleeps, in a transaction that has written every row.
    let mut next = Projectors::none(&ledger.views, limits());
    next.run::<AuditTrail>();
    let taken_over =
        "SELECT count(*) FROM projections WHERE name = 'audit_trail' AND leader = $1 AND lease_token = 2";
    until("a takeover", || async {
        let query = sqlx::query_scalar::<_, i64>(taken_over).bind(next.leader());
        (query.fetch_one(ledger.pool()).await.unwrap() == 1).then_some(())
    })
    .await;
    assert_eq!(ledger.views.position(audit_trail::VIEW).await.unwrap(), 0);

    GATES[1].opened.add_permits(1);
    ledger.views.wait_for(audit_trail::VIEW, head, PATIENCE).await.unwrap();
    every_event_once(&ledger).await;
    let status = ledger.views.status().await.unwrap();
    let trail = status.iter().find(|status| status.name == "audit_trail").unwrap();
    assert_eq!((trail.leader, &trail.poison), (Some(next.leader()), &None));
    next.stop().await;
    sleeper.stop().await;
}

#[tokio::test]
async fn projectors_whose_connections_are_cut_again_and_again_fold_every_event_once() {
    let (ledger, _) = with_events(400).await;
    let projectors = Projectors::start(&ledger.views, ProjectorLimits { batch_events: 3, ..limits() });
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE application_name = 'gradeledger projector' AND datname = current_database()";
    for round in 1..=10 {
        // Each time somewhere else on the way.
        ledger.views.wait_for(audit_trail::VIEW, round * 9, PATIENCE).await.unwrap();
        // After the cut before, every projector may still be on its way back.
        until("connections to cut", || async { (ledger.count(cut).await > 0).then_some(()) }).await;
    }
    ledger.caught_up().await;
    every_event_once(&ledger).await;
    projectors.stop().await;
    let seen = ledger.dump_all().await;
    ledger.rebuild_all().await;
    ledger.has_rows(&seen).await;
}

#[tokio::test]
async fn projectors_find_a_postgres_that_was_killed_and_came_back() {
    let mut cluster = TestCluster::own().await;
    let ledger = TestLedger::on(cluster.database().await);
    let mut office = Office::new(4, 22);
    office.work(&ledger, 60).await;
    let projectors = ledger.start();
    ledger.caught_up().await;
    cluster.kill().await;
    assert!(ledger.views.head().await.is_err());
    cluster.restart().await;
    office.work(&ledger, 60).await;
    ledger.caught_up().await;
    every_event_once(&ledger).await;
    projectors.stop().await;
}
