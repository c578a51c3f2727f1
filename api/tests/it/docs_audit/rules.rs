//! What was thought about, and stands to be thought about again when it changes: closed lists.

/// Files of one way of logging.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Area {
    /// What their paths begin with.
    pub(super) files: &'static [&'static str],
    pub(super) who: &'static str,
    pub(super) ids: &'static str,
}

/// The area of a file: the first that knows it.
pub(super) fn area(file: &str) -> Option<&'static Area> {
    AREAS.iter().find(|area| area.files.iter().any(|prefix| file.starts_with(prefix)))
}

pub(super) const AREAS: &[Area] = &[
    Area {
        files: &["api/src/http/server.rs"],
        who: "the server itself",
        ids: "none: there is no request yet, or there are many",
    },
    Area {
        files: &["api/src/http", "api/src/app"],
        who: "an HTTP request, and the use case behind it; audit.log as well",
        ids: "`request_id`, `user_id`, `copy_id` where the path or the command names one, `trace_id` and `span_id` of the \
              caller, from the span `request`; `position` where an event was recorded. Use cases that workers call are in \
              the worker's span instead",
    },
    Area {
        files: &["api/src/oidc"],
        who: "reading the keys of the issuer that signs people in",
        ids: "none: many requests wait for one read. Whoever is not let in is told of by `api/src/http/callers.rs`, with the ids of \
              their request",
    },
    Area {
        files: &[
            "api/src/work/slot.rs",
            "api/src/work/import.rs",
            "api/src/work/finalise.rs",
            "api/src/work/record.rs",
        ],
        who: "a worker with an item in hand",
        ids: "`request_id`, `trace_id` and `span_id` of the request that it began with, `copy_id`, `position` of the event that \
              asks for it (of the outcome, where that is told), `kind` and `attempt`, from the span `work`",
    },
    Area {
        files: &["api/src/pdf"],
        who: "a worker about its child process, and what the child says",
        ids: "those of the worker, since it is the worker's span; `pid` of the child, whose process title has `request_id` and \
              `traceparent`",
    },
    Area {
        files: &["api/src/work/expire.rs"],
        who: "the sweeper of ended leases",
        ids: "`copy_id`, and a `request_id` of its own (`expiry-…`) that stands in the event as well, from the span `expiry`; none \
              where the look itself failed",
    },
    Area {
        files: &["api/src/work/drift.rs"],
        who: "the check of views against their events",
        ids: "`copy_id` where the stream is a copy's, `view`, `stream`",
    },
    Area {
        files: &["api/src/access_log"],
        who: "the log of accesses: the task that writes it",
        ids: "none: its rows are of many requests, and each says which",
    },
    Area {
        files: &["api/src/presence.rs"],
        who: "a process about itself",
        ids: "none: it is the whole process",
    },
    Area {
        files: &["api/src/work"],
        who: "workers between two items, and the sweeper of blobs",
        ids: "none: nothing is in hand; `duty` where it is one",
    },
    Area {
        files: &["api/src/ledger/execute.rs"],
        who: "the way of a command",
        ids: "those of the request or worker whose command it is",
    },
    Area {
        files: &["api/src/ledger"],
        who: "the tasks that append and notify",
        ids: "`position` where there is one. A batch is of many requests: each of them has a line of its own that says how it \
              was answered",
    },
    Area {
        files: &["projections/src/runner", "projections/src/drift", "projections/src/rebuild"],
        who: "projectors, rebuilds and repairs of views",
        ids: "`view`; `position`, `stream`, and so `copy_id`, where it is about one event or stream",
    },
    Area {
        files: &["projections/src/feed"],
        who: "the feed of events",
        ids: "those of the request where it serves one follower; none for the one task that reads for all of them",
    },
    Area { files: &["api/src/metrics"], who: "figures, at a scrape", ids: "those of the scrape's request" },
    Area {
        files: &["api/src/logs", "api/src/cli", "migrations/src"],
        who: "the process itself: its start, its end, its Postgres, its panics",
        ids: "none; a panic has those of the span it happened in. Commands of the command line print to the terminal and log \
              nothing; what they record has a `request_id` of its own (`cli-…`)",
    },
];

