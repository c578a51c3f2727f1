//! A database that waits for somebody.

use futures::future::join_all;
use serde_json::json;
use sqlx::{PgPool, Postgres, Transaction};

use super::Night;
use crate::whole::desk::Desk;
use crate::whole::seen;

const SCENARIO: &str = "High latency";
const ACTION: &str = "End the session";
const LOG: &str = "Let the log of accesses be written";

/// Clients who want something written, again and again.
async fn clients(desk: &Desk) {
    join_all((0..4).map(async |client| {
        for turn in 0.. {
            let code = format!("EXAM-{client}-{turn}");
            desk.post(&desk.admin, "/api/exams", json!({"code": code})).await;
        }
    }))
    .await;
}

/// Follows the page while the clients go on, up to the session that the page must name.
async fn follows(night: &mut Night, held: &mut Transaction<'static, Postgres>) {
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut **held).await.unwrap();
    let Night { desk, operator, .. } = night;
    operator.knows("PID", &pid.to_string()).await;
    tokio::select! {
        ended = operator.follows(SCENARIO, ACTION) => {
            assert!(ended.contains(&pid.to_string()), "{pid} is not ended: {ended}");
            assert!(operator.shown.contains(&format!(" {pid} |")), "{pid} is not named: {}", operator.shown);
        }
        () = clients(desk) => unreachable!("they go on for ever"),
    }
    desk.post(&desk.admin, "/api/exams", json!({"code": "AFTERWARDS"})).await.body(201);
    night.place.views_caught_up().await;
}

#[tokio::test]
async fn a_session_that_holds_the_head_is_found_out_and_ended() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let mut held = night.place.hold_head().await;
    follows(&mut night, &mut held).await;
    held.rollback().await.unwrap_err();
    night.place.assert_sound().await;
}

#[tokio::test]
async fn a_session_that_holds_a_view_is_found_out_and_ended() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let mut held = night.place.pool().begin().await.unwrap();
    sqlx::query("LOCK TABLE exams_v2 IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    follows(&mut night, &mut held).await;
    held.rollback().await.unwrap_err();
}

#[tokio::test]
async fn a_session_that_holds_the_log_of_accesses_is_found_out_and_ended() {
    let quick = ["--limit", "access_log.wait=500ms"];
    let Some(mut night) = Night::begins(&quick).await else { return };
    let keys = PgPool::connect_with(night.place.database.keys_connect_options()).await.unwrap();
    let mut held = keys.begin().await.unwrap();
    sqlx::query("LOCK TABLE access_log IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *held).await.unwrap();
    let Night { desk, operator, .. } = &mut night;
    seen("lists of copies are withheld", async || {
        (desk.get(&desk.admin, "/api/copies").await.status == 503).then_some(())
    })
    .await;
    operator.knows("PID", &pid.to_string()).await;
    let ended = operator.follows(SCENARIO, LOG).await;
    assert!(ended.matches(&pid.to_string()).count() >= 2, "{pid} is not named and ended: {ended}");
    seen("lists of copies are shown", async || {
        (desk.get(&desk.admin, "/api/copies").await.status == 200).then_some(())
    })
    .await;
    held.rollback().await.unwrap_err();
}
