//! A ledger for the views to read: rows of `events` as an append leaves them, and projectors over them.

use std::time::Duration;

use cqrs_es::DomainEvent;
use domain::copy::CopyEvent;
use domain::exam::ExamEvent;
use domain::leaf::Content;
use domain::operations::OperationsEvent;
use domain::{ActorId, CopyId, Digest, ExamId, Metadata, OperationsId, Role};
use fixtures::database::TestDatabase;
use projections::{ProjectorLimits, Projectors, RebuildLimits, StreamId, ViewName, Views};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const ADA: ActorId = ActorId(Uuid::from_u128(0xada));

pub(crate) struct TestLedger {
    pub(crate) database: TestDatabase,
    pub(crate) views: Views,
}

/// Short times, so that a lease runs out while a test waits.
pub(crate) fn limits() -> ProjectorLimits {
    ProjectorLimits {
        lease: Duration::from_millis(400),
        renew_every: Duration::from_millis(100),
        poll_every: Duration::from_millis(20),
        backoff_first: Duration::from_millis(10),
        backoff_longest: Duration::from_millis(100),
        ..ProjectorLimits::default()
    }
}

impl TestLedger {
    pub(crate) async fn new() -> Self {
        Self::on(TestDatabase::new().await)
    }

    pub(crate) fn on(database: TestDatabase) -> Self {
        let views = Views::new(database.pool().clone());
        Self { database, views }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        self.database.pool()
    }

    pub(crate) fn start(&self) -> Projectors {
        Projectors::start(&self.views, limits())
    }

    /// Until every view has everything.
    pub(crate) async fn caught_up(&self) {
        let head = self.views.head().await.unwrap();
        for status in self.views.status().await.unwrap() {
            let view =
                projections::views::ALL.into_iter().find(|(view, _)| view.name == status.name).unwrap().0;
            if let Err(error) = self.views.wait_for(view, head, PATIENCE).await {
                panic!("{error}: {:?}", self.views.status().await);
            }
        }
    }

    /// Folds all that is there, and stops.
    pub(crate) async fn fold_all(&self) {
        let projectors = self.start();
        self.caught_up().await;
        projectors.stop().await;
    }

    /// Rebuilds every view.
    pub(crate) async fn rebuild_all(&self) {
        let views = projections::views::ALL.map(|(view, _)| view);
        let limits = RebuildLimits { workers: 2, ..RebuildLimits::default() };
        self.views.rebuild(&views, limits, &mut |_| {}).await.unwrap();
    }

