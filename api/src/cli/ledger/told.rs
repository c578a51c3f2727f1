//! What an operator is told before and after a new epoch.

use std::fmt::Write as _;

use projections::ProjectionStatus;

use super::{Before, KnownBy};
use crate::ledger::Begun;

/// How the ledger stands, and what would be done.
pub(super) fn before(before: &Before) -> String {
    let Before { epoch, head, same_up_to, known_by } = before;
    let how = match known_by {
        KnownBy::Operator => format!("as --same-up-to says, the backup ended at position {same_up_to}"),
        KnownBy::Rows => format!(
            "the backup ended at position {same_up_to}: the events up to there were written by one transaction, the restore"
        ),
        KnownBy::Nothing => format!(
            "nothing in the ledger tells where the backup ended; it is taken that nothing was appended since the restore, so \
             that it ended at position {same_up_to}. If something was, name the backup's last position with --same-up-to"
        ),
    };
    format!("epoch {epoch}, head {head}\n{how}\n")
}

/// What was done, and what is to do.
pub(super) fn after(begun: &Begun, views: &[ProjectionStatus]) -> String {
    let Begun { ended, epoch, head, same_up_to } = begun;
    let mut said = String::new();
    line(&mut said, format_args!("ended       epoch {ended}"));
    line(&mut said, format_args!("begun       epoch {epoch}, from position {} on", head + 1));
    line(&mut said, format_args!("head        {head}"));
    line(&mut said, format_args!("same up to  {same_up_to}"));
    line(&mut said, format_args!("next"));
    let ahead: Vec<&str> =
        views.iter().filter(|view| view.position > *head).map(|view| view.name.as_str()).collect();
    if ahead.is_empty() {
        line(&mut said, format_args!("  views: nothing; none is past the head"));
    } else {
        let names = ahead.join(" ");
        line(
            &mut said,
            format_args!(
                "  views: past the head, with rows of events that are lost; gradeledger rebuild {names}"
            ),
        );
    }
    line(
        &mut said,
        format_args!(
            "  services: nothing; those that run go on, and what they keep in memory is held to the ledger before it is used"
        ),
    );
    line(
        &mut said,
        format_args!(
            "  clients: every Ledger-Position, cursor and Last-Event-ID of the ended epoch is answered 409 other_epoch; they \
             forget what they hold from positions after {same_up_to}, and go on from the answer's `next`"
        ),
    );
    said
}

fn line(said: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = writeln!(said, "{line}");
}