/// The ids, at the top level of a line.
pub(super) const IDS: &[(&str, &str)] = &[
    ("request_id", "all lines, events and audit rows of one HTTP request and of the work that it caused"),
    (
        "user_id",
        "what one pseudonym did; `gradeledger token list` says who that is, to those with the key store",
    ),
    ("copy_id", "the history of one copy: `gradeledger history`, `GET /api/copies/{id}/audit`"),
    ("position", "one event of the ledger"),
    ("trace_id", "the same trace in other systems, where the caller sent a `traceparent`"),
    ("span_id", "the caller's own part of that trace"),
];

/// Every field that a statement or span may name.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("address", "where the server listens; its own"),
    ("asked", "a count of blobs"),
    ("attempt", "a count"),
    ("begun", "an epoch's UUID"),
    ("copies", "a count"),
    ("files", "a count of blobs"),
    ("keys", "a count of data keys"),
    (
        "cause",
        "an error with its causes: Postgres's, the system's or our own sentences. Statements bind their values, so none \
               stands in them; what a person wrote is sealed before an error can hold it",
    ),
    ("code", "the stable word of an error"),
    ("commands", "a count"),
    ("conflict", "a word of a closed list"),
    ("copy_id", "a UUID made of the exam's id and the anonymous id"),
    ("deleted", "a count of blobs"),
    ("difference", "what differs in a row: names of columns, and why a stream does not fold"),
    ("duration_ms", "a duration"),
    ("duty", "a word of a closed list"),
    ("ended", "an epoch's UUID"),
    ("error_type", "a word of a closed list"),
    ("event_type", "the name of a type of events"),
    ("event_version", "its version"),
    ("events", "a count"),
    ("folder", "the folder of the private Postgres, as the operator named it"),
    ("head", "a position"),
    ("holder", "a process's UUID"),
    ("kind", "a word of a closed list"),
    ("location", "a file and line of the source"),
    ("method", "a method of a closed list, or `other`"),
    ("millis", "a duration"),
    ("needs_reader", "a number of our builds"),
    ("pages", "a count"),
    ("pid", "a process id"),
    ("position", "a position"),
    ("read", "a position"),
    ("reader", "a number of our builds"),
    ("reason", "a rule of the domain that refuses: its own sentence, with ids and numbers"),
    ("subject_id", "the pseudonym of a subject: a UUID of random bits"),
    ("texts", "a count of sealed texts"),
    ("request_id", "an id of 1 to 128 characters of `A-Z a-z 0-9 . _ -`, or one that we made"),
    ("rows", "a count"),
    ("route", "the template of a route, never a path: those hold what a client wrote"),
    (
        "said",
        "of what a child wrote on stderr its own lines, and the standard library's about an abort: never the document's; \
              bounded, without control characters",
    ),
    ("said_bytes", "a count"),
    ("seconds", "a duration"),
    ("shares", "a count"),
    ("signal", "the name of a signal"),
    ("source", "the name of a source of figures"),
    ("span_id", "16 hexadecimal digits"),
    ("stage", "a word of a closed list"),
    ("status", "a status of HTTP, or how a process ended"),
    ("stream", "a stream's type and UUID"),
    ("table", "a table of a view"),
    ("task", "a word of a closed list"),
    ("to_do", "a command of ours with ids"),
    ("trace_id", "32 hexadecimal digits"),
    ("user_id", "a pseudonym; the name behind it stands in the key store alone"),
    ("version", "a version of a view"),
    ("view", "the name of a view"),
    ("views", "names of views"),
    ("why", "a word of a closed list"),
];

/// What messages may hold beside their own words.
pub(super) const IN_MESSAGES: &[&str] = &["bound", "longest:?", "method", "status", "template", "what"];

