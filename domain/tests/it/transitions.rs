//! L11: every status against every command; what the table of transitions does not accept is refused.

use domain::copy::event::{ExportFormat, WorkError};
use domain::copy::{CopyAction, CopyError, CopyStatus, LockConflict};

use crate::story::*;

/// Where copies stand: `Sp`, `Sf` and `Sd` are STAGING with the import pending, failed and done.
fn stations() -> [Story; 10] {
    [
        Story::absent(),
        Story::staging(),
        Story::staging().then(WORKER, import_failure(1, WorkError::InvalidPdf)),
        Story::imported(),
        Story::ready(),
        Story::marked(),
        Story::grading(),
        Story::grading_failed(),
        Story::graded(),
        Story::voided(),
    ]
}

/// One row a command. An upper-case cell is the status after it: Staging, Ready, Locked, grading in Progress, grading
/// Failed, Graded, Voided. A lower-case cell is the refusal: `-` no such copy, `t` the anonymous id is taken, `s`
/// wrong status, `i` import not done, `a` the attempt is over, `b` being tried, `d` done, `n` nothing to take back, `m` no lock, `g` already graded, `x` voided.
#[rustfmt::skip]
const TABLE: [(&str, [&str; 10]); 23] = [
    //                      none  Sp   Sf   Sd   R    L    P    F    G    void
    ("request import",     ["S", "t", "t", "t", "t", "t", "t", "t", "t", "t"]),
    ("record import",      ["-", "S", "a", "i", "s", "s", "s", "s", "s", "x"]),
    ("record failure",     ["-", "S", "a", "i", "s", "s", "s", "s", "s", "x"]),
    ("retry import",       ["-", "b", "S", "d", "s", "s", "s", "s", "s", "x"]),
    ("validate",           ["-", "i", "i", "R", "s", "s", "s", "s", "s", "x"]),
    ("acquire lock",       ["-", "s", "s", "s", "L", "L", "s", "L", "g", "x"]),
    ("renew lock",         ["-", "s", "s", "s", "m", "L", "s", "m", "g", "x"]),
    ("release lock",       ["-", "s", "s", "s", "m", "R", "s", "m", "g", "x"]),
    ("expire lock",        ["-", "s", "s", "s", "s", "R", "s", "s", "s", "x"]),
    ("force-release lock", ["-", "s", "s", "s", "s", "R", "s", "s", "s", "x"]),
    ("mark",               ["-", "s", "s", "s", "m", "L", "s", "m", "g", "x"]),
    ("finalise",           ["-", "s", "s", "s", "m", "P", "s", "P", "g", "x"]),
    ("retry finalisation", ["-", "s", "s", "s", "s", "s", "b", "P", "d", "x"]),
    ("record graded",      ["-", "s", "s", "s", "s", "s", "G", "s", "s", "x"]),
    ("record not graded",  ["-", "s", "s", "s", "s", "s", "F", "s", "s", "x"]),
    ("export",             ["-", "s", "s", "s", "s", "s", "s", "s", "G", "x"]),
    ("correct",            ["-", "s", "s", "s", "s", "s", "s", "s", "P", "x"]),
    ("reopen",             ["-", "s", "s", "s", "s", "s", "s", "s", "R", "x"]),
    ("identify",           ["-", "S", "S", "S", "R", "L", "P", "F", "G", "x"]),
    ("unidentify",         ["-", "n", "n", "n", "n", "n", "n", "n", "n", "x"]),
    ("assign",             ["-", "S", "S", "S", "R", "s", "s", "F", "s", "x"]),
    ("unassign",           ["-", "n", "n", "n", "n", "s", "s", "n", "s", "x"]),
    ("void",               ["-", "V", "V", "V", "V", "V", "s", "V", "V", "x"]),
];

/// One action of each kind, by a caller who has what it takes wherever that is possible.
fn actions(story: &Story) -> [CopyAction; 23] {
    [
        request_import("A-001"),
        record_import(1, pages()),
        import_failure(1, WorkError::InvalidPdf),
        retry_import(),
        validate(),
        acquire(LOCK),
        renew(),
        release(),
        CopyAction::ExpireLock,
        force_release(),
        score("2.a", Some(700)),
        finalise(),
        retry_finalisation(),
        story.made(3),
        story.failed(WorkError::Timeout),
        CopyAction::Export { format: ExportFormat::Pdf, sha256: final_pdf() },
        correct("1", 700),
        reopen(),
        identify(1),
        unidentify(),
        assign(BLAISE),
        CopyAction::Unassign,
        void(),
    ]
}

