//! The screen: a line a view, then what is to be said of each view that needs somebody.

use std::fmt::Write as _;

use projections::ViewState;

use super::super::stdout::on_a_line;
use super::span::span;
use crate::app::answers::projections::{HoldAnswer, ProjectionAnswer, ProjectionsAnswer, SessionAnswer};

/// How much of a query stands on its line.
const QUERY_CHARACTERS: usize = 300;

/// All that is to be said, each line ended.
pub(super) fn screen(answer: &ProjectionsAnswer) -> String {
    let mut said = format!("ledger  head {}  epoch {}\n\n", answer.head, answer.epoch);
    let width = answer.views.iter().map(|view| view.name.len()).max().unwrap_or(4).max(4);
    line(
        &mut said,
        format_args!(
            "{:width$}  version  {:>12}  {:>10}  {:>12}  {:>8}  {:18}  leader",
            "view", "position", "behind", "for", "left out", "state"
        ),
    );
    for view in &answer.views {
        let behind = if view.lag_events == 0 { "-".to_owned() } else { view.lag_events.to_string() };
        let since = if view.lag_events == 0 { "-".to_owned() } else { span(view.lag_ms) };
        let leader = view.leader.map_or_else(|| "-".to_owned(), |leader| leader.to_string());
        let ProjectionAnswer { name, version, position, left_out_streams, .. } = view;
        let left_out = if *left_out_streams == 0 { "-".to_owned() } else { left_out_streams.to_string() };
        let state = words(view);
        line(
            &mut said,
            format_args!(
                "{name:width$}  {version:>7}  {position:>12}  {behind:>10}  {since:>12}  {left_out:>8}  {state:18}  {leader}"
            ),
        );
    }
    for view in &answer.views {
        trouble(&mut said, view);
        rebuilding(&mut said, view);
    }
    if answer.views.iter().any(|view| view.left_out_streams > 0) {
        line(
            &mut said,
            format_args!("\nsome streams are left out: `gradeledger projections parked` lists them"),
        );
    }
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

/// What is wrong with a view, and what to do.
fn trouble(said: &mut String, view: &ProjectionAnswer) {
    let Some(next) = &view.next else { return };
    let (name, position, still) = (&view.name, view.position, span(view.stuck_ms));
    if view.lag_events == 0 {
        line(said, format_args!("\n{name} stands still at position {position}, and no event has come since"));
    } else {
        line(said, format_args!("\n{name} has stood still at position {position} for {still}"));
    }
    if let Some(poison) = &view.poison {
        line(
            said,
            format_args!(
                "  stopped    by position {}: {} of {}",
                poison.position,
                or_none(&poison.event_type),
                or_none(&poison.stream)
            ),
        );
        line(said, format_args!("  because    {}", poison.cause));
        line(said, format_args!("  since      {}", poison.at));
    }
    if let Some(hold) = &view.hold {
        held(said, hold);
    }
    line(said, format_args!("  next       {next}"));
}

/// How far a rebuild is.
fn rebuilding(said: &mut String, view: &ProjectionAnswer) {
    let Some(run) = &view.rebuild else { return };
    line(
        said,
        format_args!(
            "\n{} is being rebuilt by {} (pid {} of Postgres) since {}: {}, {} of {} events",
            view.name, run.by, run.backend_pid, run.began_at, run.phase, run.events, run.target
        ),
    );
}

fn held(said: &mut String, hold: &HoldAnswer) {
    line(said, format_args!("  its leader {}", session(&hold.leader)));
    for holder in &hold.holders {
        line(said, format_args!("  held by    {}", session(holder)));
        if let Some(query) = &holder.query {
            line(said, format_args!("             {}", on_a_line(query, QUERY_CHARACTERS)));
        }
    }
}

fn session(session: &SessionAnswer) -> String {
    if session.pid == 0 {
        return "a prepared transaction".to_owned();
    }
    let mut said = format!("pid {}", session.pid);
    if let Some(user) = &session.user {
        let _ = write!(said, ", user {user}");
    }
    if let Some(application) = session.application.as_ref().filter(|application| !application.is_empty()) {
        let _ = write!(said, ", {application}");
    }
    match &session.state {
        Some(state) => {
            let _ = write!(said, ", {state} for {}", span(session.state_ms.unwrap_or(0)));
        }
        None => said.push_str(", what it does is not visible to this role (pg_read_all_stats would show it)"),
    }
    if let Some(waits_on) = &session.waits_on {
        let _ = write!(said, ", waits on {waits_on}");
    }
    if !session.waits_for.is_empty() {
        let pids: Vec<String> = session.waits_for.iter().map(i32::to_string).collect();
        let _ = write!(said, ", waits for pid {}", pids.join(", "));
    }
    if let Some(open) = session.transaction_ms {
        let _ = write!(said, ", transaction open for {}", span(open));
    }
    said
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "no event" } else { text }
}

fn line(said: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = writeln!(said, "{line}");
}
