//! `docs/operations/dashboard.json`: every panel shows something of a service that has done some work.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::super::place::Place;
use super::super::prometheus::{JOB, Prometheus};
use super::names::names_in;
use super::{docs, sample_names, worked};

/// Older ones are migrated by Grafana when it loads them; this one is Grafana 12's.
const SCHEMA_VERSION: u64 = 41;

/// What Grafana puts for its variables.
fn as_grafana_asks(promql: &str) -> String {
    promql.replace("$__rate_interval", "1m").replace("$job", JOB)
}

/// The title and the expressions of every panel.
fn panels(dashboard: &Value) -> Vec<(String, Vec<String>)> {
    let panels = dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row");
    let expressions = |panel: &Value| {
        let targets = panel["targets"].as_array().unwrap().iter();
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
    };
    panels.map(|panel| (panel["title"].as_str().unwrap().to_owned(), expressions(panel))).collect()
}

fn dashboard() -> Value {
    serde_json::from_str(&fs::read_to_string(docs("operations/dashboard.json")).unwrap()).unwrap()
}

#[test]
fn every_panel_asks_the_prometheus_that_its_reader_chooses_and_says_what_it_shows() {
    let dashboard = dashboard();
    assert_eq!(dashboard["schemaVersion"], SCHEMA_VERSION);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let named = |name: &str| variables.iter().find(|variable| variable["name"] == name).unwrap();
    assert_eq!(
        (&named("datasource")["type"], &named("datasource")["query"]),
        (&"datasource".into(), &"prometheus".into())
    );
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "two panels have one id");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{}", panel["title"]);
        for asks in panel["targets"].as_array().unwrap().iter().chain([panel]) {
            assert_eq!(asks["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        }
        for target in panel["targets"].as_array().unwrap() {
            assert!(target["expr"].as_str().unwrap().contains("job=~\"$job\""), "{target}");
        }
    }
}

#[tokio::test]
async fn every_panel_shows_something_of_a_service_that_has_graded_one_copy_and_refused_another() {
    let place = Place::new().await;
    let (serve, desk) = worked(&place).await;
    let Some(prometheus) = Prometheus::scraping(serve.address).await else { return };
    let figures = desk.metrics().await;
    let there: BTreeSet<&str> = sample_names(&figures).into_iter().chain(["up"]).collect();
    let panels = panels(&dashboard());
    assert!(panels.len() > 30, "{}", panels.len());
    let mut shown = BTreeSet::new();
    for (title, expressions) in &panels {
        for promql in expressions {
            for name in names_in(promql) {
                assert!(there.contains(name.as_str()), "{title} asks for {name}, which there is not");
                shown.insert(name);
            }
            prometheus.answered(&as_grafana_asks(promql)).await;
        }
    }
    // A figure that nobody looks at is one that nobody needs: but for those whose panel would say what another says.
    let families: BTreeSet<&str> = shown.iter().map(|name| family(name)).collect();
    let unseen: Vec<&str> =
        there.iter().map(|name| family(name)).filter(|name| !families.contains(name)).collect();
    let unseen: BTreeSet<&str> = unseen.into_iter().collect();
    assert_eq!(unseen.into_iter().collect::<Vec<_>>(), LEFT_OUT);
}

/// Figures that stand on no panel.
const LEFT_OUT: [&str; 8] = [
    "copy_locks_longest_lapsed_seconds",
    "copy_locks_oldest_age_seconds",
    "event_streams_ended_total",
    "event_streams_sent_events_total",
    "process_threads",
    "process_virtual_memory_bytes",
    "projection_drift_checked_streams_total",
    "projection_position",
];

/// The metric that a sample of a histogram belongs to.
fn family(sample: &str) -> &str {
    let parts = ["_bucket", "_count", "_sum"];
    parts.iter().find_map(|part| sample.strip_suffix(part)).unwrap_or(sample)
}
