//! The table of metrics in `docs/operations/README.md`, made from what a service shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::super::desk::{Desk, Figures};
use super::super::place::Place;
use super::super::process::Process;
use super::docs;

const PAGE: &str = "operations/README.md";
const BEGIN: &str = "<!-- metrics: begin -->\n";
const END: &str = "<!-- metrics: end -->";
/// Set to write the table instead of comparing it.
const WRITE: &str = "GRADELEDGER_WRITE_DOCS";

/// The most values of a label that are listed.
const LISTED: usize = 10;
/// Labels whose values are another build's in another build.
const UNLISTED: [&str; 2] = ["route", "version"];

struct Metric {
    name: String,
    kind: String,
    help: String,
    labels: BTreeMap<String, BTreeSet<String>>,
}

impl Metric {
    /// Whether a sample is one of this metric's.
    fn has(&self, sample: &str) -> bool {
        let tail = sample.strip_prefix(self.name.as_str());
        tail.is_some_and(|tail| tail.is_empty() || ["_bucket", "_sum", "_count"].contains(&tail))
    }

    fn row(&self) -> String {
        let labels: Vec<String> = self.labels.iter().map(|(name, values)| label(name, values)).collect();
        let help = self.help.trim_end_matches('.');
        format!("| `{}` | {} | {} | {help} |\n", self.name, self.kind, labels.join("; "))
    }
}

fn label(name: &str, values: &BTreeSet<String>) -> String {
    if UNLISTED.contains(&name) || values.len() > LISTED {
        return format!("`{name}`");
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    format!("`{name}`: {}", values.join(", "))
}

/// Labels of a series: no value of ours holds a quotation mark or a comma.
fn labels(series: &str) -> impl Iterator<Item = (&str, &str)> {
    let inside = series.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'));
    inside
        .split(',')
        .filter_map(|label| label.split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
}

fn metrics(figures: &Figures) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for line in figures.0.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), Some(help)) => metrics.push(Metric {
                name: name.to_owned(),
                kind: String::new(),
                help: help.to_owned(),
                labels: BTreeMap::new(),
            }),
            (Some("#"), Some("TYPE"), Some(_), Some(kind)) => {
                kind.clone_into(&mut metrics.last_mut().unwrap().kind)
            }
            _ => {
                let series = line.rsplit_once(' ').unwrap().0;
                let metric = metrics.last_mut().unwrap();
                assert!(metric.has(series.split('{').next().unwrap()), "{line} stands below {}", metric.name);
                for (name, value) in labels(series).filter(|(name, _)| *name != "le") {
                    metric.labels.entry(name.to_owned()).or_default().insert(value.to_owned());
                }
            }
        }
    }
    metrics.sort_by(|one, other| one.name.cmp(&other.name));
    metrics
}

#[tokio::test]
async fn the_page_lists_every_metric_as_the_service_shows_it() {
    let place = Place::new().await;
    let serve = Process::serve(&place, None, &[]).await;
    let metrics = metrics(&Desk::open(&place.database, serve.address).await.metrics().await);
    let rows: String = metrics.iter().map(Metric::row).collect();
    let table =
        format!("| metric | type | labels and their values | what it says |\n|---|---|---|---|\n{rows}");
    let page = fs::read_to_string(docs(PAGE)).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (standing, after) = rest.split_once(END).unwrap();
    if std::env::var_os(WRITE).is_some() {
        fs::write(docs(PAGE), format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(standing, table, "run this test with {WRITE}=1 to write the table anew");
    }
}
