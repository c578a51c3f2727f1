//! Readers go on while a view is rebuilt, and the swap waits for them rather than they for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fixtures::database::TestCluster;
use projections::copies::{self, CopyFilter};
use projections::views::PageSize;
use projections::{RebuildError, RebuildLimits, RebuildNews};

use super::{every_view, left_over, limits, rebuild};
use crate::ledger::TestLedger;
use crate::life::Office;

/// The longest that anybody may wait while a view is rebuilt.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How long the one slow reader reads, in seconds.
const SLOW_SECONDS: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_a_second_or_sees_an_error_while_all_views_are_rebuilt_under_a_slow_reader() {
    let ledger = Arc::new(TestLedger::new().await);
    let mut office = Office::new(20, 51);
    office.open(&ledger).await;
    office.work(&ledger, 1_000).await;
    let projectors = ledger.start();
    ledger.caught_up().await;
    let over = Arc::new(AtomicBool::new(false));
    let (longest, reads) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let reader = {
        let (ledger, over) = (Arc::clone(&ledger), Arc::clone(&over));
        let (longest, reads) = (Arc::clone(&longest), Arc::clone(&reads));
        tokio::spawn(async move {
            let size = PageSize::new(50).unwrap();
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let listed =
                    copies::list(ledger.pool(), CopyFilter::default(), None, size).await.unwrap().items.len();
                let counted: u64 = copies::status_counts(ledger.pool(), None).await.unwrap().values().sum();
                assert!(listed >= 20 && counted > 0, "an empty view was shown");
                longest.fetch_max(u64::try_from(began.elapsed().as_millis()).unwrap(), Ordering::Relaxed);
                reads.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let slow = {
        let ledger = Arc::clone(&ledger);
        tokio::spawn(async move {
            let sql = format!(
                "SELECT count(*), pg_sleep({SLOW_SECONDS}) FROM (SELECT FROM copies_v2 LIMIT 1) AS one"
            );
            sqlx::query(&sql).execute(ledger.pool()).await.unwrap();
        })
    };
    crate::ledger::until("the slow reader", || async {
        let reading = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(5)%' AND wait_event = 'PgSleep'";
        (ledger.count(reading).await > 0).then_some(())
    })
    .await;
    let began = Instant::now();
    let mut waits = 0;
    let view = ledger.views.clone();
    let rebuilding = tokio::spawn(async move {
        let rebuilt = view
            .rebuild(&every_view(), limits(), &mut |news| {
                waits += u32::from(matches!(news, RebuildNews::Waiting { .. }));
            })
            .await;
        (rebuilt, waits)
    });
    let mut slowest_write = Duration::ZERO;
    while !rebuilding.is_finished() {
        let written = Instant::now();
        office.work(&ledger, 1).await;
        ledger.notify().await;
        slowest_write = slowest_write.max(written.elapsed());
    }
    let (rebuilt, waits) = rebuilding.await.unwrap();
    assert_eq!(rebuilt.unwrap().len(), every_view().len());
    // The copies are in use for as long as the slow reader reads, and it was waited for.
    assert!(
        waits > 0 && began.elapsed() >= Duration::from_secs(u64::from(SLOW_SECONDS) - 2),
        "{waits} waits"
    );
    slow.await.unwrap();
    over.store(true, Ordering::Relaxed);
    reader.await.unwrap();
    let longest = Duration::from_millis(longest.load(Ordering::Relaxed));
    assert!(longest < LONGEST_WAIT, "a reader waited {longest:?}");
    assert!(slowest_write < LONGEST_WAIT, "a writer waited {slowest_write:?}");
    assert!(reads.load(Ordering::Relaxed) > 20);
    ledger.caught_up().await;
    projectors.stop().await;
    let seen = ledger.dump_all().await;
    rebuild(&ledger, &every_view(), limits()).await.unwrap();
    ledger.has_rows(&seen).await;
}

#[tokio::test]
async fn a_view_that_is_read_all_the_time_is_given_up_and_stands_as_it_stood() {
    let ledger = TestLedger::new().await;
    Office::new(2, 52).work(&ledger, 20).await;
    ledger.fold_all().await;
    let rows = ledger.dump_all().await;
    let mut reading = ledger.pool().begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM copies_v2").execute(&mut *reading).await.unwrap();
    let few = RebuildLimits {
        swap_tries: 3,
        swap_wait: Duration::from_millis(10),
        swap_rest: Duration::from_millis(1),
        ..limits()
    };
    let error = rebuild(&ledger, &[copies::VIEW], few).await.unwrap_err();
    assert!(matches!(error, RebuildError::InUse { tries: 3, .. }), "{error}");
    reading.rollback().await.unwrap();
    ledger.has_rows(&rows).await;
    assert_eq!(left_over(&ledger).await, 0);
    rebuild(&ledger, &[copies::VIEW], few).await.unwrap();
}

/// Bug: autovacuum gives way to whoever waits for a table for a second, which the swap never did for the sake of readers. So it waited
/// for the end of the vacuum, of the live table or of its own, and gave up where that took long.
#[tokio::test]
async fn a_vacuum_of_postgres_own_makes_way_for_the_swap() {
    let cluster = TestCluster::own().await;
    let ledger = TestLedger::on(cluster.database().await);
    let mut office = Office::new(10, 54);
    office.open(&ledger).await;
    office.work(&ledger, 1_000).await;
    ledger.fold_all().await;
    // It comes every second, and rests at each page.
    let slow = "ALTER TABLE audit_trail_v1 SET (autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0,
                autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)";
    for sql in [slow, "ALTER SYSTEM SET autovacuum_naptime = '1s'", "SELECT pg_reload_conf()"] {
        sqlx::query(sql).execute(ledger.pool()).await.unwrap();
    }
    let vacuums =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'autovacuum: VACUUM%audit_trail_v1%'";
    crate::ledger::until("a vacuum", || async { (ledger.count(vacuums).await > 0).then_some(()) }).await;
    let once = RebuildLimits { swap_tries: 1, ..limits() };
    rebuild(&ledger, &[projections::audit_trail::VIEW], once).await.unwrap();
    // It comes to the new table as to any other.
    crate::ledger::until("the next one", || async { (ledger.count(vacuums).await > 0).then_some(()) }).await;
}

#[tokio::test]
async fn autovacuum_does_not_come_to_a_table_that_is_being_filled() {
    let ledger = TestLedger::new().await;
    let mut transaction = ledger.pool().begin().await.unwrap();
    let settings =
        "SELECT coalesce(array_to_string(reloptions, ' '), '') FROM pg_class WHERE oid = $1::regclass";
    for (of_live, of_shadow) in [
        ("fillfactor=70", "fillfactor=70 autovacuum_enabled=false"),
        ("fillfactor=70 autovacuum_enabled=true", "fillfactor=70 autovacuum_enabled=false"),
    ] {
        let set = format!("ALTER TABLE copies_v2 SET ({})", of_live.replace(' ', ", "));
        sqlx::query(&set).execute(&mut *transaction).await.unwrap();
        for (call, table, expected) in [
            ("SELECT make_view_shadow('copies_v2')", "copies_v2_shadow", of_shadow),
            ("SELECT index_view_shadow('copies_v2'), swap_view_shadow('copies_v2')", "copies_v2", of_live),
        ] {
            sqlx::query(call).execute(&mut *transaction).await.unwrap();
            let found: String =
                sqlx::query_scalar(settings).bind(table).fetch_one(&mut *transaction).await.unwrap();
            assert_eq!(found, expected);
        }
    }
}

#[tokio::test]
async fn a_checkpoint_that_somebody_holds_is_waited_for_as_a_table_is() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(2, 53);
    office.work(&ledger, 20).await;
    ledger.fold_all().await;
    let head = ledger.views.head().await.unwrap();
    let mut holding = ledger.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM projections WHERE name = 'copies' FOR UPDATE")
        .execute(&mut *holding)
        .await
        .unwrap();
    let told = Arc::new(tokio::sync::Notify::new());
    let (views, tell) = (ledger.views.clone(), Arc::clone(&told));
    let mut rebuilding = tokio::spawn(async move {
        let mut tell = |news| {
            if matches!(news, RebuildNews::Waiting { .. }) {
                tell.notify_one();
            }
        };
        views.rebuild(&[copies::VIEW], limits(), &mut tell).await
    });
    tokio::select! {
        () = told.notified() => {}
        ended = &mut rebuilding => panic!("it did not wait: {ended:?}"),
    }
    // What is appended between two tries is in it, and counted once, although each try that waits in vain folded it.
    office.work(&ledger, 20).await;
    holding.rollback().await.unwrap();
    let proofs = rebuilding.await.unwrap().unwrap();
    assert!(proofs[0].position >= head);
    assert_eq!(proofs[0].events, proofs[0].position);
    ledger.fold_all().await;
    let seen = ledger.dump_all().await;
    ledger.rebuild_all().await;
    ledger.has_rows(&seen).await;
}