    /// Leaves a view as if it had never been folded.
    pub(crate) async fn empty(&self, view: ViewName) {
        let of = |(name, _): &(ViewName, _)| *name == view;
        let (_, tables) = projections::views::ALL.into_iter().find(of).unwrap();
        for table in tables {
            sqlx::query(&format!("TRUNCATE {}", table.name)).execute(self.pool()).await.unwrap();
        }
        sqlx::query("DELETE FROM projections WHERE name = $1")
            .bind(view.name)
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Appends events to a copy's stream; says nothing to listeners.
    pub(crate) async fn copy(&self, copy: CopyId, events: &[CopyEvent]) -> i64 {
        let events: Vec<Row> = events.iter().map(Row::written).collect();
        self.append(StreamId::Copy(copy), &events).await
    }

    /// Appends events to an exam's stream; says nothing to listeners.
    pub(crate) async fn exam(&self, exam: ExamId, events: &[ExamEvent]) -> i64 {
        let events: Vec<Row> = events.iter().map(Row::written).collect();
        self.append(StreamId::Exam(exam), &events).await
    }

    /// Appends acts of operators; says nothing to listeners.
    pub(crate) async fn acts(&self, events: &[OperationsEvent]) -> i64 {
        let events: Vec<Row> = events.iter().map(|event| Row::of(event.type_name(), event)).collect();
        self.append(StreamId::Operations(OperationsId::ONLY), &events).await
    }

    pub(crate) async fn append(&self, stream: StreamId, events: &[Row]) -> i64 {
        let (mut types, mut versions, mut payloads, mut metadatas) = (vec![], vec![], vec![], vec![]);
        for event in events {
            types.push(event.event_type.clone());
            versions.push(event.version.clone());
            payloads.push(event.payload.clone());
            metadatas.push(serde_json::to_string(&event.metadata).unwrap());
        }
        let ids: Vec<Uuid> = events.iter().map(|_| Uuid::now_v7()).collect();
        let mut transaction = self.pool().begin().await.unwrap();
        sqlx::query("SELECT pg_advisory_xact_lock(1)").execute(&mut *transaction).await.unwrap();
        let first: i64 = sqlx::query_scalar(
            "SELECT coalesce(max(sequence), 0) + 1 FROM events WHERE aggregate_type = $1 AND aggregate_id = $2",
        )
        .bind(stream.kind().as_str())
        .bind(stream.uuid().to_string())
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        let hashes: Vec<Vec<u8>> = (0..events.len())
            .map(|at| {
                let content = Content {
                    event_id: ids[at],
                    aggregate_type: stream.kind().as_str(),
                    aggregate_id: &stream.uuid().to_string(),
                    sequence: first + at as i64,
                    event_type: &types[at],
                    event_version: &versions[at],
                    metadata: &metadatas[at],
                    payload: &payloads[at],
                };
                content.hash().0.to_vec()
            })
            .collect();
        let head = sqlx::query_scalar(include_str!("append.sql"))
            .bind(stream.kind().as_str())
            .bind(stream.uuid().to_string())
            .bind(first)
            .bind(ids)
            .bind(types)
            .bind(versions)
            .bind(payloads)
            .bind(metadatas)
            .bind(hashes)
            .bind(Digest::ZERO.0.to_vec())
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        head
    }

    /// What an append tells listeners.
    pub(crate) async fn notify(&self) {
        sqlx::query("SELECT pg_notify(current_schema() || '_appended', '')")
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Every row of a table, in one order, as text.
    pub(crate) async fn dump(&self, table: &str) -> Vec<String> {
        let sql = format!("SELECT t::text FROM {table} AS t ORDER BY 1");
        sqlx::query_scalar(&sql).fetch_all(self.pool()).await.unwrap()
    }

    /// Every row of every view.
    pub(crate) async fn dump_all(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut dumps = vec![];
        for table in projections::views::ALL.into_iter().flat_map(|(_, tables)| tables) {
            dumps.push((table.name, self.dump(table.name).await));
        }
        dumps
    }

    /// Holds every row of every view to an earlier dump.
    pub(crate) async fn has_rows(&self, dumped: &[(&'static str, Vec<String>)]) {
        for (table, rows) in dumped {
            assert_eq!(self.dump(table).await, *rows, "{table}");
        }
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.pool()).await.unwrap()
    }
}

/// An event on its way into the table.
pub(crate) struct Row {
    pub(crate) event_type: String,
    pub(crate) version: String,
    pub(crate) payload: String,
    pub(crate) metadata: Metadata,
}

impl Row {
    /// An event as this build writes it.
    pub(crate) fn written(event: &impl DomainEvent) -> Self {
        Self { version: event.event_version(), ..Self::of(&event.event_type(), event) }
    }

    /// An event in its version 1.
    pub(crate) fn of(event_type: &str, event: &impl Serialize) -> Self {
        Self {
            event_type: event_type.to_owned(),
            version: "1".to_owned(),
            payload: serde_json::to_string(event).unwrap(),
            metadata: by(ADA, "request-1"),
        }
    }
}

pub(crate) fn by(actor: ActorId, request: &str) -> Metadata {
    Metadata {
        actor_id: actor,
        actor_role: Role::Grader,
        request_id: request.to_owned(),
        command_id: Uuid::from_u128(0xc0),
        causation_id: None,
        traceparent: None,
    }
}

/// Looks until `found` finds something; a test that waits in vain fails with `what`.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut found: impl FnMut() -> F) -> T {
    let looking = async {
        loop {
            if let Some(found) = found().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
