//! The screen: what needs a person first, then one paragraph a part.

use std::fmt::Write as _;

use projections::ViewState;
use uuid::Uuid;

use super::super::screen::{Paint, wrap};
use super::super::stdout::on_a_line;
use super::parts;
use crate::app::answers::projections::ProjectionAnswer;
use crate::app::answers::status::{Problem, StatusAnswer};
use crate::app::status::span;

/// How much of a fact is told: a query may be long.
const FACT_CHARACTERS: usize = 400;
/// How wide the names of parts and facts are.
pub(super) const NAME: usize = 11;

/// All that is to be said, each line ended.
pub(super) fn screen(answer: &StatusAnswer, place: &str, paint: Paint) -> String {
    let mut said = header(answer, place);
    said.push_str(&verdict(answer, paint));
    for problem in &answer.problems {
        said.push_str(&told(problem, paint));
    }
    said.push('\n');
    said.push_str(&views(answer, paint));
    said.push_str(&parts::all(answer, paint));
    said
}

fn header(answer: &StatusAnswer, place: &str) -> String {
    let postgres = answer.postgres.as_ref().map_or_else(String::new, |version| {
        format!(", PostgreSQL {}", version.split(' ').next().unwrap_or_default())
    });
    let mut said = format!("gradeledger {}{postgres}, {}\n", answer.version, time(&answer.at.to_string()));
    let head = answer.head.map_or_else(|| "?".to_owned(), |head| head.to_string());
    let epoch = answer.epoch.map_or_else(|| "?".to_owned(), |epoch| epoch.to_string());
    let last = answer.last_event_ms.map_or_else(String::new, |ms| format!("  last event {} ago", span(ms)));
    let _ = writeln!(said, "ledger  head {head}  epoch {epoch}{last}");
    said.push_str(&wrap("at      ", place));
    said
}

fn verdict(answer: &StatusAnswer, paint: Paint) -> String {
    let words = match answer.problems.len() {
        0 => return format!("\n{}\n", paint.well("ALL IS WELL")),
        1 => "1 THING NEEDS YOU".to_owned(),
        many => format!("{many} THINGS NEED YOU"),
    };
    format!("\n{}\n", paint.alarm(&words))
}

fn told(problem: &Problem, paint: Paint) -> String {
    let what = wrap("! ", &problem.what);
    let mut said = format!("\n{}", what.replacen('!', &paint.alarm("!"), 1));
    for fact in &problem.facts {
        said.push_str(&wrap(&format!("  {:NAME$}", fact.name), &on_a_line(&fact.fact, FACT_CHARACTERS)));
    }
    let next = wrap(&format!("  {:NAME$}", "next"), &problem.next);
    said.push_str(&next.replacen("next", &paint.strong("next"), 1));
    said
}

/// One line where every view has everything; else a line a view.
fn views(answer: &StatusAnswer, paint: Paint) -> String {
    let views = &answer.views;
    if views.is_empty() {
        return String::new();
    }
    let is_plain = |view: &&ProjectionAnswer| {
        view.state == ViewState::Leading
            && view.lag_events == 0
            && view.left_out_streams == 0
            && view.rebuild.is_none()
    };
    if views.iter().all(|view| is_plain(&view)) {
        return format!("{:NAME$}{} of {} are led and have every event\n", "views", views.len(), views.len());
    }
    let mut said = format!(
        "{:13}{:>10}{:>9}  {:12}{:>9}  {:19}leader\n",
        "view", "position", "behind", "for", "left out", "state"
    );
    for view in views {
        let none = |number: u64| if number == 0 { "-".to_owned() } else { number.to_string() };
        let (behind, left_out) = (none(view.lag_events), none(view.left_out_streams));
        let since = if view.lag_events == 0 { "-".to_owned() } else { span(view.lag_ms) };
        let leader = view.leader.map_or_else(|| "-".to_owned(), |leader| who(answer, leader));
        let state = format!("{:19}", words(view));
        let state = if view.state == ViewState::Leading { state } else { paint.alarm(&state) };
        let _ = writeln!(
            said,
            "{:13}{:>10}{behind:>9}  {since:12}{left_out:>9}  {state}{leader}",
            view.name, view.position
        );
    }
    for view in views {
        said.push_str(&rebuilding(view));
    }
    if views.iter().any(|view| view.left_out_streams > 0) {
        said.push_str("some streams are left out: `gradeledger projections parked` lists them\n");
    }
    said.push('\n');
    said
}

fn words(view: &ProjectionAnswer) -> String {
    match (view.state, view.needs_reader) {
        (ViewState::Leading, _) => "leading".to_owned(),
        (ViewState::NoLeader, _) => "NO LEADER".to_owned(),
        (ViewState::TooOld, Some(reader)) => format!("NEEDS READER {reader}"),
        (ViewState::TooOld, None) => "NEEDS AN UPGRADE".to_owned(),
        (ViewState::Building, _) => "BUILDING".to_owned(),
        (ViewState::Stopped, _) => "STOPPED on event".to_owned(),
        (ViewState::Stuck, _) => "STUCK".to_owned(),
    }
}

/// How far a rebuild is.
fn rebuilding(view: &ProjectionAnswer) -> String {
    let Some(run) = &view.rebuild else { return String::new() };
    let far = format!("{}, {} of {} events", run.phase, run.events, run.target);
    let (name, by, pid, since) = (&view.name, &run.by, run.backend_pid, run.began_at.to_string());
    wrap("", &format!("{name} is being rebuilt by {by} (pid {pid} of Postgres) since {since}: {far}"))
}

/// A process by the name that it has in claims and leases: where it is, if it says so, else the end of that name.
pub(super) fn who(answer: &StatusAnswer, name: Uuid) -> String {
    let process = answer.processes.as_ref().and_then(|processes| processes.named(name));
    process.map_or_else(|| end(name), |process| format!("{} pid {}", process.host, process.pid))
}

/// The end of a long name.
pub(super) fn end(name: Uuid) -> String {
    let name = name.to_string();
    format!("…{}", &name[name.len() - 8..])
}

/// `2026-11-24T02:15:22.123456Z` as a person reads it.
pub(super) fn time(at: &str) -> String {
    let (date, rest) = at.split_once('T').unwrap_or((at, ""));
    format!("{date} {} UTC", rest.split('.').next().unwrap_or_default())
}
