//! The parts that the ledger's database tells.

use std::time::Duration;

use ::projections::work_queue::{self, Patience};
use ::projections::{Views, copies, copy_locks};
use serde::de::DeserializeOwned;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::super::answers::projections::{LEFT_OUT_SHOWN, ProjectionsAnswer};
use super::super::answers::status::{CopiesAnswer, LedgerAnswer, LocksAnswer, ProcessesAnswer, WorkAnswer};

/// The most items in hand that are listed.
const IN_HAND_SHOWN: i64 = 20;
/// The most failed copies that are listed.
const FAILED_SHOWN: u32 = 5;
/// The most locks that are listed.
const LOCKS_SHOWN: u32 = 3;
/// The most processes that are listed.
const PROCESSES_SHOWN: i64 = 50;

/// Sessions that hold the head for longer than an append waits for it are told of.
pub(super) async fn ledger(pool: &PgPool, append_waits: Duration) -> Result<LedgerAnswer, sqlx::Error> {
    let found = sqlx::query_scalar(include_str!("ledger.sql")).bind(append_waits.as_secs_f64());
    document(found.fetch_one(pool).await?)
}

/// The epoch is told beside the views, and nobody compares positions here.
pub(super) async fn views(views: &Views) -> Result<ProjectionsAnswer, sqlx::Error> {
    let status = views.status_explained().await?;
    let left_out = views.left_out(LEFT_OUT_SHOWN).await?;
    Ok(ProjectionsAnswer::of(Uuid::nil(), status, left_out))
}

pub(super) async fn work(pool: &PgPool, patience: Patience) -> Result<WorkAnswer, sqlx::Error> {
    // The table's name is the view's, by its version; it is a constant, not input.
    let statement = include_str!("work.sql").replace("{work_queue}", work_queue::TABLE);
    let found = sqlx::query_scalar(&statement)
        .bind(f64::from(patience.first_ms))
        .bind(f64::from(patience.longest_ms))
        .bind(IN_HAND_SHOWN)
        .fetch_one(pool)
        .await?;
    document(found)
}

pub(super) async fn copies(pool: &PgPool) -> Result<CopiesAnswer, sqlx::Error> {
    let by_status = copies::status_counts(pool, None).await?;
    let given_up = copies::given_up(pool).await?;
    let failed = copies::failures(pool, FAILED_SHOWN).await?;
    Ok(CopiesAnswer::of(by_status, given_up, failed))
}

pub(super) async fn locks(pool: &PgPool) -> Result<LocksAnswer, sqlx::Error> {
    let counts = copy_locks::counts(pool).await?;
    let oldest = copy_locks::oldest(pool, LOCKS_SHOWN).await?;
    Ok(LocksAnswer::of(counts, oldest))
}

pub(super) async fn processes(pool: &PgPool, alive: Duration) -> Result<ProcessesAnswer, sqlx::Error> {
    let found = sqlx::query_scalar(include_str!("processes.sql"))
        .bind(alive.as_secs_f64())
        .bind(PROCESSES_SHOWN)
        .fetch_one(pool)
        .await?;
    document(found)
}

/// What a statement answers with as one JSON document.
fn document<T: DeserializeOwned>(found: Json<serde_json::Value>) -> Result<T, sqlx::Error> {
    serde_json::from_value(found.0).map_err(|error| sqlx::Error::Decode(error.into()))
}
