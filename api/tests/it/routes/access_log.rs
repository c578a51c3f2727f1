//! The log of accesses, from outside: what leaves a row there, what is withheld where it cannot be written, and how rows end.

mod past;
mod reasons;
mod recorded;
mod refusals;
mod unwritable;

use domain::{CopyId, ExamId};
use gradeledger::access_log::AccessLogLimits;
use gradeledger::limits::HttpLimits;
use http::Method;
use projections::FeedLimits;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::world::{Person, Said, World, heard};

/// A row as it stands in the table.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    actor_id: Option<Uuid>,
    role: Option<String>,
    act: Option<String>,
    method: Option<String>,
    route: Option<String>,
    copy_id: Option<Uuid>,
    exam_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    outcome: String,
    status: Option<i16>,
    code: Option<String>,
    request_id: Option<String>,
    times: i64,
    reason: Option<Vec<u8>>,
}

impl Row {
    fn of(row: &PgRow) -> Self {
        Self {
            actor_id: row.get("actor_id"),
            role: row.get("role"),
            act: row.get("act"),
            method: row.get("method"),
            route: row.get("route"),
            copy_id: row.get("copy_id"),
            exam_id: row.get("exam_id"),
            subject_id: row.get("subject_id"),
            outcome: row.get("outcome"),
            status: row.get("status"),
            code: row.get("code"),
            request_id: row.get("request_id"),
            times: row.get("times"),
            reason: row.get("reason"),
        }
    }
}

/// All rows, the oldest first, once all that was answered is written.
async fn rows(world: &World) -> Vec<Row> {
    world.app.access_log.flush().await;
    let sql = "SELECT actor_id, role, act, method, route, copy_id, exam_id, subject_id, outcome, status, code, request_id, \
               times, reason FROM access_log ORDER BY id";
    let rows = sqlx::query(sql).fetch_all(&world.keys).await.unwrap();
    rows.iter().map(Row::of).collect()
}

/// The rows of one request.
async fn rows_of(world: &World, request_id: &str) -> Vec<Row> {
    rows(world).await.into_iter().filter(|row| row.request_id.as_deref() == Some(request_id)).collect()
}

/// A request with an id of its own, which leads to its rows.
async fn asked(world: &World, who: &Person, method: Method, path: &str) -> (Said, String) {
    let id = Uuid::now_v7().to_string();
    (heard(world.ask(who, method, path).header("x-request-id", &id)).await, id)
}

/// A read for a reason.
async fn because(world: &World, who: &Person, path: &str, reason: &str) -> Said {
    heard(world.ask(who, Method::GET, path).header("x-access-reason", reason)).await
}

async fn exam_of(world: &World, copy: CopyId) -> ExamId {
    let state = world.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().state;
    state.state.identity().unwrap().exam
}

/// A world whose views are led, and whose log of accesses has these limits.
async fn world(limits: AccessLogLimits) -> World {
    World::led_with(HttpLimits::default(), FeedLimits::default(), limits).await
}
