//! What `/metrics` shows.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::copy::LockConflict;
use domain::copy::work::WorkError;
use gradeledger::metrics::{ImportOutcome, Metrics, Source};
use http::Method;

use crate::http_frame::world::World;

/// The value of the one line that begins with `series`.
fn value(text: &str, series: &str) -> f64 {
    let start = format!("{series} ");
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    let value = lines.next().unwrap_or_else(|| panic!("no {series} in\n{text}"));
    assert_eq!(lines.next(), None, "{series} stands once");
    value.parse().unwrap()
}

#[test]
fn every_grading_figure_is_there_from_the_start_at_zero() {
    let text = Metrics::new().text();
    let mut series = Vec::new();
    for status in ["success", "failed"] {
        for pages in ["1-10", "11-50", "51-100", "100+"] {
            let labels = format!("status=\"{status}\",pages_bucket=\"{pages}\"");
            series.push(format!("grading_import_duration_seconds_count{{{labels}}}"));
        }
        for attempt in ["1", "2", "3+"] {
            let labels = format!("status=\"{status}\",retry_attempt=\"{attempt}\"");
            for bound in ["0.1", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "120.0", "+Inf"] {
                series.push(format!("grading_finalize_duration_seconds_bucket{{le=\"{bound}\",{labels}}}"));
            }
        }
    }
    for error in ["timeout", "invalid_pdf", "empty_result", "unknown"] {
        series.push(format!("grading_ocr_errors_total{{error_type=\"{error}\"}}"));
    }
    for conflict in
        ["already_locked", "expired", "token_mismatch", "owner_mismatch", "missing", "already_graded"]
    {
        series.push(format!("grading_lock_conflicts_total{{conflict_type=\"{conflict}\"}}"));
    }
    for status in ["STAGING", "READY", "LOCKED", "GRADING_IN_PROGRESS", "GRADING_FAILED", "GRADED"] {
        series.push(format!("grading_copies_by_status{{status=\"{status}\"}}"));
    }
    for name in &series {
        assert!(value(&text, name).abs() < f64::EPSILON, "{name} is not zero");
    }
}

#[test]
fn what_is_recorded_moves_its_own_figure() {
    let metrics = Metrics::new();
    for (pages, bucket) in
        [(1, "1-10"), (10, "1-10"), (11, "11-50"), (50, "11-50"), (100, "51-100"), (101, "100+")]
    {
        let series = format!(
            "grading_import_duration_seconds_bucket{{le=\"2.5\",status=\"success\",pages_bucket=\"{bucket}\"}}"
        );
        let before = value(&metrics.text(), &series);
        metrics.import_ended(ImportOutcome::Imported { pages }, Duration::from_secs(2));
        assert!((value(&metrics.text(), &series) - before - 1.0).abs() < f64::EPSILON, "{pages} pages");
    }
    metrics.import_ended(ImportOutcome::Failed { pages: 0 }, Duration::from_secs(130));
    metrics.scan_unreadable(WorkError::Timeout);
    metrics.finalisation_ended(false, 7, Duration::from_millis(300));
    metrics.lock_conflict(&LockConflict::Expired);
    let text = metrics.text();
    for series in [
        "grading_import_duration_seconds_bucket{le=\"+Inf\",status=\"failed\",pages_bucket=\"1-10\"}",
        "grading_ocr_errors_total{error_type=\"timeout\"}",
        "grading_finalize_duration_seconds_bucket{le=\"0.5\",status=\"failed\",retry_attempt=\"3+\"}",
        "grading_lock_conflicts_total{conflict_type=\"expired\"}",
    ] {
        assert!((value(&text, series) - 1.0).abs() < f64::EPSILON, "{series}");
    }
    let past = "grading_import_duration_seconds_bucket{le=\"120.0\",status=\"failed\",pages_bucket=\"1-10\"}";
    assert!(value(&text, past).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_source_that_hangs_holds_up_no_scrape_and_its_last_figures_stand() {
    let world = World::new().await;
    let (hang, hangs) = tokio::sync::watch::channel(false);
    world.sources.add(Source::new("slow", move |metrics| {
        let hangs = *hangs.borrow();
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            metrics.dropped_lines("slow", 41);
            Ok(())
        }
    }));
    let scrape = async || world.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let text = scrape().await;
    assert!((value(&text, "log_dropped_lines_total{log=\"slow\"}") - 41.0).abs() < f64::EPSILON);
    hang.send(true).unwrap();
    let text = scrape().await;
    assert!((value(&text, "log_dropped_lines_total{log=\"slow\"}") - 41.0).abs() < f64::EPSILON);
    assert!((value(&text, "metrics_stale_figures_total{source=\"slow\"}") - 1.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn requests_are_counted_by_template_so_that_no_client_can_make_series() {
    let world = World::new().await;
    for number in 0..20 {
        let invented = Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
        world.ask(invented, &format!("/nothing/{number}")).send().await.unwrap();
        let path = format!("/shown/copies/{}?name=Anna", uuid::Uuid::now_v7());
        assert_eq!(world.ask(Method::GET, &path).send().await.unwrap().status(), 200);
    }
    let text = world.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let counted = |series: &str| value(&text, &format!("http_requests_total{{{series}}}"));
    assert!(
        (counted("method=\"GET\",route=\"/shown/copies/{copy}\",status=\"2xx\"") - 20.0).abs() < f64::EPSILON
    );
    assert!((counted("method=\"other\",route=\"(none)\",status=\"4xx\"") - 20.0).abs() < f64::EPSILON);
    assert!(!text.contains("BREW") && !text.contains("Anna"));
}

#[tokio::test]
async fn figures_come_in_the_format_that_the_asker_reads() {
    let world = World::new().await;
    let prometheus =
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    for (accept, media_type, counter) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", "# TYPE grading_ocr_errors_total counter\n"),
        (
            prometheus,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "# TYPE grading_ocr_errors counter\n",
        ),
    ] {
        let request = world.bare(Method::GET, "/metrics").header("accept", accept);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], media_type);
        let text = response.text().await.unwrap();
        assert!(text.contains(counter), "{text}");
        assert_eq!(text.ends_with("# EOF\n"), media_type.starts_with("application"));
    }
}

#[test]
fn the_process_shows_its_own_figures() {
    let text = Metrics::new().text();
    for series in ["process_resident_memory_bytes", "process_open_fds", "process_threads"] {
        assert!(value(&text, series) >= 1.0, "{series}");
    }
    let started = Duration::from_secs_f64(value(&text, "process_start_time_seconds"));
    let age = std::time::UNIX_EPOCH.elapsed().unwrap().abs_diff(started);
    assert!(age < Duration::from_secs(3_600), "started {age:?} ago");
    assert!(value(&text, "process_cpu_seconds_total") >= 0.0);
}

#[test]
fn the_text_passes_promtool() {
    let started = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn();
    let Ok(mut promtool) = started else {
        println!("left out: promtool is not installed");
        return;
    };
    promtool.stdin.take().unwrap().write_all(Metrics::new().plain_text().as_bytes()).unwrap();
    assert!(promtool.wait().unwrap().success());
}
