//! A real Prometheus scrapes a real `serve`.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::place::Place;
use super::super::process::Process;
use super::super::prometheus::{JOB, Prometheus};
use super::super::seen;
use super::{sample_names, series, worked};

/// What Prometheus says of each scrape itself.
const OF_SCRAPES: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

#[tokio::test]
async fn a_real_prometheus_scrapes_a_serve_that_has_only_begun_and_answers_what_it_is_asked() {
    let place = Place::new().await;
    let serve = Process::serve(&place, None, &[]).await;
    let Some(prometheus) = Prometheus::scraping(serve.address).await else { return };
    let by_status = prometheus.query("max by (status) (grading_copies_by_status)").await;
    assert_eq!(by_status.iter().filter(|sample| sample.label("status") == "GRADED").count(), 1);
    assert_eq!(by_status.len(), 6);
    assert!(by_status.iter().all(|sample| sample.value == 0.0), "{by_status:?}");
    assert_eq!(prometheus.query("scalar(vector(7))").await[0].value, 7.0);
    assert_eq!(prometheus.query("rate(process_cpu_seconds_total[1m])").await.len(), 1);
    let refused = prometheus.try_query("rate(").await.unwrap_err();
    assert!(refused.contains("parse error"), "{refused}");
}

#[tokio::test]
async fn a_real_prometheus_takes_every_series_of_a_serve_and_finds_nothing_wrong() {
    let place = Place::new().await;
    let (serve, desk) = worked(&place).await;
    let Some(prometheus) = Prometheus::scraping(serve.address).await else { return };
    let target = &prometheus.ask("/api/v1/targets", &[]).await["data"]["activeTargets"][0];
    assert_eq!((&target["health"], &target["lastError"]), (&json!("up"), &json!("")), "{target:#}");
    assert!(!prometheus.log().contains("level=error"), "{}", prometheus.log());

    let figures = desk.metrics().await;
    let of_job = format!("{{job=\"{JOB}\"}}");
    let arrived = prometheus.query(&format!("group by (__name__) ({of_job})")).await;
    let arrived: BTreeSet<&str> = arrived.iter().map(|sample| sample.label("__name__")).collect();
    let sent: BTreeSet<&str> = sample_names(&figures).into_iter().chain(OF_SCRAPES).collect();
    assert_eq!(arrived, sent);
    // None was refused, as a duplicate say, or for its value.
    let scraped = format!("scrape_samples_post_metric_relabeling{of_job} == {}", series(&figures).len());
    prometheus.answered(&scraped).await;

    // What the copies did is there.
    for (promql, expected) in [
        ("sum(grading_import_duration_seconds_count{status=\"success\"})", 1.0),
        ("sum(grading_import_duration_seconds_count{status=\"failed\"})", 1.0),
        ("sum(grading_finalize_duration_seconds_count)", 1.0),
        ("sum(max by (status) (grading_copies_by_status))", 2.0),
        ("sum(ledger_append_refused_total)", 0.0),
    ] {
        let said = async || (prometheus.query(promql).await[0].value == expected).then_some(());
        seen(&format!("{promql} is {expected}"), said).await;
    }
}
