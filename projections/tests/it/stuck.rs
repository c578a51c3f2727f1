//! A view that stands still is told from one that is only late, and what holds it is named.

use std::time::Duration;

use domain::ExamId;
use domain::exam::ExamEvent;
use projections::{Hold, ProjectionStatus, ViewState, Views, exams};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::ledger::{PATIENCE, TestLedger, until};

const EXAM: ExamId = ExamId(Uuid::from_u128(0xe1));

fn created() -> ExamEvent {
    ExamEvent::ExamCreated { code: "MATHS-2026".parse().unwrap() }
}

async fn exams_of(views: &Views) -> ProjectionStatus {
    let status = views.status_explained().await.unwrap();
    status.into_iter().find(|status| status.name == "exams").unwrap()
}

/// A session that keeps everybody from the view's table, and its process id.
async fn locks_exams(ledger: &TestLedger) -> (PgConnection, i32) {
    let mut session = PgConnection::connect_with(&ledger.database.connect_options()).await.unwrap();
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut session).await.unwrap();
    sqlx::query("BEGIN").execute(&mut session).await.unwrap();
    sqlx::query("LOCK TABLE exams_v2 IN ACCESS EXCLUSIVE MODE").execute(&mut session).await.unwrap();
    (session, pid)
}

/// How the view is held, once it has stood still for longer than it may.
async fn stuck(views: &Views) -> (ProjectionStatus, Hold) {
    until("a stuck view with its holder", || async {
        let status = exams_of(views).await;
        let hold = status.hold.clone().filter(|hold| !hold.holders.is_empty())?;
        (status.state == ViewState::Stuck).then_some((status, hold))
    })
    .await
}

#[tokio::test]
async fn a_session_that_locks_a_views_table_makes_it_stuck_and_is_named_with_its_query() {
    let ledger = TestLedger::new().await;
    let views = ledger.views.clone().stuck_after(Duration::from_millis(100));
    let projectors = ledger.start();
    ledger.exam(EXAM, &[created()]).await;
    ledger.caught_up().await;
    assert_eq!(exams_of(&views).await.stuck_ms, 0, "a view with everything does not stand still");
    let (mut session, pid) = locks_exams(&ledger).await;
    let head = ledger.exam(EXAM, &[ExamEvent::ResultsReleased {}]).await;
    let (status, hold) = stuck(&views).await;
    assert_eq!((status.position, status.head, status.poison), (head - 1, head, None));
    assert!(status.stuck_ms > 100);
    assert_eq!(Some(hold.leader.pid), status.backend_pid);
    assert_eq!(hold.leader.application.as_deref(), Some("gradeledger projector"));
    assert_eq!(hold.leader.waits_on.as_deref(), Some("Lock: relation"));
    assert_eq!((hold.leader.waits_for, hold.holders.len()), (vec![pid], 1));
    let holder = &hold.holders[0];
    assert_eq!((holder.pid, holder.waits_for.as_slice()), (pid, [].as_slice()));
    assert_eq!(holder.state.as_deref(), Some("idle in transaction"));
    assert_eq!(holder.query.as_deref(), Some("LOCK TABLE exams_v2 IN ACCESS EXCLUSIVE MODE"));
    assert!(holder.user.is_some() && holder.transaction_ms.is_some() && holder.is_visible());
    let others = views.status().await.unwrap();
    assert!(
        others.iter().filter(|other| other.name != "exams").all(|other| other.state == ViewState::Leading)
    );

    sqlx::query("ROLLBACK").execute(&mut session).await.unwrap();
    ledger.views.wait_for(exams::VIEW, head, PATIENCE).await.unwrap();
    let status = exams_of(&views).await;
    assert_eq!((status.state, status.stuck_ms, status.hold), (ViewState::Leading, 0, None));
    projectors.stop().await;
}

#[tokio::test]
async fn of_a_chain_of_waiters_the_one_that_waits_for_nobody_is_told_apart() {
    let ledger = TestLedger::new().await;
    let views = ledger.views.clone().stuck_after(Duration::from_millis(100));
    // A long reader, then somebody who wants to empty the table and waits for the reader, then the view behind both.
    let mut reader = PgConnection::connect_with(&ledger.database.connect_options()).await.unwrap();
    let reader_pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut reader).await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    sqlx::query("SELECT FROM exams_v2").execute(&mut reader).await.unwrap();
    let mut emptying = PgConnection::connect_with(&ledger.database.connect_options()).await.unwrap();
    let emptying_pid: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut emptying).await.unwrap();
    let emptied = tokio::spawn(async move { sqlx::query("TRUNCATE exams_v2").execute(&mut emptying).await });
    let waits = format!("SELECT cardinality(pg_blocking_pids({emptying_pid}))::bigint");
    until("the TRUNCATE to wait", || async { (ledger.count(&waits).await > 0).then_some(()) }).await;
    ledger.exam(EXAM, &[created()]).await;
    let projectors = ledger.start();
    let (_, hold) = stuck(&views).await;
    let waiting = |pid| hold.holders.iter().find(|holder| holder.pid == pid).unwrap().waits_for.clone();
    assert_eq!((waiting(emptying_pid), waiting(reader_pid)), (vec![reader_pid], vec![]));
    sqlx::query("COMMIT").execute(&mut reader).await.unwrap();
    emptied.await.unwrap().unwrap();
    ledger.caught_up().await;
    projectors.stop().await;
}

