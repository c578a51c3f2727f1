//! What needs a person, from all that was read: the most pressing first.

use std::collections::BTreeMap;

use domain::Timestamp;
use projections::ViewState;

use super::super::answers::projections::{HoldAnswer, ProjectionAnswer};
use super::super::answers::status::{
    CopiesAnswer, Fact, HolderAnswer, LocksAnswer, Problem, ProcessesAnswer, StatusAnswer, WorkAnswer,
};
use super::span::span;
use super::{StatusLimits, sessions};

/// The most copies that a problem names.
const COPIES_NAMED: usize = 3;
/// What has a process work.
const START_WORKERS: &str = "start `gradeledger serve` (if given --only, then with workers) and look at the end of its log, if it \
                             ended by itself";

pub(super) fn of(answer: &StatusAnswer, held: &[HolderAnswer], limits: StatusLimits) -> Vec<Problem> {
    let mut problems: Vec<Problem> = nobody(answer).into_iter().collect();
    problems.extend(missing(answer));
    problems.extend(held_up(held));
    // A view that is stuck names who holds it, which is often why something cannot be read.
    problems.extend(unled(&answer.views));
    problems.extend(answer.views.iter().filter(|view| view.state != ViewState::NoLeader).filter_map(view));
    problems.extend(answer.unread.iter().map(unread));
    problems.extend(answer.work.as_ref().and_then(|work| late(work, answer.processes.as_ref(), limits)));
    if let Some(copies) = &answer.copies {
        problems.extend(given_up(answer, copies, "import", copies.imports_given_up));
        problems.extend(given_up(answer, copies, "finalisation", copies.finalisations_given_up));
    }
    problems
        .extend(answer.locks.as_ref().and_then(|locks| unswept(locks, answer.processes.as_ref(), limits)));
    problems.extend(full(answer, limits));
    problems
}

fn unread(unread: &super::Unread) -> Problem {
    Problem {
        part: "status",
        what: format!("{} cannot be read", unread.part),
        facts: vec![Fact::new("because", &unread.because)],
        next: "`gradeledger doctor` looks at each connection, right and lock apart".to_owned(),
    }
}

/// That no process serves at all: of one of a version before processes said so, a lease or a claim tells.
fn nobody(answer: &StatusAnswer) -> Option<Problem> {
    let processes = answer.processes.as_ref()?;
    let led = answer.views.iter().any(|view| view.leader.is_some());
    let working = answer.work.as_ref().is_some_and(|work| !work.in_hand.is_empty());
    if processes.alive().next().is_some() || led || working || !processes.duties.is_empty() {
        return None;
    }
    Some(Problem {
        part: "processes",
        what: "no process of gradeledger is alive: nobody answers requests, keeps the views or does the work"
            .to_owned(),
        facts: silent(processes),
        next: "start `gradeledger serve`, and look at the end of its log, if it ended by itself".to_owned(),
    })
}

/// That some processes live, and none of them does what every ledger needs.
fn missing(answer: &StatusAnswer) -> Vec<Problem> {
    let Some(processes) = answer.processes.as_ref().filter(|processes| processes.alive().next().is_some())
    else {
        return Vec::new();
    };
    let led = answer.views.iter().any(|view| view.leader.is_some());
    let parts = [
        ("api", "NO API RUNS: processes are alive, and none of them answers requests", false),
        ("projectors", "NO PROJECTOR RUNS: processes are alive, and none of them keeps the views", led),
    ];
    let missing = parts.into_iter().filter(|(part, _, other)| !processes.runs(part) && !other);
    let problem = |(part, what, _): (&str, &str, bool)| Problem {
        part: "processes",
        what: what.to_owned(),
        facts: silent(processes),
        next: format!(
            "start `gradeledger serve` (if given --only, then with {part}) and look at the end of its log, if it ended by itself"
        ),
    };
    missing.map(problem).collect()
}

/// That a session keeps every append waiting.
fn held_up(held: &[HolderAnswer]) -> Option<Problem> {
    let first = held.first()?;
    let session = |holder: &HolderAnswer| {
        let open = holder.open_ms.map_or_else(
            || "open for how long is not visible to this role".to_owned(),
            |open_ms| format!("transaction open for {}", span(open_ms)),
        );
        let (user, application) = (holder.user.as_deref(), holder.application.as_deref());
        let named = [user, application].into_iter().flatten().filter(|name| !name.is_empty());
        let named: String = named.map(|name| format!(", {name}")).collect();
        Fact::new("held by", format!("pid {}{named}, {open}", holder.pid))
    };
    Some(Problem {
        part: "ledger",
        what: "appends are HELD UP: a session holds the ledger's head, and nothing can be recorded"
            .to_owned(),
        facts: held.iter().take(COPIES_NAMED).map(session).collect(),
        next: format!(
            "let it come to its end, or end it, as a superuser or a member of pg_signal_backend: `SELECT pg_terminate_backend({})`",
            first.pid
        ),
    })
}

