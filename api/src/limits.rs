//! Every number that bounds a wait, a queue or a size, in one place.
//!
//! Architecture invariant: no part of the service waits, queues or reads without a bound, and each bound
//! stands here, so that an operator can see and set all of them. The limits of reading a PDF are the child
//! process's own, in [`crate::pdf::limits`](crate::pdf).

use std::time::Duration;

mod settings;

pub use settings::InvalidLimit;

use projections::{FeedLimits, ProjectorLimits};

use crate::access_log::AccessLogLimits;
use crate::app::StatusLimits;

use crate::ledger::LedgerLimits;
use crate::oidc::SignInLimits;
use crate::pdf::PdfLimits;
use crate::presence::PresenceLimits;
use crate::work::WorkLimits;

/// The limits of one process. What bounds a part stands beside it, and all of them stand here.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Of the server.
    pub http: HttpLimits,
    /// Of the database's sessions and pools.
    pub database: DatabaseLimits,
    /// Of the append path.
    pub append: LedgerLimits,
    /// Of the projectors.
    pub projectors: ProjectorLimits,
    /// Of the feed of events.
    pub feed: FeedLimits,
    /// Of the workers.
    pub work: WorkLimits,
    /// Of a PDF and the child process that reads it.
    pub pdf: PdfLimits,
    /// Of reading the past.
    pub history: HistoryLimits,
    /// Of a command that asks a running service for something.
    pub operator: OperatorLimits,
    /// From where on a person is needed.
    pub status: AlarmLimits,
    /// Of a process's word that it is alive.
    pub presence: PresenceLimits,
    /// Of moving the key store to another master key.
    pub keys: KeyLimits,
    /// Of the log writers.
    pub logs: LogLimits,
    /// Of signing in.
    pub sign_in: SignInLimits,
    /// Of the log of accesses.
    pub access_log: AccessLogLimits,
}

/// What a client may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Open connections; the next one waits in the kernel's backlog.
    pub connections: usize,
    /// Of those, the most that one address may hold; trusted proxies may hold all.
    pub connections_per_address: usize,
    /// Requests of one caller a second, once the burst is used up.
    pub caller_requests: u32,
    /// Requests that a caller may send at once after a rest.
    pub caller_burst: u32,
    /// Requests of one address a second with tokens that were not looked at yet.
    pub newcomer_requests: u32,
    /// Requests of that kind that an address may send at once after a rest.
    pub newcomer_burst: u32,
    /// Requests of one address a second that show no token.
    pub stranger_requests: u32,
    /// Requests of that kind that an address may send at once after a rest.
    pub stranger_burst: u32,
    /// Tokens that are not valid which an address may show within `failed_sign_ins_within`, and is told so.
    pub failed_sign_ins: u32,
    /// The time within which those come back, one by one.
    pub failed_sign_ins_within: Duration,
    /// How long a token that was found valid lets its caller go at their own pace, whatever others at the address do.
    pub known_caller: Duration,
    /// Callers, and addresses, whose pace is kept.
    pub paced: usize,
    /// From the first byte of a request, or the end of the last one, to the end of its headers.
    pub header: Duration,
    /// All headers of a request together, in bytes.
    pub header_bytes: usize,
    /// From the end of the headers to the end of the body.
    pub body: Duration,
    /// From the end of the headers to the answer, waiting that the client asked for included.
    pub answer: Duration,
    /// A JSON body, in bytes.
    pub json_bytes: u64,
    /// A PDF, in bytes.
    pub pdf_bytes: u64,
    /// What a multipart body may hold beside the PDF, in bytes.
    pub form_overhead_bytes: u64,
    /// PDFs that are received at the same time, each up to `pdf_bytes` in memory.
    pub uploads: usize,
    /// Of those, the most that one caller sends.
    pub uploads_per_caller: usize,
    /// How long an upload waits for one of those places before it is told to come back.
    pub upload_wait: Duration,
    /// What is still read, and thrown away, of a body that was refused, so that the client gets to read why.
    pub drain_bytes: u64,
    /// How long that may take.
    pub drain: Duration,
    /// Streams of events that one caller may follow at the same time.
    pub streams_per_caller: usize,
    /// The longest that `Prefer: wait` is honoured.
    pub prefer_wait: Duration,
    /// How long a read waits for its view to reach a position that the client has seen.
    pub read_your_writes: Duration,
    /// How long a token is taken for valid without asking the database again: the most that a revocation lags.
    pub token_cache: Duration,
    /// Tokens kept in that cache.
    pub token_cache_entries: usize,
    /// The longest that looking up a token may take.
    pub token_lookup: Duration,
    /// The longest that one source of figures may hold up a scrape; its last figures stand after that.
    pub scrape: Duration,
    /// The longest that the readiness probe may take.
    pub ready: Duration,
    /// How long the requests under way may go on once the server is told to stop.
    pub shutdown: Duration,
    /// How long sent bytes may stay unacknowledged before a connection is given up.
    pub stalled_client: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_per_address: 512,
            caller_requests: 200,
            caller_burst: 1_000,
            newcomer_requests: 200,
            newcomer_burst: 1_000,
            stranger_requests: 50,
            stranger_burst: 200,
            failed_sign_ins: 5,
            failed_sign_ins_within: Duration::from_secs(15 * 60),
            known_caller: Duration::from_secs(3_600),
            paced: 10_000,
            header: Duration::from_secs(10),
            header_bytes: 16 * KIB,
            body: Duration::from_secs(60),
            answer: Duration::from_secs(150),
            json_bytes: 1_000_000,
            pdf_bytes: 50_000_000,
            form_overhead_bytes: 64 * KIB as u64,
            uploads: 8,
            uploads_per_caller: 4,
            upload_wait: Duration::from_secs(5),
            drain_bytes: 64_000_000,
            drain: Duration::from_secs(10),
            streams_per_caller: 64,
            prefer_wait: Duration::from_secs(60),
            read_your_writes: Duration::from_secs(5),
            token_cache: Duration::from_secs(2),
            token_cache_entries: 10_000,
            token_lookup: Duration::from_secs(2),
            scrape: Duration::from_millis(500),
            ready: Duration::from_secs(1),
            shutdown: Duration::from_secs(20),
            stalled_client: Duration::from_secs(60),
        }
    }
}

