//! What an operator is warned by moves when it should, and only then.

use fixtures::scans::{nested_forms, tiny_pages};
use http::Method;
use serde_json::json;

use super::super::desk::{Desk, Figures};
use super::super::place::Place;
use super::super::process::Process;
use super::super::{PATIENCE, seen};

/// Waits until a series has a value.
async fn moves(desk: &Desk, series: &str, to: f64) -> Figures {
    seen(&format!("{series} is {to}"), async || {
        let figures = desk.metrics().await;
        (figures.of(series) == to).then_some(figures)
    })
    .await
}

/// Law L14: what failed is counted under what it was, as far as it was read.
#[tokio::test]
async fn l14_a_scan_of_too_many_pages_is_a_failed_import_of_so_many_pages() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let copy = desk.send(desk.exam().await, "A-1", tiny_pages(501)).await;
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "failed");
    let series = "grading_import_duration_seconds_count{status=\"failed\",pages_bucket=\"100+\"}";
    let figures = moves(desk, series, 1.0).await;
    // The file is at fault, so nothing was given up that might have ended well.
    assert_eq!(figures.of("work_retries_exhausted_total{kind=\"IMPORT\"}"), 0.0);
    office.stop().await;
}

#[tokio::test]
async fn work_is_in_hand_while_it_is_done_and_given_up_after_its_last_attempt() {
    let place = Place::new().await;
    let office = place.service_with(|settings| settings.pdf.limits.import_seconds_max = 1).await;
    let desk = &office.desk;
    let figures = desk.metrics().await;
    assert_eq!(figures.of("work_slots"), 2.0);
    assert_eq!(figures.of("work_attempts_in_hand{kind=\"IMPORT\"}"), 0.0);
    let copy = desk.send(desk.exam().await, "A-1", nested_forms(12)).await;
    moves(desk, "work_attempts_in_hand{kind=\"IMPORT\"}", 1.0).await;
    assert_eq!(desk.import_ended(copy).await["last_failure"]["attempt"], 3);
    moves(desk, "work_retries_exhausted_total{kind=\"IMPORT\"}", 1.0).await;
    let figures = moves(desk, "work_attempts_in_hand{kind=\"IMPORT\"}", 0.0).await;
    assert_eq!(figures.of("work_retries_exhausted_total{kind=\"FINALISE\"}"), 0.0);
    // The child had said how many pages there are before it ran out of time.
    let failed = "grading_import_duration_seconds_count{status=\"failed\",pages_bucket=\"1-10\"}";
    assert_eq!(figures.of(failed), 3.0);
    office.stop().await;
}

#[tokio::test]
async fn a_command_that_is_turned_away_is_counted_by_why_and_one_that_a_rule_refuses_is_not() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 1).await;
    let nobodys = json!({"points": 99});
    desk.mark(&held, Method::PUT, "/scores/1", nobodys).await.refused(422, "outside_scheme");
    let head = place.hold_head().await;
    let busy = desk.mark(&held, Method::PUT, "/scores/1", json!({"points": 1})).await;
    assert_eq!(busy.status, 503);
    head.rollback().await.unwrap();
    let figures = desk.metrics().await;
    assert_eq!(figures.of("ledger_append_refused_total{reason=\"append_lock\"}"), 1.0);
    let refused = figures.0.lines().filter(|line| line.starts_with("ledger_append_refused_total{"));
    let all: f64 = refused.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum();
    assert_eq!(all, 1.0);
    office.stop().await;
}

#[tokio::test]
async fn a_backend_that_is_killed_under_an_append_is_counted_and_the_append_is_not_lost() {
    let place = Place::new().await;
    let serve = Process::serve(&place, None, &["--limit", "append.lock_timeout=30s"]).await;
    let desk = Desk::open(&place.database, serve.address).await;
    let held = desk.held(desk.exam().await, "A-1", 1).await;
    let head = place.hold_head().await;
    let score = desk.mark(&held, Method::PUT, "/scores/1", json!({"points": 4}));
    let kill = async {
        seen("the append waits for the head and is ended", async || {
            let killed: Option<bool> = sqlx::query_scalar(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
                 AND wait_event_type = 'Lock' AND query LIKE '%append_events%'",
            )
            .fetch_optional(place.pool())
            .await
            .unwrap();
            killed
        })
        .await;
        head.rollback().await.unwrap();
    };
    let (scored, ()) = tokio::join!(score, kill);
    scored.body(200);
    let figures = desk.metrics().await;
    assert_eq!(figures.of("ledger_append_connections_lost_total"), 1.0);
    assert_eq!(figures.of("ledger_append_refused_total{reason=\"outcome_unknown\"}"), 0.0);
}

#[tokio::test]
async fn a_stream_that_another_process_went_on_with_is_counted_where_it_was_decided_again() {
    let place = Place::new().await;
    let (first, second) = tokio::join!(Process::serve(&place, None, &[]), Process::serve(&place, None, &[]));
    let desk = Desk::open(&place.database, first.address).await;
    let other = Desk::open(&place.database, second.address).await;
    let held = desk.held(desk.exam().await, "A-1", 1).await;
    let mut points = 0;
    // Sooner or later one commits between the reading and the append of the other.
    seen("one is overtaken", async || {
        points = (points + 1) % 10;
        tokio::join!(desk.score(&held, "1", json!(points)), other.score(&held, "1", json!(9 - points)));
        let overtaken = async |desk: &Desk| desk.metrics().await.of("ledger_append_overtaken_total");
        let all = overtaken(&desk).await + overtaken(&other).await;
        (all > 0.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn locks_that_stand_and_leases_that_are_over_are_shown_by_number_and_age() {
    let place = Place::new().await;
    // Nobody ends a lease here.
    let only = ["--only", "api,projectors"];
    let serve = Process::serve(&place, None, &only).await;
    let workers = Process::serve(&place, None, &["--only", "workers"]).await;
    let desk = Desk::open(&place.database, serve.address).await;
    let exam = desk.exam().await;
    let copies = [desk.ready(exam, "A-1", 1).await, desk.ready(exam, "A-2", 1).await];
    workers.kill().await;
    desk.lock(copies[0], 3_600).await;
    let figures = moves(&desk, "copy_locks_standing", 1.0).await;
    assert_eq!(
        (figures.of("copy_locks_lapsed"), figures.of("copy_locks_longest_lapsed_seconds")),
        (0.0, 0.0)
    );
    let age = figures.of("copy_locks_oldest_age_seconds");
    assert!((0.0..PATIENCE.as_secs_f64()).contains(&age), "{age}");
    desk.lock(copies[1], 1).await;
    let figures = moves(&desk, "copy_locks_lapsed", 1.0).await;
    assert_eq!(figures.of("copy_locks_standing"), 2.0);
    let lapsed = figures.of("copy_locks_longest_lapsed_seconds");
    assert!((0.0..PATIENCE.as_secs_f64()).contains(&lapsed), "{lapsed}");
}
