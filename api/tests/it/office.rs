//! A small exam office: a ledger on a database of its own, and the acts that the tests need.

use std::time::Duration;

use domain::copy::ShownLock;
use domain::copy::command::Marking;
use domain::copy::{CopyAction, CopyCommand, CopyError, CopyEvent, ExamCopy, Page};
use domain::exam::{Exam, ExamCommand};
use domain::{
    ActorId, AnonymousId, CopyId, Digest, ExamCode, ExamId, LockId, Points, Question, Role, Timestamp,
};
use fixtures::database::TestDatabase;
use gradeledger::ledger::{By, ExecuteError, Executed, Idempotency, Ledger, LedgerLimits, Order};
use gradeledger::vault::VaultRow;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) type CopyResult = Result<Executed<ExamCopy>, ExecuteError<CopyError>>;

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a condition, bounded.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let began = std::time::Instant::now();
    while !condition().await {
        assert!(began.elapsed() < PATIENCE, "never came about: {what}");
        tokio::task::yield_now().await;
    }
}

pub(crate) fn by(actor: ActorId) -> By {
    By { actor, role: Role::Admin, request_id: "a-test".to_owned(), causation_id: None, traceparent: None }
}

pub(crate) fn someone() -> ActorId {
    ActorId(Uuid::now_v7())
}

/// A ledger and someone who acts on it.
pub(crate) struct Office {
    pub(crate) database: TestDatabase,
    pub(crate) ledger: Ledger,
    pub(crate) actor: ActorId,
}

impl Office {
    pub(crate) async fn open() -> Self {
        Self::with(LedgerLimits::default()).await
    }

    pub(crate) async fn with(limits: LedgerLimits) -> Self {
        Self::on(TestDatabase::new().await, limits).await
    }

    pub(crate) async fn on(database: TestDatabase, limits: LedgerLimits) -> Self {
        let ledger = Ledger::open(database.pool().clone(), limits).await.unwrap();
        Self { database, ledger, actor: someone() }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        self.database.pool()
    }

    /// A key of this office's actor.
    pub(crate) fn key(&self, key: &str, body: &str) -> Option<Idempotency> {
        Some(Idempotency::new(self.actor, key, Digest::of(body.as_bytes())).unwrap())
    }

    /// Asks a copy for something.
    pub(crate) async fn ask(&self, copy: CopyId, action: CopyAction) -> CopyResult {
        act(&self.ledger, self.actor, copy, action, None, Vec::new()).await
    }

    pub(crate) async fn ask_once(
        &self,
        copy: CopyId,
        action: CopyAction,
        key: Option<Idempotency>,
    ) -> CopyResult {
        act(&self.ledger, self.actor, copy, action, key, Vec::new()).await
    }

    /// A copy in its first status.
    pub(crate) async fn import(&self) -> CopyId {
        let (copy, action) = a_scan();
        self.ask(copy, action).await.unwrap();
        copy
    }

    /// A copy that can be locked.
    pub(crate) async fn ready(&self) -> CopyId {
        let copy = self.import().await;
        self.ask(copy, pages_read()).await.unwrap();
        self.ask(copy, CopyAction::Validate { scheme_version: 1, questions: questions() }).await.unwrap();
        copy
    }

    /// A copy in this actor's hands.
    pub(crate) async fn locked(&self) -> (CopyId, ShownLock) {
        let (copy, lock) = (self.ready().await, LockId(Uuid::now_v7()));
        self.ask(copy, CopyAction::AcquireLock { lock, ttl_seconds: 600 }).await.unwrap();
        (copy, ShownLock::Of(lock))
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        sqlx::query_scalar(&format!("SELECT count(*) FROM {table}")).fetch_one(self.pool()).await.unwrap()
    }

    /// The ledger's positions must be 1, 2, 3 … without a gap.
    pub(crate) async fn assert_positions_are_dense(&self) {
        let (count, last): (i64, Option<i64>) = sqlx::query_as("SELECT count(*), max(position) FROM events")
            .fetch_one(self.pool())
            .await
            .unwrap();
        assert_eq!(Some(count), last.or(Some(0)));
    }

    pub(crate) async fn create_exam(&self) -> ExamId {
        let exam = ExamId(Uuid::now_v7());
        let code: ExamCode = "MATHS-2026".parse().unwrap();
        let order = Order::<Exam> {
            by: by(self.actor),
            idempotency: None,
            vault: Vec::new(),
            command: &|_| ExamCommand::Create { code: code.clone() },
            answer: &|_| Value::Null,
        };
        self.ledger.execute(exam.0, order).await.unwrap();
        exam
    }
}

pub(crate) async fn act(
    ledger: &Ledger,
    actor: ActorId,
    copy: CopyId,
    action: CopyAction,
    idempotency: Option<Idempotency>,
    vault: Vec<VaultRow>,
) -> CopyResult {
    let order = Order::<ExamCopy> {
        by: by(actor),
        idempotency,
        vault,
        command: &|at: Timestamp| CopyCommand { actor, at, action: action.clone() },
        answer: &|copy: &ExamCopy| json!({ "sequence": copy.sequence, "status": copy.state.status() }),
    };
    ledger.execute(copy.0, order).await
}

/// A new copy's id and the command that makes it.
pub(crate) fn a_scan() -> (CopyId, CopyAction) {
    let (exam, anonymous_id) = (ExamId(Uuid::now_v7()), "A-1".parse::<AnonymousId>().unwrap());
    let copy = CopyId::of(exam, &anonymous_id);
    let source = Digest::of(copy.0.as_bytes());
    (copy, CopyAction::RequestImport { exam, anonymous_id, source, source_bytes: 1_000, filename: None })
}

pub(crate) fn pages_read() -> CopyAction {
    let page = Page { sha256: Digest::of(b"page"), width: 1_190, height: 1_684 };
    CopyAction::RecordImport {
        attempt: 1,
        pages: vec![page],
        renderer: "test 1".to_owned(),
        warnings: Vec::new(),
        duration_ms: 5,
    }
}

pub(crate) fn questions() -> Vec<Question> {
    vec![Question { id: "1".parse().unwrap(), maximum: Points(100_000) }]
}

/// Gives question 1 some points, in hundredths.
pub(crate) fn score(shown: ShownLock, hundredths: i64) -> CopyAction {
    let act = Marking::ScoreQuestion { question: "1".parse().unwrap(), points: Some(Points(hundredths)) };
    CopyAction::Mark { shown, act }
}

/// The types of a copy's events, in order.
pub(crate) async fn types(pool: &PgPool, copy: CopyId) -> Vec<String> {
    sqlx::query_scalar("SELECT event_type FROM events WHERE aggregate_id = $1 ORDER BY sequence")
        .bind(copy.to_string())
        .fetch_all(pool)
        .await
        .unwrap()
}

/// The events of a copy, as stock serde reads their payloads.
pub(crate) async fn events(pool: &PgPool, copy: CopyId) -> Vec<CopyEvent> {
    let payloads: Vec<Value> =
        sqlx::query_scalar("SELECT payload FROM events WHERE aggregate_id = $1 ORDER BY sequence")
            .bind(copy.to_string())
            .fetch_all(pool)
            .await
            .unwrap();
    payloads.into_iter().map(|payload| serde_json::from_value(payload).unwrap()).collect()
}
