//! A ledger of one length, and the application over it.

use std::time::{Duration, Instant};

use domain::access::Scopes;
use domain::copy::event::ExportFormat;
use domain::copy::{CopyAction, CopyCommand, CopyStatus, ExamCopy};
use domain::{ActorId, CopyId, Digest, ExamId, Role, SubjectId, Timestamp};
use fixtures::database::{TestCluster, TestDatabase};
use fixtures::grown::{self, Size};
use gradeledger::access_log::{AccessFilter, AccessLog, AccessLogLimits, Outcome};
use gradeledger::app::{App, AuditAsked, CopiesAsked, EventsAsked, Page, Parts, Seen, Sight, Watched};
use gradeledger::blobs::Blobs;
use gradeledger::ledger::{By, Ledger, LedgerLimits, Order, Place};
use gradeledger::limits::{HistoryLimits, Limits};
use gradeledger::metrics::Metrics;
use gradeledger::oidc::SignInLimits;
use gradeledger::tokens::Actor;
use gradeledger::vault::{KeyStore, MasterKey, ServerKeys, Vault};
use projections::history::Moment;
use projections::views::PageSize;
use projections::views::copies::Standing;
use projections::work_queue::{self, Patience, WorkKind};
use projections::{Feed, FeedFilter, FeedLimits, RebuildLimits, ViewName, Views, views};
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::asks::Ask;

/// Items of a page: as many as there are in the shortest ledger of what is rare.
const PAGE: u16 = 10;
/// Copies that are asked about, each once, wherever they lie.
const COPIES: i64 = 80;
/// Connections of the keys.
const KEYS_CONNECTIONS: u32 = 2;

pub(super) struct Side {
    app: App,
    pub(super) events: i64,
    /// To fill and to fold it.
    pub(super) took: Duration,
    /// Graded copies, at random.
    copies: Vec<CopyId>,
    /// The middle of the lists: by the position of a copy, by the number of an access, and by its time.
    middle: (Place, Place, Timestamp),
    database: TestDatabase,
    _blobs: tempfile::TempDir,
}

impl Side {
    pub(super) async fn grown(cluster: &TestCluster, size: Size) -> Self {
        let (database, folder) = (cluster.database().await, tempfile::tempdir().unwrap());
        let master = MasterKey::random().unwrap();
        let key_store = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
        let keys = PgPoolOptions::new()
            .max_connections(KEYS_CONNECTIONS)
            .connect_lazy_with(database.keys_connect_options());
        let pool = database.pool().clone();
        let views = Views::new(pool.clone());

        let began = Instant::now();
        grown::grow(&pool, &keys, Size::default(), size).await.unwrap();
        let every: Vec<ViewName> = views::ALL.map(|(view, _)| view).to_vec();
        views.rebuild(&every, RebuildLimits::default(), &mut |_| {}).await.unwrap();
        // What the views hold is as in a ledger that has stood for a while, and nothing is left for later to write.
        for settle in ["VACUUM ANALYZE", "CHECKPOINT"] {
            let mut connection = pool.acquire().await.unwrap();
            sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await.unwrap();
            sqlx::query(settle).execute(&mut *connection).await.unwrap();
        }
        let took = began.elapsed();

        let ledger = Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap();
        let epoch = ledger.epoch().await.unwrap();
        let (copy, access, at): (i64, i64, i64) = {
            let copy = "SELECT created_position FROM copies_v2 ORDER BY created_position \
                        OFFSET (SELECT count(*) / 2 FROM copies_v2) LIMIT 1";
            let access = "SELECT id, (extract(epoch FROM at) * 1000000)::bigint FROM access_log \
                          ORDER BY id OFFSET (SELECT count(*) / 2 FROM access_log) LIMIT 1";
            let copy = sqlx::query_scalar(copy).fetch_one(&pool).await.unwrap();
            let (access, at) = sqlx::query_as(access).fetch_one(&keys).await.unwrap();
            (copy, access, at)
        };
        let middle =
            (Place { epoch, number: copy }, Place { epoch, number: access }, Timestamp::from_micros(at));
        let graded =
            "SELECT copy_id FROM copies_v2 WHERE status = 'GRADED' ORDER BY md5(copy_id::text) LIMIT $1";
        let copies: Vec<Uuid> = sqlx::query_scalar(graded).bind(COPIES).fetch_all(&pool).await.unwrap();
        let metrics = Metrics::new();
        let app = App::new(Parts {
            access_log: AccessLog::new(keys, key_store.clone(), AccessLogLimits::default(), metrics.clone()),
            vault: Vault::new(pool.clone(), key_store.clone()),
            blobs: Blobs::in_folder(folder.path(), key_store).unwrap(),
            feed: Feed::new(pool.clone(), FeedLimits::default()),
            server_keys: ServerKeys::of(&master),
            metrics,
            history: HistoryLimits::default(),
            sign_in: SignInLimits::default(),
            watched: Watched {
                views: views.clone(),
                keys: None,
                blobs: Some(folder.path().to_owned()),
                limits: Limits::default().of_status(),
            },
            read_your_writes: Duration::from_secs(1),
            ledger,
            views,
        });
        let events = app.views.head().await.unwrap();
        let copies = copies.into_iter().map(CopyId).collect();
        Self { app, events, took, copies, middle, database, _blobs: folder }
    }

