//! A place with sealed texts, whose key store is to be moved.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use gradeledger::vault::MasterKey;
use sqlx::PgPool;
use tokio::process::Command;

use crate::whole::place::{PROGRAM, Place};
use crate::whole::process::{environment, program, run, stderr, stdout};
use crate::whole::seen;

pub(super) struct Moving {
    pub(super) place: Place,
    pub(super) keys: PgPool,
}

/// What a rotation must not touch, byte for byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Untouched {
    vault: Vec<String>,
    events: Vec<String>,
    commands: Vec<String>,
    data_keys: Vec<String>,
    blobs: BTreeMap<PathBuf, Vec<u8>>,
}

impl Moving {
    pub(super) async fn new() -> Self {
        let place = Place::new().await;
        MasterKey::read_or_make(&place.folder.path().join("new.key")).unwrap();
        let keys = PgPool::connect_with(place.database.keys_connect_options()).await.unwrap();
        Self { place, keys }
    }

    pub(super) fn new_key(&self) -> PathBuf {
        self.place.folder.path().join("new.key")
    }

    /// The program with the old key, and the new one beside it.
    pub(super) fn with_both(&self, arguments: &[&str]) -> Command {
        let mut command = self.with_old(arguments);
        command.env("NEW_MASTER_KEY_FILE", self.new_key());
        command
    }

    pub(super) fn with_old(&self, arguments: &[&str]) -> Command {
        let mut command = program(PROGRAM);
        command.args(arguments).envs(environment(&self.place));
        command
    }

    pub(super) fn with_new(&self, arguments: &[&str]) -> Command {
        let mut command = self.with_old(arguments);
        command.env("MASTER_KEY_FILE", self.new_key());
        command
    }

    /// A rotation of one key at a time.
    pub(super) fn rotation(&self) -> Command {
        self.with_both(&["keys", "rotate", "--limit", "keys.rotation_batch=1"])
    }

    pub(super) async fn ids(&self) -> Vec<uuid::Uuid> {
        let ids = sqlx::query_scalar("SELECT key_id FROM data_keys ORDER BY key_id");
        ids.fetch_all(&self.keys).await.unwrap()
    }

    /// That every key opens under the one master key that its row names: so many under the old, so many under the new.
    pub(super) async fn opens(&self, under_old: usize, under_new: usize) {
        let shown = run(self.with_both(&["keys", "show"])).await;
        let said = stdout(&shown);
        assert!(shown.status.success(), "{said}{}", stderr(&shown));
        assert!(said.contains(&format!("master key 1 of this key store: {under_old} data keys")), "{said}");
        let next = format!("store is being moved: {under_new} data keys");
        assert!(under_new == 0 || said.contains(&next), "{said}");
        assert!(!said.contains("damaged") && !said.contains("not tried"), "{said}");
    }

    pub(super) async fn waits(&self) {
        seen("a rotation waits for a lock", async || (self.waiting().await > 0).then_some(())).await;
    }

    pub(super) async fn nobody_waits(&self) {
        seen("nobody waits for a lock", async || (self.waiting().await == 0).then_some(())).await;
    }

    async fn waiting(&self) -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&self.keys)
        .await
        .unwrap()
    }

    pub(super) async fn untouched(&self) -> Untouched {
        let texts = async |pool: &PgPool, sql: &str| -> Vec<String> {
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        };
        let ledger = self.place.pool();
        let mut blobs = BTreeMap::new();
        for copy in fs::read_dir(self.place.blobs()).unwrap() {
            for blob in fs::read_dir(copy.unwrap().path()).unwrap() {
                let path = blob.unwrap().path();
                blobs.insert(path.clone(), fs::read(path).unwrap());
            }
        }
        let keys = "SELECT row(key_id, owner_id, owner_kind, purpose, created_at)::text FROM data_keys ORDER BY key_id";
        Untouched {
            vault: texts(ledger, "SELECT v::text FROM vault v ORDER BY 1").await,
            events: texts(ledger, "SELECT e::text FROM events e ORDER BY position").await,
            commands: texts(ledger, "SELECT c::text FROM commands c ORDER BY first_position").await,
            data_keys: texts(&self.keys, keys).await,
            blobs,
        }
    }

    pub(super) async fn wrapped(&self) -> Vec<Vec<u8>> {
        let wrapped = sqlx::query_scalar("SELECT wrapped FROM data_keys ORDER BY key_id");
        wrapped.fetch_all(&self.keys).await.unwrap()
    }
}
