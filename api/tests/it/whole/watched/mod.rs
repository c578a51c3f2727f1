//! The service as those see it who watch over it: a real Prometheus, the alerts and the dashboard of `docs/operations`.

mod alerts;
mod cardinality;
mod dashboard;
mod moves;
mod names;
mod scraped;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fixtures::scans;
use http::Method;
use serde_json::json;

use super::desk::{Desk, Figures};
use super::place::Place;
use super::process::Process;
use crate::routes::world::an_annotation;

/// A file of the documentation.
fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// A real `serve` in which one good copy was imported, marked and graded, and a damaged one was refused.
async fn worked(place: &Place) -> (Process, Desk) {
    let serve = Process::serve(place, None, &[]).await;
    let desk = Desk::open(&place.database, serve.address).await;
    let exam = desk.exam().await;
    let damaged = desk.send(exam, "damaged", scans::damaged()).await;
    let held = desk.held(exam, "good", 2).await;
    desk.mark(&held, Method::POST, "/annotations", an_annotation()).await.body(201);
    desk.score(&held, "1", json!(7.5)).await;
    assert_eq!(desk.finalise(&held).await["status"], "GRADED");
    assert_eq!(desk.import_ended(damaged).await["import"]["state"], "failed");
    place.views_caught_up().await;
    (serve, desk)
}

/// Every series of a scrape: its name and labels, without its value.
fn series(figures: &Figures) -> BTreeSet<&str> {
    let lines = figures.0.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').unwrap().0).collect()
}

/// The names of a scrape's samples.
fn sample_names(figures: &Figures) -> BTreeSet<&str> {
    series(figures).into_iter().map(|series| series.split('{').next().unwrap()).collect()
}
