//! A view whose fold has changed is rebuilt without being asked, while the one before goes on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use projections::copy_locks::CopyLocks;
use projections::{
    FoldError, Made, ProjectorLimits, Projectors, RecordedEvent, ReplayError, RowError, RowSink, StreamId,
    StreamType, Table, Tables, ViewName, refold, replace,
};
use projections::{Projector, RebuildLimits};
use serde::Serialize;
use sqlx::PgConnection;

use crate::ledger::{PATIENCE, TestLedger, until};
use crate::life::Office;

/// The locks, by a fold of the next build, which has them in a table of its own.
struct NewLocks;

/// How often events were folded one batch after another, as a leader does.
static BATCHES: AtomicU32 = AtomicU32::new(0);

struct Under<'a, S>(&'a mut S);

impl<S: RowSink> RowSink for Under<'_, S> {
    fn row(&mut self, table: usize, row: &impl Serialize) -> Result<(), RowError> {
        self.0.row(table, row)
    }
}

impl Projector for NewLocks {
    const VIEW: ViewName = ViewName { name: "copy_locks", version: 2 };
    const TABLES: &'static [Table] =
        &[Table { name: "copy_locks_v2", key: &["copy_id"], made: Made::Rows { stream: "copy_id" } }];
    const FOLLOWS: &'static [StreamType] = CopyLocks::FOLLOWS;
    type State = <CopyLocks as Projector>::State;

    fn fold(state: &mut Self::State, event: &RecordedEvent) -> Result<(), FoldError> {
        CopyLocks::fold(state, event)
    }

    fn weight(state: &Self::State) -> usize {
        CopyLocks::weight(state)
    }

    fn rows(stream: StreamId, state: &Self::State, rows: &mut impl RowSink) -> Result<(), RowError> {
        CopyLocks::rows(stream, state, &mut Under(rows))
    }

    async fn load(
        connection: &mut PgConnection,
        _: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, Self::State>, ReplayError> {
        BATCHES.fetch_add(1, Ordering::SeqCst);
        let streams: Vec<StreamId> = events.iter().map(|event| event.stream).collect();
        refold::<Self>(connection, &streams, checkpoint).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &Self::State)],
    ) -> Result<(), sqlx::Error> {
        replace::<Self>(connection, tables, changed).await
    }
}

#[tokio::test]
async fn a_changed_projector_is_rebuilt_on_upgrade_without_being_asked_while_the_old_generation_serves() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(12, 71);
    office.work(&ledger, 300).await;
    let old = ledger.start();
    ledger.caught_up().await;
    sqlx::query("CREATE TABLE copy_locks_v2 (LIKE copy_locks_v1 INCLUDING ALL)")
        .execute(ledger.pool())
        .await
        .unwrap();
    // Whoever reads the new table keeps it from being swapped in, so that the old one is seen to go on meanwhile.
    let mut reading = ledger.pool().begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM copy_locks_v2").execute(&mut *reading).await.unwrap();
    let worth = RebuildLimits { worth_events: 200, ..super::limits() };
    let mut new =
        Projectors::none(&ledger.views, ProjectorLimits { rebuild: worth, ..crate::ledger::limits() });
    new.run::<NewLocks>();
    until("a rebuild of the new generation", || async {
        let begun = "SELECT count(*) FROM rebuilds WHERE name = 'copy_locks' AND version = 2 AND phase = 'catching_up'";
        (ledger.count(begun).await == 1).then_some(())
    })
    .await;
    assert_eq!(ledger.views.position(NewLocks::VIEW).await.unwrap(), 0);
    let building = ledger.views.rebuilding().await.unwrap();
    assert_eq!((building[0].view.as_str(), building[0].version), ("copy_locks", 2));
    office.work(&ledger, 20).await;
    ledger.caught_up().await;
    reading.rollback().await.unwrap();
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(NewLocks::VIEW, head, PATIENCE).await.unwrap();
    // What was there when it began was folded at once; batches were needed for what came since, and for the swap.
    let batches = BATCHES.load(Ordering::SeqCst);
    office.work(&ledger, 20).await;
    ledger.caught_up().await;
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(NewLocks::VIEW, head, PATIENCE).await.unwrap();
    assert!(BATCHES.load(Ordering::SeqCst) > batches, "its leader folds on");
    old.stop().await;
    new.stop().await;
    assert_eq!(ledger.dump("copy_locks_v2").await, ledger.dump("copy_locks_v1").await);
    assert_eq!(super::left_over(&ledger).await, 0);
}

#[tokio::test]
async fn views_of_a_ledger_that_were_never_folded_are_rebuilt_in_one_go_by_one_of_two_processes() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(12, 72);
    office.open(&ledger).await;
    office.work(&ledger, 300).await;
    let worth = RebuildLimits { worth_events: 200, ..super::limits() };
    let limits = ProjectorLimits { rebuild: worth, ..crate::ledger::limits() };
    let (one, other) = (Projectors::start(&ledger.views, limits), Projectors::start(&ledger.views, limits));
    ledger.caught_up().await;
    office.work(&ledger, 50).await;
    ledger.caught_up().await;
    one.stop().await;
    other.stop().await;
    let rows = ledger.dump_all().await;
    for (view, _) in projections::views::ALL {
        ledger.empty(view).await;
    }
    // Event by event.
    ledger.fold_all().await;
    ledger.has_rows(&rows).await;
    assert_eq!(ledger.count("SELECT count(*) FROM rebuilds").await, 0);
}

#[tokio::test]
async fn a_view_that_cannot_be_rebuilt_is_folded_event_by_event_up_to_what_stops_it() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(4, 73);
    office.work(&ledger, 100).await;
    let lock = serde_json::json!({ "LockRenewed": {
        "lock": uuid::Uuid::nil(), "ttl_seconds": 60,
        "before": "2026-05-18T08:00:00.000000Z", "expires_at": "2026-05-18T08:01:00.000000Z",
    }});
    let stream = StreamId::Copy(domain::CopyId(uuid::Uuid::from_u128(0xbad)));
    let poison = ledger.append(stream, &[crate::ledger::Row::of("LockRenewed", &lock)]).await;
    let worth = RebuildLimits { worth_events: 50, ..super::limits() };
    let projectors =
        Projectors::start(&ledger.views, ProjectorLimits { rebuild: worth, ..crate::ledger::limits() });
    until("a stopped view", || async {
        let status = ledger.views.status().await.unwrap();
        let locks = status.into_iter().find(|view| view.name == "copy_locks").unwrap();
        locks.poison.filter(|stop| stop.position == poison && locks.position == poison - 1).map(|_| ())
    })
    .await;
    projectors.stop().await;
}