/// The processes that were there a short while ago.
fn silent(processes: &ProcessesAnswer) -> Vec<Fact> {
    let silent = processes.processes.iter().filter(|process| !process.alive);
    let fact = |process: &super::super::answers::status::ProcessAnswer| {
        let (host, pid, since) = (&process.host, process.pid, span(process.silent_ms));
        Fact::new("was there", format!("{host}, pid {pid}, {}: silent for {since}", process.parts.join(", ")))
    };
    silent.take(COPIES_NAMED).map(fact).collect()
}

/// Views that nobody leads and that have events to fold: all of them together, where the same is to be done.
fn unled(views: &[ProjectionAnswer]) -> Vec<Problem> {
    let mut by_next: BTreeMap<&str, Vec<&ProjectionAnswer>> = BTreeMap::new();
    for unled in views.iter().filter(|view| view.state == ViewState::NoLeader) {
        if let Some(next) = &unled.next {
            by_next.entry(next).or_default().push(unled);
        }
    }
    let together = by_next.into_iter().filter_map(|(next, unled)| match unled.as_slice() {
        [only] => view(only),
        many => {
            let names: Vec<&str> = many.iter().map(|view| view.name.as_str()).collect();
            let still = span(many.iter().map(|view| view.stuck_ms).max().unwrap_or(0));
            Some(Problem {
                part: "views",
                what: format!(
                    "{} views are led by nobody and have stood still for up to {still}",
                    many.len()
                ),
                facts: vec![Fact::new("views", names.join(", "))],
                next: next.to_owned(),
            })
        }
    });
    together.collect()
}

fn view(view: &ProjectionAnswer) -> Option<Problem> {
    let next = view.next.clone()?;
    let (name, position) = (&view.name, view.position);
    let how = match view.state {
        ViewState::Stopped => "is STOPPED: it",
        ViewState::Stuck => "is STUCK: it",
        ViewState::NoLeader | ViewState::TooOld | ViewState::Building | ViewState::Leading => "",
    };
    let mut what = format!("view {name} {how}").trim_end().to_owned();
    if view.lag_events == 0 {
        what.push_str(&format!(" stands still at position {position}, and no event has come since"));
    } else {
        what.push_str(&format!(" has stood still at position {position} for {}", span(view.stuck_ms)));
    }
    let mut facts = Vec::new();
    if let Some(poison) = &view.poison {
        let (event, stream) = (or_none(&poison.event_type), or_none(&poison.stream));
        facts.push(Fact::new("stopped", format!("by position {}: {event} of {stream}", poison.position)));
        facts.push(Fact::new("because", &poison.cause));
        facts.push(Fact::new("since", poison.at.to_string()));
    }
    if let Some(hold) = &view.hold {
        facts.extend(held(hold));
    }
    Some(Problem { part: "views", what, facts, next })
}

fn held(hold: &HoldAnswer) -> Vec<Fact> {
    let mut facts = vec![Fact::new("its leader", sessions::words(&hold.leader))];
    for holder in &hold.holders {
        facts.push(Fact::new("held by", sessions::words(holder)));
        if let Some(query) = &holder.query {
            facts.push(Fact::new("asked", query));
        }
    }
    facts
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "no event" } else { text }
}