#[tokio::test]
async fn a_view_that_moves_is_late_and_not_stuck() {
    let ledger = TestLedger::new().await;
    ledger.exam(EXAM, &[created(), ExamEvent::ResultsReleased {}]).await;
    let views = ledger.views.clone().stuck_after(Duration::from_millis(100));
    // Nobody folds it: it has stood still since there was something to fold.
    let unled = until("a view that has waited", || async {
        Some(exams_of(&views).await).filter(|status| status.stuck_ms > 100)
    })
    .await;
    assert_eq!((unled.state, unled.is_stuck, unled.leader), (ViewState::NoLeader, true, None));
    assert!(unled.lag_ms >= unled.stuck_ms);
    // It moves, and the event after is as old as the first: the lag stays and the standing still is over.
    sqlx::query("INSERT INTO projections (name, version, position) VALUES ('exams', $1, 1)")
        .bind(exams::VIEW.version)
        .execute(ledger.pool())
        .await
        .unwrap();
    let moved = exams_of(&views).await;
    assert!(moved.lag_ms > 100 && moved.stuck_ms < moved.lag_ms, "{moved:?}");
}

#[tokio::test]
async fn a_leader_that_gets_the_lease_and_folds_nothing_does_not_look_like_progress() {
    let ledger = TestLedger::new().await;
    let views = ledger.views.clone().stuck_after(Duration::from_millis(100));
    ledger.exam(EXAM, &[created()]).await;
    let (mut session, _) = locks_exams(&ledger).await;
    let projectors = ledger.start();
    let (first, _) = stuck(&views).await;
    // Its session is cut again and again; each time it leads anew.
    let cut = "SELECT count(pg_terminate_backend(backend_pid)) FROM projections WHERE name = 'exams'";
    for _ in 0..3 {
        until("a session to cut", || async { (ledger.count(cut).await > 0).then_some(()) }).await;
        let before = exams_of(&views).await.backend_pid;
        until("another session", || async {
            exams_of(&views).await.backend_pid.filter(|pid| Some(*pid) != before)
        })
        .await;
    }
    assert!(exams_of(&views).await.stuck_ms > first.stuck_ms);
    sqlx::query("ROLLBACK").execute(&mut session).await.unwrap();
    projectors.stop().await;
}

#[tokio::test]
async fn a_role_that_may_not_see_other_sessions_is_told_who_holds_the_view_and_not_what_they_do() {
    let ledger = TestLedger::new().await;
    let role = format!("reader_of_{}", ledger.database.connect_options().get_database().unwrap());
    for grant in [
        format!("CREATE ROLE {role}"),
        format!("GRANT USAGE ON SCHEMA gradeledger TO {role}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA gradeledger TO {role}"),
    ] {
        sqlx::query(&grant).execute(ledger.pool()).await.unwrap();
    }
    let become_reader = format!("SET ROLE {role}");
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .after_connect(move |connection, _| {
            let become_reader = become_reader.clone();
            Box::pin(async move { sqlx::query(&become_reader).execute(connection).await.map(drop) })
        })
        .connect_lazy_with(ledger.database.connect_options());
    let views = Views::new(pool).stuck_after(Duration::from_millis(100));
    ledger.exam(EXAM, &[created()]).await;
    let (mut session, pid) = locks_exams(&ledger).await;
    let projectors = ledger.start();
    let (_, hold) = stuck(&views).await;
    let holder = &hold.holders[0];
    assert_eq!((holder.pid, holder.is_visible(), &holder.query), (pid, false, &None));
    sqlx::query("ROLLBACK").execute(&mut session).await.unwrap();
    projectors.stop().await;
    views.pool().close().await;
    for end in [format!("DROP OWNED BY {role}"), format!("DROP ROLE {role}")] {
        sqlx::query(&end).execute(ledger.pool()).await.unwrap();
    }
}
