//! What an operator does about a view, in a sentence that can be typed.

use domain::Reader;
use projections::{Hold, NoStream, Poison, ProjectionStatus, StreamId, ViewState, parked};

/// What to do next; none where there is nothing to do.
pub(super) fn next(view: &ProjectionStatus) -> Option<String> {
    match view.state {
        ViewState::Leading | ViewState::Building => None,
        ViewState::NoLeader => (view.lag_events() > 0).then(|| unled(view.required_reader)),
        ViewState::TooOld => (view.lag_events() > 0).then(|| {
            let (needs, own) = (view.required_reader.0, Reader::CURRENT.0);
            format!(
                "nothing is broken: a later version has written events that this one does not know. Start `gradeledger serve` \
                 of that version: the view needs reader {needs}, and this gradeledger is reader {own}"
            )
        }),
        ViewState::Stopped => view.poison.as_ref().map(|poison| stopped(&view.name, poison)),
        ViewState::Stuck => Some(view.hold.as_ref().map_or_else(unheld, held)),
    }
}

fn unled(required: Reader) -> String {
    let mut said = "no process folds it: start `gradeledger serve` (if given --only, then with projectors); where one runs, \
                    it takes over when the lease of the one before has run out"
        .to_owned();
    if required > Reader::FIRST {
        let needs = required.0;
        said.push_str(&format!(
            ". Only one of reader {needs} or later can: processes of earlier versions stand by until they are upgraded"
        ));
    }
    said
}

fn stopped(name: &str, poison: &Poison) -> String {
    let retry = format!("`gradeledger projections retry {name}`");
    match poison.stream.parse::<StreamId>() {
        // It says what is parked, so nothing can be parked for it.
        Ok(_) if name == parked::VIEW.name => format!("mend the cause, then {retry}"),
        Ok(stream) => format!(
            "mend the cause, then {retry}; or let the view go on without that stream until then: \
             `gradeledger projections park {name} --stream {} --reason TEXT`",
            stream.uuid()
        ),
        // Where the position itself is missing, there is no stream to leave out.
        Err(NoStream) if poison.stream.is_empty() => {
            "run `gradeledger verify`: the ledger is damaged, and no view can be right past the damage"
                .to_owned()
        }
        Err(NoStream) => format!("mend the cause, then {retry}"),
    }
}

fn held(hold: &Hold) -> String {
    let causes: Vec<_> = hold.holders.iter().filter(|session| session.waits_for.is_empty()).collect();
    let [first, ..] = causes.as_slice() else { return unheld() };
    if first.pid == 0 {
        return "commit or roll back the prepared transaction that holds it; `SELECT * FROM pg_prepared_xacts` lists them"
            .to_owned();
    }
    let ends: Vec<String> =
        causes.iter().map(|session| format!("SELECT pg_terminate_backend({})", session.pid)).collect();
    format!("let the session that holds it come to its end, or end it: `{}`", ends.join("; "))
}

fn unheld() -> String {
    "no session of the database holds it: look at the log of the process that leads it, or stop that process, and another \
     takes over"
        .to_owned()
}