/// That work waits that nobody takes.
fn late(work: &WorkAnswer, processes: Option<&ProcessesAnswer>, limits: StatusLimits) -> Option<Problem> {
    let waiting: u64 = work.queue.iter().map(|queue| queue.waiting).sum();
    let first =
        work.queue.iter().filter(|queue| queue.waiting > 0).max_by_key(|queue| queue.longest_wait_ms)?;
    let no_worker = processes.is_some_and(|processes| !processes.runs("workers")) && work.in_hand.is_empty();
    let waits = span(first.longest_wait_ms);
    let is_late = u128::from(first.longest_wait_ms) > limits.work_late.as_millis();
    let items = if waiting == 1 {
        "1 item of work waits".to_owned()
    } else {
        format!("{waiting} items of work wait")
    };
    let oldest = format!(
        "{} on copy {}, asked for {} ago",
        first.kind.as_str(),
        first.oldest.copy_id,
        span(first.oldest.age_ms)
    );
    if no_worker && u128::from(first.longest_wait_ms) > limits.alive.as_millis() {
        return Some(Problem {
            part: "work",
            what: format!("{items} and NO WORKER RUNS: the first has waited for {waits}"),
            facts: [vec![Fact::new("oldest", oldest)], processes.map(silent).unwrap_or_default()].concat(),
            next: START_WORKERS.to_owned(),
        });
    }
    is_late.then(|| Problem {
        part: "work",
        what: format!("{items}, the first for {waits}: the workers do not keep up, or do not take it"),
        facts: vec![Fact::new("oldest", oldest)],
        next: "look at what they have in hand (below) and at their log; more `gradeledger serve --only workers` take more at a \
               time"
            .to_owned(),
    })
}

fn given_up(answer: &StatusAnswer, copies: &CopiesAnswer, work: &'static str, count: u64) -> Option<Problem> {
    let of_kind = || copies.failed.iter().filter(|failed| failed.work == work && !failed.tried_again);
    if count == 0 {
        return None;
    }
    let facts = of_kind().take(COPIES_NAMED).map(|failed| {
        let (copy, attempt, stage, error) = (failed.copy_id, failed.attempt, failed.stage, failed.error_type);
        let ago = span(age(answer.at, failed.at));
        Fact::new("copy", format!("{copy}: {error} at {stage}, attempt {attempt}, {ago} ago"))
    });
    let next = of_kind().find_map(|failed| failed.next.clone());
    let were = if count == 1 { format!("1 {work} was") } else { format!("{count} {work}s were") };
    Some(Problem {
        part: "copies",
        what: format!("{were} given up after the last attempt failed"),
        facts: facts.collect(),
        next: next.unwrap_or_else(|| {
            "GET /api/copies?status=GRADING_FAILED and ?status=STAGING list them".to_owned()
        }),
    })
}

/// How long ago `then` was, in milliseconds.
pub(crate) fn age(now: Timestamp, then: Timestamp) -> u64 {
    u64::try_from((now.micros() - then.micros()) / 1_000).unwrap_or(0)
}

/// That locks are past their end and nobody records it.
fn unswept(
    locks: &LocksAnswer,
    processes: Option<&ProcessesAnswer>,
    limits: StatusLimits,
) -> Option<Problem> {
    if u128::from(locks.ended_ms) <= limits.lock_late.as_millis() {
        return None;
    }
    let were = if locks.ended == 1 { "1 lock is".to_owned() } else { format!("{} locks are", locks.ended) };
    let sweeper =
        processes.and_then(|processes| processes.duties.iter().find(|duty| duty.duty == "expire locks"));
    let (facts, next) = match sweeper {
        Some(duty) => (
            vec![Fact::new("sweeper", duty.worker.to_string())],
            "look at the log of the process that has the duty; another takes it over when that one is stopped".to_owned(),
        ),
        None => (vec![Fact::new("sweeper", "nobody has the duty")], START_WORKERS.to_owned()),
    };
    Some(Problem {
        part: "locks",
        what: format!("{were} past the end, the first for {}, and nobody records it", span(locks.ended_ms)),
        facts,
        next,
    })
}

/// That the disk of the blobs is nearly full.
fn full(answer: &StatusAnswer, limits: StatusLimits) -> Option<Problem> {
    let blobs = answer.disk.blobs.as_ref().filter(|blobs| blobs.free_bytes < limits.free_bytes)?;
    Some(Problem {
        part: "disk",
        what: format!(
            "the disk of the blobs is nearly FULL: {} free of {}",
            size(blobs.free_bytes),
            size(blobs.disk_bytes)
        ),
        facts: vec![Fact::new("folder", &blobs.folder)],
        next: format!(
            "make room or a larger disk: imports and finalisations fail once it is full. The threshold of {} is set with \
             `--limit status.free_bytes=BYTES`",
            size(limits.free_bytes)
        ),
    })
}

/// A size as a person reads it, in powers of ten, as disks are sold.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} B"),
        |&(unit, name)| {
            let tenths = bytes / (unit / 10);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_is_said_in_the_unit_that_fits_it() {
        let said = [0, 999, 1_000, 1_250_000, 53_421_000_000, 2_000_000_000_000].map(size);
        assert_eq!(said, ["0 B", "999 B", "1.0 kB", "1.2 MB", "53.4 GB", "2.0 TB"]);
    }
}
