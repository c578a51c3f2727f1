//! Two who rebuild the same view, and one that was killed, or slept.

use std::time::Duration;

use projections::{RebuildError, RebuildLimits, copies, exams};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{every_view, left_over, limits, rebuild};
use crate::ledger::{TestLedger, until};
use crate::life::Office;

async fn small(seed: u64) -> TestLedger {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(4, seed);
    office.open(&ledger).await;
    office.work(&ledger, 60).await;
    ledger.fold_all().await;
    ledger
}

/// Keeps every rebuild of copies from its swap.
async fn hold_copies(ledger: &TestLedger) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut holding = ledger.pool().begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM copies_v2").execute(&mut *holding).await.unwrap();
    holding
}

async fn is_catching_up(ledger: &TestLedger) {
    until("a rebuild at its swap", || async {
        (ledger.count("SELECT count(*) FROM rebuilds WHERE phase = 'catching_up'").await > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_second_rebuild_is_told_who_holds_the_view() {
    let ledger = small(61).await;
    let holding = hold_copies(&ledger).await;
    let views = ledger.views.clone();
    let first = tokio::spawn(async move { views.rebuild(&[copies::VIEW], limits(), &mut |_| {}).await });
    is_catching_up(&ledger).await;
    let error = rebuild(&ledger, &every_view(), limits()).await.unwrap_err();
    let RebuildError::Held(holder) = &error else { panic!("{error}") };
    assert_eq!((holder.view.as_str(), holder.phase.as_str()), ("copies", "catching_up"));
    assert!(holder.holder.contains(&format!("process {} on ", std::process::id())), "{error}");
    assert_eq!(holder.events, holder.target);
    // Nothing that the refused one wanted is held by it.
    rebuild(&ledger, &[exams::VIEW], limits()).await.unwrap();
    holding.rollback().await.unwrap();
    first.await.unwrap().unwrap();
    rebuild(&ledger, &every_view(), limits()).await.unwrap();
}

#[tokio::test]
async fn a_rebuild_that_was_killed_half_way_touched_nothing_and_the_next_one_starts_clean() {
    let ledger = small(62).await;
    let rows = ledger.dump_all().await;
    let holding = hold_copies(&ledger).await;
    // A lease far longer than the test: only that its session is gone can make room.
    let long = RebuildLimits { lease: Duration::from_secs(3_600), ..limits() };
    let views = ledger.views.clone();
    let killed = tokio::spawn(async move { views.rebuild(&every_view(), long, &mut |_| {}).await });
    is_catching_up(&ledger).await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    holding.rollback().await.unwrap();
    assert!(left_over(&ledger).await > 0);
    ledger.has_rows(&rows).await;
    until("the end of the sessions", || async {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'gradeledger rebuild%' \
                        AND datname = current_database()";
        (ledger.count(sessions).await == 0).then_some(())
    })
    .await;
    rebuild(&ledger, &every_view(), limits()).await.unwrap();
    ledger.has_rows(&rows).await;
    assert_eq!(left_over(&ledger).await, 0);
}

/// What a rebuild that sleeps has open: its session, with a lock on a table that it fills.
async fn sleeper(ledger: &TestLedger, run: Uuid) -> PgConnection {
    use sqlx::{ConnectOptions as _, Connection as _};
    let options = (*ledger.pool().connect_options()).clone();
    let options = options.application_name(&format!("gradeledger rebuild {run}"));
    let mut session = options.connect().await.unwrap();
    for sql in [
        "CREATE TABLE copies_v2_shadow (LIKE copies_v2)".to_owned(),
        format!(
            "INSERT INTO rebuilds SELECT 'copies', 1, '{run}', 'process 7 on a host', pg_backend_pid(), now(), \
             clock_timestamp() - interval '1 second', 'folding', 5, 10"
        ),
        "BEGIN".to_owned(),
        "LOCK TABLE copies_v2_shadow IN ROW EXCLUSIVE MODE".to_owned(),
    ] {
        sqlx::query(&sql).execute(&mut session).await.unwrap();
    }
    let _ = session.ping().await;
    session
}

#[tokio::test]
async fn a_rebuild_that_slept_past_its_lease_is_taken_over_and_can_swap_nothing() {
    let ledger = small(63).await;
    let rows = ledger.dump_all().await;
    let mut session = sleeper(&ledger, Uuid::now_v7()).await;
    rebuild(&ledger, &[copies::VIEW], limits()).await.unwrap();
    assert!(sqlx::query("COMMIT").execute(&mut session).await.is_err());
    ledger.has_rows(&rows).await;
}

#[tokio::test]
async fn a_rebuild_whose_row_another_one_has_ends_without_a_swap() {
    let ledger = small(64).await;
    let rows = ledger.dump_all().await;
    let holding = hold_copies(&ledger).await;
    let views = ledger.views.clone();
    let first = tokio::spawn(async move { views.rebuild(&[copies::VIEW], limits(), &mut |_| {}).await });
    is_catching_up(&ledger).await;
    sqlx::query("UPDATE rebuilds SET run = gen_random_uuid()").execute(ledger.pool()).await.unwrap();
    holding.rollback().await.unwrap();
    let error = first.await.unwrap().unwrap_err();
    assert!(matches!(error, RebuildError::Lost { .. }), "{error}");
    ledger.has_rows(&rows).await;
}
