//! `docs/operations/alerts.yml`: sound by promtool, each alert tried, and its runbook there.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::super::place::Place;
use super::super::process::Process;
use super::super::prometheus::{Prometheus, installed};
use super::super::seen;
use super::names::names_in;
use super::{docs, sample_names};
use crate::whole::desk::Desk;

const RULES: &str = "operations/alerts.yml";
const TESTS: &str = "operations/alerts.test.yml";
const SEVERITIES: [&str; 3] = ["critical", "warning", "info"];

/// The scenarios of the playbook, as their headings are linked to.
const RUNBOOKS: [&str; 5] =
    ["import-stuck", "finalisation-failing", "lock-conflicts", "high-latency", "missing-audit-events"];

/// Names that are Prometheus's own.
const OF_PROMETHEUS: [&str; 1] = ["up"];

#[test]
fn promtool_finds_nothing_wrong_with_the_rules_and_each_alert_fires_and_rests_where_its_test_says() {
    if !installed("promtool") {
        return;
    }
    for (check, file) in [("check", RULES), ("test", TESTS)] {
        let said = Command::new("promtool").args([check, "rules"]).arg(docs(file)).output().unwrap();
        let text =
            String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{text}");
        println!("{text}");
    }
}

/// The names of a file's lines `<key>: <name>`, each once.
fn named(file: &str, key: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(docs(file)).unwrap();
    let names = text.lines().filter_map(|line| Some(line.split_once(&format!("{key}: "))?.1));
    names.map(|name| name.split([',', '}']).next().unwrap().to_owned()).collect()
}

#[test]
fn every_alert_is_tried_both_ways() {
    let alerts = named(RULES, "alert");
    assert!(alerts.len() > 20, "{alerts:?}");
    assert_eq!(named(TESTS, "alertname"), alerts);
    let text = fs::read_to_string(docs(TESTS)).unwrap();
    for alert in alerts {
        let rests = format!("alertname: {alert}, exp_alerts: []");
        assert!(text.contains(&rests), "no test in which {alert} does not fire");
        let fires = format!("alertname: {alert}\n        exp_alerts:\n          - exp_labels");
        assert!(text.contains(&fires), "no test in which {alert} fires");
    }
}

/// What a heading of a page is linked to by.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

fn assert_well_told(alert: &Value) {
    let (name, told) = (&alert["name"], &alert["annotations"]);
    let severity = alert["labels"]["severity"].as_str().unwrap_or_default();
    assert!(SEVERITIES.contains(&severity), "{name}: severity {severity}");
    for said in ["summary", "description"] {
        assert!(told[said].as_str().is_some_and(|text| text.len() > 10), "{name} has no {said}");
    }
    let runbook = told["runbook"].as_str().unwrap_or_default();
    let (page, heading) = runbook.split_once('#').unwrap_or_default();
    assert_eq!(page, "docs/playbook.md", "{name}");
    assert!(RUNBOOKS.contains(&heading), "{name}: no scenario {heading}");
    if let Ok(playbook) = fs::read_to_string(docs("playbook.md")) {
        let mut headings = playbook.lines().filter_map(|line| line.strip_prefix("## ")).map(anchor);
        assert!(headings.any(|there| there == heading), "{name}: the playbook has no heading {heading}");
    }
}

#[tokio::test]
async fn a_real_prometheus_loads_the_alerts_and_each_asks_for_figures_that_there_are() {
    let place = Place::new().await;
    let serve = Process::serve(&place, None, &[]).await;
    let rules = docs(RULES).canonicalize().unwrap();
    let Some(prometheus) = Prometheus::with_rules(serve.address, &[&rules]).await else { return };
    let desk = Desk::open(&place.database, serve.address).await;
    let figures = desk.metrics().await;
    let there: BTreeSet<&str> = sample_names(&figures).into_iter().chain(OF_PROMETHEUS).collect();
    let evaluated = async || {
        let said = prometheus.ask("/api/v1/rules", &[("type", "alert")]).await;
        let groups = said["data"]["groups"].as_array().unwrap().clone();
        let alerts: Vec<Value> =
            groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect();
        (!alerts.is_empty() && alerts.iter().all(|alert| alert["health"] != "unknown")).then_some(alerts)
    };
    let alerts = seen("every rule is evaluated", evaluated).await;
    assert_eq!(alerts.len(), named(RULES, "alert").len());
    for alert in &alerts {
        assert_eq!((&alert["health"], &alert["lastError"]), (&"ok".into(), &Value::Null), "{alert:#}");
        // A service that has only begun is well. Views that nobody has led yet are waited for.
        assert_ne!(alert["state"], "firing", "{alert:#}");
        assert_well_told(alert);
        let asked = names_in(alert["query"].as_str().unwrap());
        assert!(!asked.is_empty(), "{alert:#}");
        for name in asked {
            assert!(there.contains(name.as_str()), "{} asks for {name}, which there is not", alert["name"]);
        }
    }
}
