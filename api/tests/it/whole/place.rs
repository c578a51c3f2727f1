//! Where a ledger of these tests is kept: databases, blobs and master key; services come and go.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::CopyId;
use fixtures::database::TestDatabase;
use gradeledger::cli::Stores;
use gradeledger::ledger::verify::{Verdict, verify};
use gradeledger::limits::Limits;
use gradeledger::service::{Service, ServiceSettings};
use gradeledger::vault::MasterKey;
use projections::Views;
use projections::views::work_queue::Patience;
use sqlx::{PgPool, Postgres, Transaction};
use tempfile::TempDir;

use super::desk::Desk;
use super::seen;

/// The program under test.
pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_gradeledger");

/// A blob's name is its SHA-256, in hexadecimal.
const SHA256_DIGITS: usize = 64;

pub(super) struct Place {
    pub(super) database: TestDatabase,
    pub(super) folder: TempDir,
    pub(super) master: MasterKey,
}

impl Place {
    pub(super) async fn new() -> Self {
        Self::on(TestDatabase::new().await)
    }

    pub(super) fn on(database: TestDatabase) -> Self {
        let folder = TempDir::new().unwrap();
        let master = MasterKey::read_or_make(&folder.path().join("master.key")).unwrap();
        Self { database, folder, master }
    }

    pub(super) fn pool(&self) -> &PgPool {
        self.database.pool()
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    /// How many blobs a copy has. One that is being written has another name than its SHA-256.
    pub(super) fn blobs_of(&self, copy: CopyId) -> usize {
        let Ok(entries) = std::fs::read_dir(self.blobs().join(copy.to_string())) else { return 0 };
        entries.filter(|entry| entry.as_ref().unwrap().file_name().len() == SHA256_DIGITS).count()
    }

    /// A service in this process, with everything running.
    pub(super) async fn service(&self) -> Running<'_> {
        self.service_with(|_| {}).await
    }

    pub(super) async fn service_with(&self, change: impl FnOnce(&mut ServiceSettings)) -> Running<'_> {
        let (ledger, keys) = (self.database.connect_options(), self.database.keys_connect_options());
        let stores = Stores::at(ledger, keys, &self.blobs(), &self.master).await.unwrap();
        let mut limits = Limits::default();
        // A failed attempt rests for a moment only: the resting is the work queue's, and tested there.
        limits.work.patience = Patience { first_ms: 20, longest_ms: 40 };
        let mut settings = ServiceSettings::at("127.0.0.1:0".parse().unwrap(), limits).unwrap();
        settings.pdf.program = PROGRAM.into();
        change(&mut settings);
        let service = Service::start(&stores, settings, None).await.unwrap();
        let desk = Desk::open(&self.database, service.address()).await;
        Running { desk, service, _place: self }
    }

    /// The types of a copy's events, in order.
    pub(super) async fn types(&self, copy: CopyId) -> Vec<String> {
        crate::office::types(self.pool(), copy).await
    }

    /// Keeps anything from being appended while it lives.
    pub(super) async fn hold_head(&self) -> Transaction<'static, Postgres> {
        let mut held = self.pool().begin().await.unwrap();
        sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *held).await.unwrap();
        held
    }

    /// Waits until no session waits for a lock: an append of a process that was killed has given up.
    pub(super) async fn nobody_waits(&self) {
        seen("nobody waits for a lock", async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
            .fetch_one(self.pool())
            .await
            .unwrap();
            (waiting == 0).then_some(())
        })
        .await;
    }

    /// How often the work on a copy was begun, by the claim that stands now.
    pub(super) async fn claims(&self, copy: CopyId) -> i32 {
        sqlx::query_scalar(
            "SELECT coalesce(max(claims), 0) FROM work_claims WHERE copy_id = $1 AND NOT settled",
        )
        .bind(copy.0)
        .fetch_one(self.pool())
        .await
        .unwrap()
    }

    /// Positions are dense, and every event holds against its hashes.
    pub(super) async fn assert_sound(&self) {
        let events: i64 =
            sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(self.pool()).await.unwrap();
        let verdict = verify(self.pool(), 2, Arc::new(|_, _| {})).await.unwrap();
        assert_eq!(verdict, Verdict::Sound { events: events.unsigned_abs() });
    }

    /// Waits until every view has folded every event.
    pub(super) async fn views_caught_up(&self) {
        let views = Views::new(self.pool().clone());
        seen("the views have caught up", async || {
            let status = views.status().await.unwrap();
            assert!(status.iter().all(|view| view.poison.is_none()), "{status:?}");
            status.iter().all(|view| view.position == view.head).then_some(())
        })
        .await;
    }

    /// Every row of every view.
    pub(super) async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        self.views_caught_up().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name ~ '_v[0-9]+$'",
        )
        .fetch_all(self.pool())
        .await
        .unwrap();
        // `copy_status_counts` is `copies`' second table.
        assert!(tables.len() >= 7, "{tables:?}");
        let mut rows = BTreeMap::new();
        for table in tables {
            let read = format!("SELECT row_to_json(t)::text FROM {table} t ORDER BY 1");
            rows.insert(table, sqlx::query_scalar(&read).fetch_all(self.pool()).await.unwrap());
        }
        rows
    }

    /// Every payload of a type of events, with its stream, in order.
    pub(super) async fn payloads(&self, event_type: &str) -> Vec<(String, serde_json::Value)> {
        sqlx::query_as("SELECT aggregate_id, payload FROM events WHERE event_type = $1 ORDER BY position")
            .bind(event_type)
            .fetch_all(self.pool())
            .await
            .unwrap()
    }
}

/// A service in this process, and a desk in front of it.
pub(super) struct Running<'a> {
    pub(super) desk: Desk,
    service: Service,
    _place: &'a Place,
}

impl Running<'_> {
    pub(super) async fn stop(self) {
        self.service.stop().await;
    }
}