    /// How long it takes to be answered.
    pub(super) async fn ask(&self, ask: Ask, round: usize) -> Duration {
        let copy = self.copies[round % self.copies.len()];
        if ask == Ask::ColdCommand {
            // Another process has none of this one's copies in memory.
            let ledger = Ledger::open(self.database.pool().clone(), LedgerLimits::default()).await.unwrap();
            // Its connection is there before the clock starts.
            export(&ledger, self.copies[(round + 1) % self.copies.len()]).await;
            return timed(export(&ledger, copy)).await;
        }
        timed(self.answer(ask, copy)).await
    }

    async fn answer(&self, ask: Ask, copy: CopyId) {
        let app = &self.app;
        let (copies, accesses, at) = self.middle;
        let after = |place| Page { size: PageSize::new(PAGE).unwrap(), after: Some(place) };
        let first = Page { size: PageSize::new(PAGE).unwrap(), after: None };
        let shown: Value = match ask {
            Ask::ColdCommand => unreachable!("it needs a ledger of its own"),
            Ask::WarmCommand => {
                export(&app.ledger, self.copies[0]).await;
                Value::Null
            }
            Ask::Audit => {
                let asked = AuditAsked { copy, action: None, actor: None, page: first };
                app.audit_trail(Sight::ALL, asked, None).await.unwrap()
            }
            Ask::History => app.copy_history(Sight::ALL, copy, Moment::Now).await.unwrap(),
            Ask::Copies => self.copies(admin(), None, Standing::Any, after(copies)).await,
            Ask::CopiesReady => self.copies(admin(), None, READY, after(copies)).await,
            Ask::CopiesVoided => {
                let one = Page { size: PageSize::new(1).unwrap(), after: None };
                self.copies(admin(), None, Standing::Voided, one).await
            }
            Ask::CopiesOfExam => self.copies(admin(), EXAM, Standing::Any, after(copies)).await,
            Ask::ReadyOfExam => self.copies(admin(), EXAM, READY, first).await,
            Ask::CopiesOfGrader => self.copies(grader(60), None, Standing::Any, after(copies)).await,
            Ask::ReadyOfGrader => self.copies(grader(60), None, READY, first).await,
            Ask::CopiesOfBusyGrader => self.copies(grader(1), None, Standing::Any, after(copies)).await,
            Ask::ExamsOfGrader => json(&app.exams(&grader(60), first, None).await.unwrap()),
            Ask::Exams => json(&app.exams(&admin(), first, None).await.unwrap()),
            Ask::Subjects => app.subjects(first, None).await.unwrap(),
            Ask::OfSubject => app.results(SubjectId(grown::subject(7)), None).await.unwrap(),
            Ask::Queue => {
                let patience = Patience { first_ms: 2_000, longest_ms: 60_000 };
                let pool = app.views.pool();
                let due = work_queue::due(pool, &WorkKind::ALL, patience, first.size).await.unwrap();
                json(&due)
            }
            Ask::Accesses => self.accesses(AccessFilter::default(), after(accesses)).await,
            Ask::AccessesRefused => {
                let refused = AccessFilter { outcome: Some(Outcome::Refused), ..AccessFilter::default() };
                self.accesses(refused, first).await
            }
            Ask::AccessesOfCopy => {
                self.accesses(AccessFilter { copy: Some(copy.0), ..AccessFilter::default() }, first).await
            }
            Ask::AccessesUntil => {
                self.accesses(AccessFilter { until: Some(at), ..AccessFilter::default() }, first).await
            }
            Ask::Events => self.events(FeedFilter::default(), copies.number).await,
            Ask::EventsOfType => {
                // A look passes over as many positions in every ledger.
                let seldom = FeedFilter { types: vec!["CopyVoided"], ..FeedFilter::default() };
                self.events(seldom, 0).await
            }
            Ask::Status => app.status(Role::Admin).await.unwrap(),
        };
        std::hint::black_box(shown);
    }

    async fn copies(&self, reader: Actor, exam: Option<ExamId>, standing: Standing, page: Page) -> Value {
        self.app.copies(&reader, CopiesAsked { exam, standing, page }, None).await.unwrap()
    }

    async fn accesses(&self, filter: AccessFilter, page: Page) -> Value {
        json(&self.app.accesses(page, filter).await.unwrap())
    }

    async fn events(&self, filter: FeedFilter, position: i64) -> Value {
        let after = Some(Seen { epoch: None, position });
        let asked = EventsAsked { what: "after", after, filter };
        json(&self.app.events(&asked, usize::from(PAGE)).await.unwrap())
    }
}

const READY: Standing = Standing::Status(CopyStatus::Ready);
const EXAM: Option<ExamId> = Some(ExamId(grown::exam(1)));

fn admin() -> Actor {
    Actor { id: ActorId(grown::grader(0)), role: Role::Admin, scopes: Scopes::NONE, subject: None }
}

fn grader(nth: u128) -> Actor {
    Actor { id: ActorId(grown::grader(nth)), role: Role::Grader, scopes: Scopes::NONE, subject: None }
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Says that the final PDF of a graded copy was handed out, as often as one likes.
async fn export(ledger: &Ledger, copy: CopyId) {
    let actor = ActorId(grown::grader(0));
    let action = CopyAction::Export { format: ExportFormat::Pdf, sha256: Digest([0xef; 32]) };
    let order = Order::<ExamCopy> {
        by: By {
            actor,
            role: Role::Admin,
            request_id: "bench".to_owned(),
            causation_id: None,
            traceparent: None,
        },
        idempotency: None,
        vault: Vec::new(),
        command: &|at: Timestamp| CopyCommand { actor, at, action: action.clone() },
        answer: &|_| Value::Null,
    };
    ledger.execute(copy.0, order).await.unwrap();
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}
