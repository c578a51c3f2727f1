//! Work, copies, locks, processes and disk, a paragraph each.

use std::fmt::Write as _;

use projections::work_queue::WorkKind;

use super::super::screen::{Paint, wrap};
use super::screen::{NAME, end, time, who};
use crate::app::answers::status::{
    CopiesAnswer, DiskAnswer, FailedCopyAnswer, LocksAnswer, ProcessAnswer, ProcessesAnswer, QueueAnswer,
    StatusAnswer, WorkAnswer,
};
use crate::app::status::{age, size, span};

/// The most items in hand that are shown.
const IN_HAND_SHOWN: usize = 5;
/// The most processes that are shown.
const PROCESSES_SHOWN: usize = 8;

pub(super) fn all(answer: &StatusAnswer, paint: Paint) -> String {
    let mut said = String::new();
    match &answer.work {
        Some(work) => said.push_str(&of_work(answer, work)),
        None => said.push_str(&not_read("work", paint)),
    }
    match &answer.copies {
        Some(copies) => said.push_str(&of_copies(answer, copies)),
        None => said.push_str(&not_read("copies", paint)),
    }
    match &answer.locks {
        Some(locks) => said.push_str(&of_locks(answer, locks, paint)),
        None => said.push_str(&not_read("locks", paint)),
    }
    match &answer.processes {
        Some(processes) => said.push_str(&of_processes(answer, processes, paint)),
        None => said.push_str(&not_read("processes", paint)),
    }
    said.push_str(&of_disk(&answer.disk));
    said
}

fn not_read(part: &str, paint: Paint) -> String {
    format!("{part:NAME$}{}\n", paint.warning("could not be read, see above"))
}

fn of_work(answer: &StatusAnswer, work: &WorkAnswer) -> String {
    if work.queue.is_empty() {
        return format!("{:NAME$}nothing to do\n", "work");
    }
    let mut said = String::new();
    for (nth, queue) in work.queue.iter().enumerate() {
        let name = if nth == 0 { "work" } else { "" };
        said.push_str(&wrap(&format!("{name:NAME$}"), &of_queue(queue)));
    }
    for item in work.in_hand.iter().take(IN_HAND_SHOWN) {
        let (kind, copy, attempt) = (kind(item.kind), item.copy_id, item.attempt);
        let (by, since) = (who(answer, item.worker), span(item.for_ms));
        let again = if item.claims > 1 { format!(", begun {} times", item.claims) } else { String::new() };
        said.push_str(&wrap(
            &" ".repeat(NAME + 2),
            &format!("{by} has {kind} of copy {copy} in hand for {since} (attempt {attempt}{again})"),
        ));
    }
    if work.in_hand.len() > IN_HAND_SHOWN {
        let _ = writeln!(said, "{:NAME$}  and {} more in hand", "", work.in_hand.len() - IN_HAND_SHOWN);
    }
    said
}

fn of_queue(queue: &QueueAnswer) -> String {
    let QueueAnswer { kind: of, items, waiting, resting, in_hand, longest_wait_ms, oldest } = queue;
    let mut stand = Vec::new();
    if *waiting > 0 {
        stand.push(format!("{waiting} waiting (for up to {})", span(*longest_wait_ms)));
    }
    if *resting > 0 {
        stand.push(format!("{resting} resting after a failure"));
    }
    if *in_hand > 0 {
        stand.push(format!("{in_hand} in hand"));
    }
    let kind = kind(*of);
    let mut said = if *items == 1 { format!("1 {kind}") } else { format!("{items} of {kind}") };
    let _ = write!(said, ": {}", if stand.is_empty() { "just done".to_owned() } else { stand.join(", ") });
    let _ = write!(said, "; the oldest is of copy {}, asked for {} ago", oldest.copy_id, span(oldest.age_ms));
    said
}

const fn kind(kind: WorkKind) -> &'static str {
    match kind {
        WorkKind::Import => "import",
        WorkKind::Finalise => "finalisation",
        WorkKind::RetryFinalisation => "finalisation to start again",
    }
}

