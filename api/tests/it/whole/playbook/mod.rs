//! docs/playbook.md, lived through: each scenario is caused for real, and whoever follows the page to the letter finds what was
//! broken and mends it. The sabotage is here, and in no binary.

mod document;
mod finalisation_failing;
mod high_latency;
mod import_stuck;
mod lock_conflicts;
mod missing_audit_events;
mod operator;
mod rest;
mod shell;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use domain::CopyId;
use projections::Views;

use super::desk::Desk;
use super::place::Place;
use super::process::Process;
use super::seen;
use document::Document;
use operator::Operator;

/// The scenarios, in their order on the page.
const SCENARIOS: [&str; 5] =
    ["Import stuck", "Finalisation failing", "Lock conflicts", "High latency", "Missing audit events"];

/// Every action, with the scenario it stands in: each has a test of its own here that ends in it.
const ACTIONS: [(&str, &str); 11] = [
    ("Import stuck", "Start a worker"),
    ("Import stuck", "Mend the cause and retry the import"),
    ("Import stuck", "Have it scanned again"),
    ("Finalisation failing", "Restore the scan and finalise again"),
    ("Lock conflicts", "Take the lock away"),
    ("High latency", "End the session"),
    ("High latency", "Let the log of accesses be written"),
    ("Missing audit events", "Repeat the request"),
    ("Missing audit events", "Let the view go on"),
    ("Missing audit events", "Take the stream in again"),
    ("Missing audit events", "Keep everything as it is"),
];

/// The tests that follow the page.
const SCENES: [&str; 5] = [
    include_str!("import_stuck.rs"),
    include_str!("finalisation_failing.rs"),
    include_str!("lock_conflicts.rs"),
    include_str!("high_latency.rs"),
    include_str!("missing_audit_events.rs"),
];

/// A ledger with a service in a process of its own, logging to a folder, and someone who has the playbook open.
struct Night {
    place: Place,
    logs: PathBuf,
    _process: Process,
    desk: Desk,
    operator: Operator,
}

impl Night {
    /// None where a program that the page tells to have is not installed; says which.
    async fn begins(arguments: &[&str]) -> Option<Self> {
        for program in ["bash", "psql", "pg_dump", "curl", "jq"] {
            if Command::new(program).arg("--version").output().is_err() {
                println!("skipped: {program} is not installed");
                return None;
            }
        }
        let place = Place::new().await;
        let logs = place.folder.path().join("logs");
        let process = Process::serve_logging(&place, &logs, arguments).await;
        let desk = Desk::open(&place.database, process.address).await;
        let operator = Operator::at(&place, &desk, &logs).await;
        Some(Self { place, logs, _process: process, desk, operator })
    }

    /// A process that does the work.
    async fn worker(&self) -> Process {
        Process::serve_logging(&self.place, &self.logs.join("worker"), &["--only", "workers"]).await
    }

    /// Where the scan of a copy is kept.
    async fn scan_of(&self, copy: CopyId) -> PathBuf {
        let sha256 = self.desk.copy(copy).await["source"]["sha256"].as_str().unwrap().to_owned();
        self.place.blobs().join(copy.to_string()).join(sha256)
    }

    /// Who did what is of this type, in order.
    async fn actors_of(&self, event_type: &str) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT metadata ->> 'actor_id' FROM events WHERE event_type = $1 ORDER BY position",
        )
        .bind(event_type)
        .fetch_all(self.place.pool())
        .await
        .unwrap()
    }

    /// Waits until a view has stopped.
    async fn stopped(&self, view: &str) {
        let views = Views::new(self.place.pool().clone());
        seen("the view stops", async || views.status_named(view).await.unwrap()?.poison.map(drop)).await;
    }

    /// Kills the backend of whoever appends, again and again.
    async fn kill_appends(&self) {
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE '%append_events%'";
        loop {
            sqlx::query(kill).execute(self.place.pool()).await.unwrap();
            tokio::time::sleep(super::LOOK).await;
        }
    }
}

/// Who is woken by an alert finds its name where its runbook leads.
#[test]
fn every_alert_is_named_in_the_scenario_that_it_leads_to() {
    let folder = document::docs();
    let page = fs::read_to_string(folder.join("playbook.md")).unwrap();
    let rules = fs::read_to_string(folder.join("operations/alerts.yml")).unwrap();
    let of = |key: &str| -> Vec<String> {
        let values = rules.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key));
        values.map(|value| value.trim().to_owned()).collect()
    };
    let (alerts, runbooks) = (of("alert:"), of("runbook:"));
    assert!(alerts.len() == runbooks.len() && alerts.len() > 20, "{alerts:?} {runbooks:?}");
    for (alert, runbook) in alerts.iter().zip(&runbooks) {
        let anchor = runbook.strip_prefix("docs/playbook.md#").unwrap();
        let scenario =
            page.split("\n## ").find(|section| document::anchor(section.lines().next().unwrap()) == anchor);
        assert!(scenario.unwrap().contains(&format!("`{alert}`")), "{alert} is not named under {anchor}");
    }
}

#[test]
fn every_action_of_the_playbook_is_one_that_a_test_ends_in_and_every_cause_leads_to_one() {
    let playbook = Document::read();
    let listed: BTreeSet<(&str, &str)> = ACTIONS.into_iter().collect();
    let mut there = BTreeSet::new();
    let anchors = playbook.anchors();
    for scenario in SCENARIOS {
        assert_eq!(
            playbook.under(&[scenario]),
            ["Symptoms", "Diagnosis", "Root causes", "Actions"],
            "{scenario}"
        );
        there.extend(playbook.under(&[scenario, "Actions"]).into_iter().map(|action| (scenario, action)));
        let causes = &playbook.section(&[scenario, "Root causes"]).causes;
        assert!(!causes.is_empty(), "{scenario}");
        for cause in causes {
            let section =
                anchors.get(&cause.action).unwrap_or_else(|| panic!("{} leads nowhere", cause.action));
            assert!(!section.blocks.is_empty(), "{} says nothing to do", cause.action);
        }
    }
    assert_eq!(there, listed);
    for (scenario, action) in ACTIONS {
        let named = |text: &str| SCENES.iter().any(|scene| scene.contains(&format!("{text:?}")));
        assert!(named(scenario) && named(action), "no scene ends in {action}");
    }
}