pub(super) const LEVELS: [(&str, &str); 5] = [
    ("DEBUG", "not written unless asked for: what clients do to connections, and steps of work"),
    ("INFO", "normal: something began, ended, or was done"),
    ("WARNING", "over by itself or by another attempt: a lock conflict, a retry, an answer 503 or 504"),
    (
        "ERROR",
        "needs somebody's look: an answer 500, a file that no attempt will read, a view that stops or differs",
    ),
    ("CRITICAL", "the system's own trouble, somebody has to act: retries exhausted, a panic"),
];

/// Values of `cause` that are a chain already: file, and the value as it stands; empty where it is a variable of that name.
pub(super) const ALLOWED_CAUSES: &[(&str, &str)] = &[
    // Made by `domain::chain`, by PDF work as a sentence, or by us about claims.
    ("api/src/work/record.rs", ""),
    // `error.chain()`, a line above.
    ("api/src/http/frame.rs", ""),
    // What Postgres said, and what a fold said; both stand in the view's row as well.
    ("projections/src/runner/step.rs", ""),
    ("projections/src/runner/task.rs", "poison . cause"),
];

/// Statements of WARNING and worse that have no error at hand.
pub(super) const WITHOUT_CAUSE: &[(&str, &str)] = &[
    (
        "stopping: the key store was moved to a master key that this process was not given",
        "what happened is what it says",
    ),
    (
        "what was erased had come back, from a restored store or a late writer, and was erased again",
        "`subject_id`: whose",
    ),
    (
        "rows of the log of accesses were not written before the end",
        "`rows`: how many; why is said by the line before, if anything was tried",
    ),
    ("lock conflict", "`conflict`: which one; the answer is the refusal"),
    ("ended at once; what was under way is done again by others", "a second signal"),
    ("requests were still under way after {longest:?}; they are cut off", "a bound that ran out"),
    (
        "a panic: a fault of this program; please report it",
        "`location`; what the panic said could be anything, and goes to stderr alone",
    ),
    ("figures were not read in time", "a bound that ran out; `source` says whose"),
    (
        "a PDF process had trouble",
        "`status` and `said`; the import or finalisation that fails of it is told with its cause",
    ),
    ("rows of a view are not what its events come to", "`difference`, and `to_do`"),
    ("work in hand did not end in time; another worker will repeat it", "a bound that ran out"),
    ("the claim was lost; whoever has it now does the work", "a lease that ran out"),
    ("Postgres did not end in time", "a bound that ran out"),
    ("the last server here was killed; its pid file is stale", "a file that was left behind"),
    ("rows that differed from their events were written anew", "an operator's repair: `view` and `stream`"),
    ("derived tables that differed from their view were made anew", "an operator's repair: `view`"),
    (
        "the ledger ends before what was read of it: it was restored, and `gradeledger ledger new-epoch` was not run",
        "`read` and `head`",
    ),
    ("projectors did not stop in time; their leases run out by themselves", "a bound that ran out"),
    ("a projector panicked and begins again", "the panic, which is told by itself with its `location`"),
    (
        "this process is older than the ledger: it leads the view no more, and stands by until it is upgraded",
        "`needs_reader` and `reader`",
    ),
    (
        "this process is older than the ledger: it cannot lead the view, and stands by until it is upgraded",
        "`needs_reader` and `reader`",
    ),
];

/// The five that grading is watched by.
pub(super) const REQUIRED: [(&str, &str); 5] = [
    (
        "grading_import_duration_seconds",
        "how long imports take, from the claim to the recorded outcome, failures included",
    ),
    ("grading_finalize_duration_seconds", "the same of finalisations, by attempt"),
    ("grading_ocr_errors_total", "scans that could not be read, by what is wrong with them"),
    ("grading_lock_conflicts_total", "commands that were refused for their lock, by why"),
    (
        "grading_copies_by_status",
        "how many copies stand in each status; a gauge of the whole ledger, so ask for `max by (status)`",
    ),
];
