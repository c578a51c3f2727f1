//! `/metrics` of a whole service.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use super::desk::Figures;
use super::place::Place;
use super::seen;

const STATUSES: [&str; 6] = ["STAGING", "READY", "LOCKED", "GRADING_IN_PROGRESS", "GRADING_FAILED", "GRADED"];

fn by_status(figures: &Figures) -> Vec<f64> {
    let series = |status| format!("grading_copies_by_status{{status=\"{status}\"}}");
    STATUSES.iter().map(|status| figures.of(&series(status))).collect()
}

/// Fails unless promtool finds nothing to say.
fn assert_promtool_is_content(figures: &Figures) {
    let started = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn();
    let Ok(mut promtool) = started else {
        println!("skipped: promtool is not installed");
        return;
    };
    promtool.stdin.take().unwrap().write_all(figures.0.as_bytes()).unwrap();
    assert!(promtool.wait().unwrap().success());
}

#[tokio::test]
async fn a_fresh_ledger_shows_all_five_figures_with_every_label_at_zero_to_loopback() {
    let place = Place::new().await;
    let office = place.service().await;
    let figures = office.desk.metrics().await;
    for (name, series) in [
        ("grading_import_duration_seconds_count", 2 * 4),
        ("grading_finalize_duration_seconds_count", 2 * 3),
        ("grading_ocr_errors_total", 4),
        ("grading_lock_conflicts_total", 6),
        ("grading_copies_by_status", 6),
    ] {
        let start = format!("{name}{{");
        let lines: Vec<&str> = figures.0.lines().filter(|line| line.starts_with(&start)).collect();
        assert_eq!(lines.len(), series, "{name}");
        for line in lines {
            assert!(line.ends_with(" 0") || line.ends_with(" 0.0"), "{line}");
        }
    }
    assert_promtool_is_content(&figures);
    office.stop().await;
}

/// Law L14: the whole operation is timed, failures included.
#[tokio::test]
async fn l14_imports_and_finalisations_that_end_well_or_badly_move_their_own_figures() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let held = desk.held(exam, "A-1", 11).await;
    let bad = desk.send(exam, "A-2", fixtures::scans::damaged()).await;
    assert_eq!(desk.import_ended(bad).await["import"]["state"], "failed");
    desk.finalise(&held).await;
    for (series, expected) in [
        ("grading_import_duration_seconds_count{status=\"success\",pages_bucket=\"11-50\"}", 1.0),
        ("grading_import_duration_seconds_count{status=\"failed\",pages_bucket=\"1-10\"}", 1.0),
        ("grading_finalize_duration_seconds_count{status=\"success\",retry_attempt=\"1\"}", 1.0),
        ("grading_ocr_errors_total{error_type=\"invalid_pdf\"}", 1.0),
        ("grading_ocr_errors_total{error_type=\"timeout\"}", 0.0),
    ] {
        // The figure moves when the outcome is recorded, a moment after readers can see it.
        seen(series, async || (desk.metrics().await.of(series) == expected).then_some(())).await;
    }
    let sum = "grading_import_duration_seconds_sum{status=\"success\",pages_bucket=\"11-50\"}";
    let trail = desk.trail(held.copy).await;
    let told =
        trail.iter().find(|line| line["action"] == "IMPORT").unwrap()["metadata"]["duration_ms"].clone();
    let figures = desk.metrics().await;
    assert!(figures.of(sum) * 1_000.0 >= told.as_f64().unwrap(), "{told} ms were told");
    assert_promtool_is_content(&figures);
    office.stop().await;
}

#[tokio::test]
async fn copies_are_counted_by_status_by_the_first_scrape_after_a_restart() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let bad = desk.send(exam, "staging", fixtures::scans::damaged()).await;
    desk.import_ended(bad).await;
    for id in ["ready-1", "ready-2"] {
        desk.ready(exam, id, 1).await;
    }
    for id in ["locked-1", "locked-2", "locked-3"] {
        desk.held(exam, id, 1).await;
    }
    let graded = desk.held(exam, "graded", 1).await;
    desk.finalise(&graded).await;
    let voided = desk.ready(exam, "voided", 1).await;
    let reason = json!({"reason": "handed in twice"});
    desk.post(&desk.admin, &format!("/api/copies/{voided}/void"), reason).await.body(200);
    place.views_caught_up().await;
    office.stop().await;

    let office = place.service().await;
    assert_eq!(by_status(&office.desk.metrics().await), [1.0, 2.0, 3.0, 0.0, 0.0, 1.0]);
    office.stop().await;
}
