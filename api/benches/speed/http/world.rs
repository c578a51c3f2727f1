//! A service in a process of its own, over a Postgres that flushes every commit, and enough imported copies to mark.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cqrs_es::Aggregate;
use domain::copy::{CopyAction, CopyCommand, ExamCopy, Page};
use domain::exam::{Duty, Exam, ExamCommand};
use domain::{ActorId, AnonymousId, CopyId, Digest, ExamId, Points, Question, Role, Timestamp};
use fixtures::database::{TestCluster, TestDatabase};
use fixtures::scans::tiny_pages;
use futures::{StreamExt as _, stream};
use gradeledger::cli::Stores;
use gradeledger::ledger::{By, Ledger, LedgerLimits, Order, Stored};
use gradeledger::pdf::{PdfLimits, PdfWorker, RenderedPage};
use gradeledger::tokens;
use gradeledger::vault::MasterKey;
use projections::{Views, views};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::served::Served;

/// Who marks at the same time: as many as a large school has.
pub(super) const GRADERS: usize = 60;
/// Pages of each copy.
pub(super) const PAGES: u32 = 12;
/// Questions of the scheme.
pub(super) const QUESTIONS: u32 = 6;
/// Copies that are imported: more than all runs together take in hand.
const COPIES: usize = 5_000;
/// Copies that are made at the same time.
const AT_ONCE: usize = 32;
/// The longest wait for anything while the world is set up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Copies that nobody has taken in hand yet.
pub(super) struct ToMark {
    copies: Vec<CopyId>,
    taken: AtomicUsize,
}

impl ToMark {
    pub(super) fn next(&self) -> CopyId {
        let nth = self.taken.fetch_add(1, Ordering::Relaxed);
        *self.copies.get(nth).expect("there are copies left to mark")
    }
}

/// The service and all that it stands on.
pub(super) struct World {
    pub(super) address: SocketAddr,
    pub(super) to_mark: Arc<ToMark>,
    /// Tokens of the graders.
    pub(super) graders: Vec<String>,
    views: Views,
    pub(super) cluster: TestCluster,
    _database: TestDatabase,
    pub(super) server: Served,
    _folder: TempDir,
}

impl World {
    pub(super) async fn open() -> Self {
        let cluster = TestCluster::durable().await;
        let database = cluster.database().await;
        let folder = TempDir::new().unwrap();
        let master = MasterKey::read_or_make(&folder.path().join("master.key")).unwrap();
        let options = (database.connect_options(), database.keys_connect_options());
        let stores = Stores::at(options.0, options.1, &folder.path().join("blobs"), &master).await.unwrap();
        let ledger = Ledger::open(stores.ledger.clone(), LedgerLimits::default()).await.unwrap();
        let (mut graders, mut actors) = (Vec::new(), Vec::new());
        for nth in 0..GRADERS {
            let made = tokens::create(&stores.keys, Role::Grader, &format!("grader {nth}"), None).await;
            let (token, actor) = made.unwrap();
            graders.push(token.reveal().to_owned());
            actors.push(actor);
        }
        let exam = exam(&ledger, &actors).await;
        let scan = Scan::draw().await;
        let made = (0..COPIES).map(|nth| copy(&ledger, &stores, &scan, exam, nth));
        let copies = stream::iter(made).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
        let server = Served::start(&database, folder.path()).await;
        let to_mark = Arc::new(ToMark { copies, taken: AtomicUsize::new(0) });
        let world = Self {
            address: server.address,
            to_mark,
            graders,
            views: Views::new(stores.ledger.clone()),
            cluster,
            _database: database,
            server,
            _folder: folder,
        };
        world.settle().await;
        world
    }

    /// Waits until all views have all events.
    pub(super) async fn settle(&self) {
        let head = self.views.head().await.unwrap();
        for (view, _) in views::ALL {
            self.views.wait_for(view, head, PATIENCE).await.unwrap();
        }
    }
}

/// What each copy is made of.
struct Scan {
    source: Bytes,
    pages: Vec<RenderedPage>,
}

impl Scan {
    async fn draw() -> Self {
        let source = Bytes::from(tiny_pages(PAGES as usize));
        let mut worker = PdfWorker::current(PdfLimits::default()).unwrap();
        worker.program = env!("CARGO_BIN_EXE_gradeledger").into();
        let mut pages = Vec::new();
        let drawn = worker.import(source.clone(), |page| {
            pages.push(page);
            async { Ok::<_, std::convert::Infallible>(()) }
        });
        drawn.await.unwrap();
        Self { source, pages }
    }
}

/// An open exam with a scheme and all graders.
async fn exam(ledger: &Ledger, graders: &[ActorId]) -> ExamId {
    let exam = ExamId(Uuid::now_v7());
    let questions = questions();
    let enrolled =
        graders.iter().map(|grader| ExamCommand::EnrolGrader { grader: *grader, duty: Duty::Marker });
    let first =
        [ExamCommand::Create { code: "BENCH".parse().unwrap() }, ExamCommand::PublishScheme { questions }];
    for command in first.into_iter().chain(enrolled) {
        execute::<Exam>(ledger, exam.0, &move |_| command.clone()).await;
    }
    exam
}

fn questions() -> Vec<Question> {
    let question = |nth: u32| Question { id: format!("{nth}").parse().unwrap(), maximum: Points(400) };
    (1..=QUESTIONS).map(question).collect()
}

/// A copy that is ready to be marked, with its scan and its pages in the store.
async fn copy(ledger: &Ledger, stores: &Stores, scan: &Scan, exam: ExamId, nth: usize) -> CopyId {
    let anonymous_id: AnonymousId = format!("A-{nth}").parse().unwrap();
    let copy = CopyId::of(exam, &anonymous_id);
    let source = stores.blobs.put(copy, scan.source.clone()).await.unwrap();
    let mut pages = Vec::<Page>::new();
    for RenderedPage { sha256, png, width_pixels: width, height_pixels: height, .. } in &scan.pages {
        let sha256 = Digest(*sha256);
        // Pages that look the same are one blob.
        if pages.iter().all(|page| page.sha256 != sha256) {
            stores.blobs.put(copy, png.clone()).await.unwrap();
        }
        pages.push(Page { sha256, width: *width, height: *height });
    }
    let source_bytes = scan.source.len() as u64;
    for action in [
        CopyAction::RequestImport { exam, anonymous_id, source, source_bytes, filename: None },
        CopyAction::RecordImport {
            attempt: 1,
            pages,
            renderer: "bench".to_owned(),
            warnings: Vec::new(),
            duration_ms: 1,
        },
        CopyAction::Validate { scheme_version: 1, questions: questions() },
    ] {
        let command = move |at| CopyCommand { actor: OFFICE, at, action: action.clone() };
        execute::<ExamCopy>(ledger, copy.0, &command).await;
    }
    copy
}

const OFFICE: ActorId = ActorId(Uuid::nil());

async fn execute<A: Stored>(
    ledger: &Ledger,
    stream: Uuid,
    command: &(dyn Fn(Timestamp) -> <A as Aggregate>::Command + Send + Sync),
) {
    let by = By {
        actor: OFFICE,
        role: Role::Admin,
        request_id: "bench".to_owned(),
        causation_id: None,
        traceparent: None,
    };
    let order = Order::<A> { by, idempotency: None, vault: Vec::new(), command, answer: &|_| Value::Null };
    ledger.execute(stream, order).await.map_err(|error| error.to_string()).unwrap();
}