fn of_copies(answer: &StatusAnswer, copies: &CopiesAnswer) -> String {
    let counts: Vec<String> =
        copies.by_status.iter().map(|(status, count)| format!("{} {count}", status.as_str())).collect();
    let mut said = wrap(&format!("{:NAME$}", "copies"), &counts.join(", "));
    // What was given up stands among what needs somebody.
    for (nth, failed) in copies.failed.iter().filter(|failed| failed.tried_again).enumerate() {
        let name = if nth == 0 { "failures" } else { "" };
        said.push_str(&wrap(&format!("{name:NAME$}"), &of_failed(answer, failed)));
    }
    said
}

fn of_failed(answer: &StatusAnswer, failed: &FailedCopyAnswer) -> String {
    let FailedCopyAnswer { copy_id, work, attempt, stage, error_type, at, .. } = failed;
    let ago = span(age(answer.at, *at));
    format!(
        "{work} of copy {copy_id}: {error_type} at {stage}, attempt {attempt}, {ago} ago; it is tried again"
    )
}

fn of_locks(answer: &StatusAnswer, locks: &LocksAnswer, paint: Paint) -> String {
    let LocksAnswer { locks: count, ended, ended_ms, oldest } = locks;
    if *count == 0 {
        return format!("{:NAME$}none\n", "locks");
    }
    let mut said = format!("{:NAME$}{count}", "locks");
    if *ended > 0 {
        let words = format!("{ended} past the end, for up to {}", span(*ended_ms));
        let _ = write!(said, ", {}", paint.warning(&words));
    }
    said.push_str("; the oldest:\n");
    for lock in oldest {
        let (held, until) = (span(age(answer.at, lock.acquired_at)), time(&lock.expires_at.to_string()));
        let until = until.split_once(' ').map_or(until.as_str(), |(_, clock)| clock);
        let (copy, owner) = (lock.copy_id, end(lock.owner_id));
        said.push_str(&wrap(&" ".repeat(NAME + 2), &format!("{copy} by {owner} for {held}, until {until}")));
    }
    said
}

fn of_processes(answer: &StatusAnswer, processes: &ProcessesAnswer, paint: Paint) -> String {
    let count = processes.alive().count();
    let mut said = if count == 0 {
        format!("{:NAME$}{}\n", "processes", paint.alarm("none is alive"))
    } else {
        format!("{:NAME$}{count} alive\n", "processes")
    };
    for process in processes.processes.iter().take(PROCESSES_SHOWN) {
        said.push_str(&wrap(&" ".repeat(NAME + 2), &of_process(answer, processes, process)));
    }
    if processes.processes.len() > PROCESSES_SHOWN {
        let _ = writeln!(said, "{:NAME$}  and {} more", "", processes.processes.len() - PROCESSES_SHOWN);
    }
    said
}

fn of_process(answer: &StatusAnswer, processes: &ProcessesAnswer, process: &ProcessAnswer) -> String {
    let ProcessAnswer { host, pid, parts, version, worker, projector, alive, up_ms, silent_ms, .. } = process;
    let mut said = format!("{host} pid {pid}: {}", parts.join(", "));
    if !alive {
        let _ = write!(said, "; SILENT for {}, dead or cut off", span(*silent_ms));
        return said;
    }
    let _ = write!(said, "; up {}", span(*up_ms));
    if version != answer.version {
        let _ = write!(said, "; version {version}");
    }
    let led = answer.views.iter().filter(|view| view.leader.is_some() && view.leader == *projector).count();
    if led > 0 {
        let _ = write!(said, "; leads {led} views");
    }
    let duties: Vec<&str> = processes
        .duties
        .iter()
        .filter(|duty| Some(duty.worker) == *worker)
        .map(|duty| duty.duty.as_str())
        .collect();
    if !duties.is_empty() {
        let _ = write!(said, "; duties: {}", duties.join(", "));
    }
    said
}

fn of_disk(disk: &DiskAnswer) -> String {
    let mut told = Vec::new();
    told.extend(disk.ledger_bytes.map(|bytes| format!("ledger {}", size(bytes))));
    told.extend(disk.keys_bytes.map(|bytes| format!("keys {}", size(bytes))));
    told.extend(disk.blobs.as_ref().map(|blobs| {
        let least = if blobs.counted { "" } else { "at least " };
        format!(
            "blobs {least}{} in {} files; {} of {} free in {}",
            size(blobs.bytes),
            blobs.files,
            size(blobs.free_bytes),
            size(blobs.disk_bytes),
            blobs.folder
        )
    }));
    if told.is_empty() {
        return String::new();
    }
    wrap(&format!("{:NAME$}", "disk"), &told.join(", "))
}
