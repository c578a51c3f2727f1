//! A session of Postgres in words.

use std::fmt::Write as _;

use super::super::answers::projections::SessionAnswer;
use super::span::span;

/// What a session is and does.
pub(super) fn words(session: &SessionAnswer) -> String {
    if session.pid == 0 {
        return "a prepared transaction".to_owned();
    }
    let mut said = format!("pid {}", session.pid);
    // Writing into a String cannot fail.
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
