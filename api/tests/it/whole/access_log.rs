//! The log of accesses of the real program: over its orderly end, by its commands, and under the roles of the database.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::desk::Desk;
use super::place::Place;
use super::process::{Process, run_as, run_at, stderr, stdout};

const READS: usize = 40;

async fn count(keys: &PgPool, outcome: &str) -> i64 {
    let sql = "SELECT count(*) FROM access_log WHERE outcome = $1";
    sqlx::query_scalar(sql).bind(outcome).fetch_one(keys).await.unwrap()
}

#[tokio::test]
async fn what_was_queued_is_written_before_an_orderly_end() {
    let place = Place::new().await;
    let keys = PgPool::connect_with(place.database.keys_connect_options()).await.unwrap();
    // No batch is written while somebody holds the table, and answers are given all the same.
    let arguments = ["--limit", "access_log.wait=60s", "--limit", "access_log.flush=60s"];
    let server = Process::serve(&place, None, &arguments).await;
    let desk = Desk::open(&place.database, server.address).await;
    desk.exam().await;
    let mut held = keys.begin().await.unwrap();
    sqlx::query("LOCK TABLE access_log IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    for _ in 0..READS {
        desk.get(&desk.admin, "/api/copies").await.body(200);
    }
    let ended = tokio::spawn(server.interrupt());
    super::seen("the server has closed its door", async || {
        tokio::net::TcpStream::connect(desk.address).await.is_err().then_some(())
    })
    .await;
    held.commit().await.unwrap();
    assert!(ended.await.unwrap().success());
    assert_eq!(count(&keys, "shown").await, i64::try_from(READS).unwrap());
}

#[tokio::test]
async fn an_operator_lists_the_log_and_prunes_it_in_their_own_name() {
    let place = Place::new().await;
    let server = Process::serve(&place, None, &[]).await;
    let desk = Desk::open(&place.database, server.address).await;
    let keys = PgPool::connect_with(place.database.keys_connect_options()).await.unwrap();
    desk.get(&desk.admin, "/api/copies").await.body(200);
    desk.post(&desk.auditor, "/api/exams", json!({"code": "X"})).await.refused(403, "role_forbidden");
    assert!(server.interrupt().await.success());

    let nobody = run_at(&place, &["access-log", "list"]).await;
    assert!(!nobody.status.success() && stderr(&nobody).contains("token"), "{}", stderr(&nobody));
    let token = &desk.admin.token;
    let listed = run_as(&place, token, &["access-log", "list", "--json"]).await;
    assert!(listed.status.success(), "{}", stderr(&listed));
    let lines: Vec<Value> = stdout(&listed).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &str)> =
        lines.iter().map(|line| (line["act"].as_str().unwrap(), line["outcome"].as_str().unwrap())).collect();
    assert!(
        told.contains(&("read copies", "shown")) && told.contains(&("create exams", "refused")),
        "{told:?}"
    );
    let words = run_as(&place, token, &["access-log", "list", "--outcome", "refused"]).await;
    let said = stdout(&words);
    assert!(said.contains("create exams: POST /api/exams") && said.contains("role_forbidden"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    // Both readings are there now.
    let own = "SELECT count(*) FROM access_log WHERE act = 'read access log' AND actor_id = $1";
    let own: i64 = sqlx::query_scalar(own).bind(desk.admin.id.0).fetch_one(&keys).await.unwrap();
    assert_eq!(own, 2);

    let age = "UPDATE access_log SET at = at - interval '50 days' WHERE outcome = 'refused'";
    sqlx::query(age).execute(&keys).await.unwrap();
    let prune = ["access-log", "prune", "--older-than", "40", "--reason", "the officer's decision 7"];
    let counted = run_as(&place, token, &prune).await;
    assert!(stdout(&counted).starts_with("1 rows are older than 40 days"), "{}", stdout(&counted));
    assert_eq!(count(&keys, "refused").await, 1);
    let done = run_as(&place, token, &[&prune[..], &["--yes"]].concat()).await;
    assert!(done.status.success(), "{}", stderr(&done));
    assert_eq!((count(&keys, "refused").await, count(&keys, "pruned").await), (0, 1));
    let words = stdout(&run_as(&place, token, &["access-log", "list", "--outcome", "pruned"]).await);
    assert!(words.contains("1 rows") && words.contains("because: the officer's decision 7"), "{words}");
    let young =
        run_as(&place, token, &["access-log", "prune", "--older-than", "7", "--reason", "no trace"]).await;
    assert!(!young.status.success(), "{}", stdout(&young));
}

#[tokio::test]
async fn a_worker_deletes_what_is_older_than_it_is_kept_and_says_how_much_that_was() {
    let place = Place::new().await;
    let keys = PgPool::connect_with(place.database.keys_connect_options()).await.unwrap();
    sqlx::query(
        "INSERT INTO access_log (at, act, outcome)
         SELECT clock_timestamp() - make_interval(days => days), 'read marks', 'shown' FROM unnest(ARRAY[1, 364, 366, 700]) AS days",
    )
    .execute(&keys)
    .await
    .unwrap();
    let server = Process::serve(&place, None, &["--limit", "access_log.prune_every=50ms"]).await;
    super::seen("two rows are pruned", async || {
        let sql = "SELECT times FROM access_log WHERE outcome = 'pruned' AND role = 'system'";
        let times: Option<i64> = sqlx::query_scalar(sql).fetch_optional(&keys).await.unwrap();
        times.inspect(|times| assert_eq!(*times, 2))
    })
    .await;
    assert_eq!(count(&keys, "shown").await, 2);
    assert!(server.interrupt().await.success());
    let short =
        run_at(&place, &["serve", "--listen", "127.0.0.1:0", "--limit", "access_log.keep=719h"]).await;
    assert!(!short.status.success());
    assert!(stderr(&short).contains("access_log.keep is less than 720h"), "{}", stderr(&short));
}