/// What a session of the database may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseLimits {
    /// The longest statement.
    pub statement: Duration,
    /// The longest that a transaction may stand open with nothing to do.
    pub idle_in_transaction: Duration,
    /// The longest wait for a connection of the pool.
    pub acquire: Duration,
    /// Connections to the ledger's database, of one process; of its writer alone where the parts have roles of their own.
    pub ledger_connections: u32,
    /// Connections of who keeps the views, where the parts have roles; the projectors' own are beside them.
    pub projector_connections: u32,
    /// Connections of who reads, where the parts have roles.
    pub reader_connections: u32,
    /// Connections to the key store, of one process.
    pub keys_connections: u32,
}

impl Default for DatabaseLimits {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(30),
            idle_in_transaction: Duration::from_secs(10),
            acquire: Duration::from_secs(5),
            ledger_connections: 16,
            projector_connections: 6,
            reader_connections: 16,
            keys_connections: 4,
        }
    }
}

impl DatabaseLimits {
    /// What a session is set to.
    pub(crate) const fn sessions(&self) -> migrations::SessionLimits {
        migrations::SessionLimits {
            statement_timeout: self.statement,
            idle_in_transaction_timeout: self.idle_in_transaction,
        }
    }
}

/// What reading the past of a copy may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Events that one answer is folded from.
    pub events: u32,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { events: 100_000 }
    }
}

/// What an operator's command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorLimits {
    /// How long it waits for the leader of a view to take up what it asked for, to say what came of it. What it asked for stands
    /// all the same.
    pub take_up: Duration,
    /// How often it looks.
    pub look: Duration,
}

impl Default for OperatorLimits {
    fn default() -> Self {
        Self { take_up: Duration::from_secs(10), look: Duration::from_millis(50) }
    }
}

/// What moving the key store to another master key may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLimits {
    /// Keys that are wrapped anew in one transaction, which holds them for so long.
    pub rotation_batch: u32,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self { rotation_batch: 500 }
    }
}

/// From where on `gradeledger status` and `doctor` call for a person, and what looking may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmLimits {
    /// The longest that reading one part, or one check, may take.
    pub part: Duration,
    /// How long work may wait that could be taken.
    pub work_late: Duration,
    /// How long a lock may stand past its end: its end is recorded within 5 s.
    pub lock_late: Duration,
    /// How much of a disk is to be free, in bytes: 40 of the largest scans.
    pub free_bytes: u64,
    /// How far the clock of this machine may be from Postgres's.
    pub clock_skew: Duration,
}

impl Default for AlarmLimits {
    fn default() -> Self {
        Self {
            part: Duration::from_secs(5),
            work_late: Duration::from_secs(120),
            lock_late: Duration::from_secs(15),
            free_bytes: 2_000_000_000,
            clock_skew: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// What looking at the ledger may take, and from where on a person is needed.
    #[must_use]
    pub const fn of_status(&self) -> StatusLimits {
        let AlarmLimits { part, work_late, lock_late, free_bytes, .. } = self.status;
        let (alive, patience) = (self.presence.alive, self.work.patience);
        StatusLimits {
            part,
            work_late,
            lock_late,
            append_waits: self.append.lock_timeout,
            free_bytes,
            alive,
            patience,
        }
    }
}

/// What the log writers may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// Lines waiting to be written; more are dropped, and counted.
    pub queue_lines: usize,
    /// A log file, in bytes, before the next one is begun.
    pub file_bytes: u64,
    /// Files of one log, the one being written included.
    pub files: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { queue_lines: 65_536, file_bytes: 10_000_000, files: 10 }
    }
}

const KIB: usize = 1_024;