/// The row of an action. A new action does not compile until it has one.
fn row(action: &CopyAction) -> usize {
    match action {
        CopyAction::RequestImport { .. } => 0,
        CopyAction::RecordImport { .. } => 1,
        CopyAction::RecordImportFailure { .. } => 2,
        CopyAction::RetryImport { .. } => 3,
        CopyAction::Validate { .. } => 4,
        CopyAction::AcquireLock { .. } => 5,
        CopyAction::RenewLock { .. } => 6,
        CopyAction::ReleaseLock { .. } => 7,
        CopyAction::ExpireLock => 8,
        CopyAction::ForceReleaseLock { .. } => 9,
        CopyAction::Mark { .. } => 10,
        CopyAction::Finalise { .. } => 11,
        CopyAction::RetryFinalisation { .. } => 12,
        CopyAction::RecordGraded { .. } => 13,
        CopyAction::RecordFinalisationFailure { .. } => 14,
        CopyAction::Export { .. } => 15,
        CopyAction::Correct { .. } => 16,
        CopyAction::Reopen { .. } => 17,
        CopyAction::Identify { .. } => 18,
        CopyAction::Unidentify { .. } => 19,
        CopyAction::Assign { .. } => 20,
        CopyAction::Unassign => 21,
        CopyAction::Void { .. } => 22,
    }
}

/// What happened, as a cell of the table.
fn cell(story: &Story, action: CopyAction) -> &'static str {
    let actor = ADA;
    // The lease has to be over for its expiry to be recorded, and to be running for all else.
    let story = if matches!(action, CopyAction::ExpireLock) { story.clone().at(600) } else { story.clone() };
    let before = story.copy().state.status();
    match story.asked(actor, action) {
        Ok(events) => match folded(&[story.events, events].concat()).state.status() {
            None => "V",
            Some(CopyStatus::Staging) => "S",
            Some(CopyStatus::Ready) => "R",
            Some(CopyStatus::Locked) => "L",
            Some(CopyStatus::GradingInProgress) => "P",
            Some(CopyStatus::GradingFailed) => "F",
            Some(CopyStatus::Graded) => "G",
        },
        Err(CopyError::Absent) => "-",
        Err(CopyError::AnonymousIdTaken) => "t",
        Err(CopyError::WrongStatus { status, .. } | CopyError::NoLock { status })
            if Some(status) == before =>
        {
            "s"
        }
        Err(CopyError::StillTried { .. }) => "b",
        Err(CopyError::NothingToRetry { .. }) => "d",
        Err(CopyError::NotImported(_)) => "i",
        Err(CopyError::NotIdentified | CopyError::NotAssigned) => "n",
        Err(CopyError::AttemptOver { .. }) => "a",
        Err(CopyError::Lock(LockConflict::Missing)) => "m",
        Err(CopyError::Lock(LockConflict::AlreadyGraded)) => "g",
        Err(CopyError::Voided) => "x",
        Err(other) => panic!("no cell says {other:?}"),
    }
}

// L11
#[test]
fn every_status_meets_every_command_as_the_table_says() {
    for (column, story) in stations().iter().enumerate() {
        for (index, action) in actions(story).into_iter().enumerate() {
            assert_eq!(row(&action), index, "the actions stand in the table's order");
            let (command, cells) = TABLE[index];
            let status = story.copy().state.status();
            assert_eq!(cell(story, action), cells[column], "{command} at {status:?}, column {column}");
        }
    }
}

// L11: a refusal says where the copy stands and where it would have to.
#[test]
fn a_refusal_names_the_status_and_what_it_needs() {
    let refusal = Story::graded().refuses(OFFICE, validate()).to_string();
    assert_eq!(refusal, "a copy in status GRADED does not accept this; it needs STAGING");
    let refusal = Story::ready().refuses(OFFICE, force_release()).to_string();
    assert_eq!(refusal, "this copy has no lock: it is in status READY, and there is nothing to release");
    let refusal = Story::grading().refuses(OFFICE, void()).to_string();
    assert_eq!(
        refusal,
        "a copy in status GRADING_IN_PROGRESS does not accept this; it needs any status but GRADING_IN_PROGRESS"
    );
}

// L11: all six statuses are met by the stations above, so that no column is missing.
#[test]
fn every_status_has_its_column() {
    let met: Vec<_> = stations().iter().filter_map(|story| story.copy().state.status()).collect();
    for status in CopyStatus::ALL {
        assert!(met.contains(&status), "{status}");
    }
}
