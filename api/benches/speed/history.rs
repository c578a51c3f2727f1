//! The past of a copy, beside the bare SELECT of the same rows on the same server in the same run.

use std::time::{Duration, Instant};

use domain::copy::command::Marking;
use domain::copy::{CopyAction, CopyCommand, ExamCopy, Mark, MarkKind, Page, ShownLock};
use domain::{
    ActorId, AnnotationId, AnonymousId, CopyId, Digest, ExamId, LockId, PageBox, Points, Question, Role,
    Timestamp,
};
use fixtures::database::TestCluster;
use gradeledger::app::{CopyPast, Opener, Sight, Spelling};
use gradeledger::ledger::{By, Ledger, LedgerLimits, Order};
use gradeledger::limits::HistoryLimits;
use gradeledger::vault::{KeyStore, MasterKey, Purpose, Vault, VaultOwner, VaultRow};
use projections::history::{self, Moment};
use serde_json::Value;
use sqlx::{PgPool, Row as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::report::{Figure, Report};

/// Lengths of history that are measured, in events.
const LENGTHS: [u32; 3] = [50, 500, 5_000];
/// Events that bring a copy into a grader's hands.
const TO_LOCKED: u32 = 4;
/// Copies that stand beside, and the events of each: what must not be paid for.
const OTHERS: (u32, u32) = (60, 500);
/// How often each length is measured.
const ROUNDS: usize = 101;

/// A ledger with its vault.
#[derive(Clone)]
struct Office {
    ledger: Ledger,
    vault: Vault,
    pool: PgPool,
}

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::own().await;
    let database = cluster.database().await;
    let pool = database.pool().clone();
    let keys = KeyStore::open(database.keys_connect_options(), &MasterKey::random().unwrap()).await.unwrap();
    let ledger = Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap();
    let office = Office { ledger, vault: Vault::new(pool.clone(), keys), pool };
    let mut running = JoinSet::new();
    for _ in 0..OTHERS.0 {
        let office = office.clone();
        running.spawn(async move { office.copy(OTHERS.1).await });
    }
    running.join_all().await;
    for events in LENGTHS {
        let copy = office.copy(events).await;
        sqlx::query("ANALYZE events").execute(&office.pool).await.unwrap();
        office.measure(report, copy, events).await;
    }
}

impl Office {
    /// A copy of so many events, half of them annotations with a text.
    async fn copy(&self, events: u32) -> CopyId {
        let (copy, shown, actor) = self.locked().await;
        for number in 0..events - TO_LOCKED {
            let (act, sealed) = if number % 2 == 0 {
                self.annotation(copy, number).await
            } else {
                let points = Some(Points(i64::from(number % 1_000) + 1));
                (Marking::ScoreQuestion { question: "1".parse().unwrap(), points }, Vec::new())
            };
            self.execute(actor, copy, CopyAction::Mark { shown, act }, sealed).await;
        }
        copy
    }

    async fn annotation(&self, copy: CopyId, number: u32) -> (Marking, Vec<VaultRow>) {
        let text = format!("remark {number}: a step is missing between the second and the third line");
        let sealed = self.vault.seal(VaultOwner::Copy(copy), Purpose::Comments, &text).await.unwrap();
        let mark = Mark {
            area: PageBox { x: 100_000, y: 250_000, width: 300_000, height: 50_000 },
            kind: MarkKind::Error,
            points: Some(Points(-25)),
            question: Some("1".parse().unwrap()),
            text: Some(sealed.commitment),
        };
        let annotation = AnnotationId(Uuid::now_v7());
        (Marking::AddAnnotation { annotation, page_index: 0, mark }, vec![sealed.row])
    }

    async fn locked(&self) -> (CopyId, ShownLock, ActorId) {
        let (exam, anonymous_id) = (ExamId(Uuid::now_v7()), "A-1".parse::<AnonymousId>().unwrap());
        let (copy, actor, lock) =
            (CopyId::of(exam, &anonymous_id), ActorId(Uuid::now_v7()), LockId(Uuid::now_v7()));
        let page = Page { sha256: Digest::of(b"page"), width: 1_190, height: 1_684 };
        let question = Question { id: "1".parse().unwrap(), maximum: Points(100_000) };
        let actions = [
            CopyAction::RequestImport {
                exam,
                anonymous_id,
                source: Digest::of(b"scan"),
                source_bytes: 1,
                filename: None,
            },
            CopyAction::RecordImport {
                attempt: 1,
                pages: vec![page],
                renderer: "bench".to_owned(),
                warnings: Vec::new(),
                duration_ms: 1,
            },
            CopyAction::Validate { scheme_version: 1, questions: vec![question] },
            CopyAction::AcquireLock { lock, ttl_seconds: 3_600 },
        ];
        for action in actions {
            self.execute(actor, copy, action, Vec::new()).await;
        }
        (copy, ShownLock::Of(lock), actor)
    }

    async fn execute(&self, actor: ActorId, copy: CopyId, action: CopyAction, vault: Vec<VaultRow>) {
        let order = Order::<ExamCopy> {
            by: By {
                actor,
                role: Role::Grader,
                request_id: "bench".to_owned(),
                causation_id: None,
                traceparent: None,
            },
            idempotency: None,
            vault,
            command: &|at: Timestamp| CopyCommand { actor, at, action: action.clone() },
            answer: &|_| Value::Null,
        };
        self.ledger.execute(copy.0, order).await.unwrap();
    }

    async fn measure(&self, report: &mut Report, copy: CopyId, events: u32) {
        let most = HistoryLimits::default().events;
        let past = CopyPast {
            pool: &self.pool,
            opener: Opener::vault(&self.vault, Sight::ALL),
            spelling: Spelling::Exact,
            most_events: most,
        };
        let (mut select, mut fold, mut answer) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            select.push(timed(self.select(copy, events)).await);
            fold.push(
                timed(async {
                    let then = history::as_of(&self.pool, copy, Moment::Now, most).await.unwrap();
                    assert_eq!(then.state.last().unwrap().sequence, u64::from(events));
                })
                .await,
            );
            answer.push(
                timed(async {
                    let document = past.at(copy, Moment::Now).await.unwrap();
                    assert!(document.to_string().contains("a step is missing"));
                })
                .await,
            );
        }
        let [select, fold, answer] = [select, fold, answer].map(median_ms);
        for (what, ours) in [("folded", fold), ("as a document", answer)] {
            report.figure(Figure {
                case: format!("{events} events, {what}"),
                unit: "ms",
                ours,
                beside: Some(("SELECT", select)),
                target: None,
            });
        }
    }

    /// The same rows, read and thrown away.
    async fn select(&self, copy: CopyId, events: u32) {
        let rows = sqlx::query(include_str!("history_rows.sql"))
            .bind(copy.0.to_string())
            .fetch_all(&self.pool)
            .await
            .unwrap();
        assert_eq!(rows.len(), events as usize);
        assert!(rows.iter().all(|row| !row.get::<&str, _>("payload").is_empty()));
    }
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}
