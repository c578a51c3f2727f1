//! What `/metrics` holds.

use std::collections::{BTreeMap, BTreeSet};

use gradeledger::limits::LogLimits;
use gradeledger::logs::{DEFAULT_FILTER, Format, LogOptions, subscriber};
use http::Method;

use crate::http_frame::world::World;

/// A family of series, as the text format tells it.
#[derive(Default)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) help: String,
    /// Label names, with the values that are there from the start.
    pub(super) labels: BTreeMap<String, BTreeSet<String>>,
}

/// Every family of a process that serves, by name. One has no series, and is not there, until something is counted in it: so
/// it is a served process that is asked, with every source of figures.
pub(super) async fn families() -> BTreeMap<String, Family> {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let options = LogOptions {
        format: Format::Json,
        folder: Some(folder.path().to_owned()),
        filter: DEFAULT_FILTER.to_owned(),
        limits: LogLimits::default(),
    };
    let (_, logs) = subscriber(&options).unwrap();
    world.sources.add(logs.source());
    assert_eq!(world.bare(Method::GET, "/api/health/live").send().await.unwrap().status(), 200);
    let text = world.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "HELP", name, help] => {
                families.entry((*name).to_owned()).or_default().help = (*help).to_owned()
            }
            ["#", "TYPE", name, kind] => {
                families.entry((*name).to_owned()).or_default().kind = (*kind).to_owned()
            }
            _ => series(line, &mut families),
        }
    }
    families
}

fn series(line: &str, families: &mut BTreeMap<String, Family>) {
    let Some((name, rest)) = line.split_once('{') else { return };
    let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let key = if families.contains_key(name) { name } else { base };
    let Some(family) = families.get_mut(key) else { return };
    let labels = rest.rsplit_once('}').map_or("", |(labels, _)| labels);
    for label in labels.split("\",") {
        if let Some((name, value)) = label.split_once("=\"") {
            family.labels.entry(name.to_owned()).or_default().insert(value.trim_end_matches('"').to_owned());
        }
    }
}
