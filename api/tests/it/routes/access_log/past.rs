//! How rows end.

use std::time::Duration;

use domain::Role;
use gradeledger::access_log::{AccessLogLimits, KEPT_AT_LEAST};
use gradeledger::app::SYSTEM;

use super::super::world::World;
use super::{because, rows, world};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Makes the oldest rows older, and the keys that reasons are sealed under.
async fn age(world: &World, rows: i64, days: i32) {
    let sql = "UPDATE access_log SET at = at - make_interval(days => $2) WHERE id IN (SELECT id FROM access_log ORDER BY id LIMIT $1)";
    sqlx::query(sql).bind(rows).bind(days).execute(&world.keys).await.unwrap();
}

#[tokio::test]
async fn rows_go_by_their_age_a_batch_at_a_time_and_the_keys_of_their_months_with_them() {
    let world = world(AccessLogLimits { prune_rows: 2, ..AccessLogLimits::default() }).await;
    let copy = world.graded().await;
    let path = format!("/api/copies/{copy}/annotations");
    for _ in 0..5 {
        because(&world, &world.auditor, &path, "complaint 14").await.body(200);
    }
    let keys = async || -> i64 {
        let sql = "SELECT count(*) FROM data_keys WHERE owner_kind = 'access_log'";
        sqlx::query_scalar(sql).fetch_one(&world.keys).await.unwrap()
    };
    assert_eq!(rows(&world).await.len(), 5);
    assert_eq!(keys().await, 1, "one key a month");
    age(&world, 3, 366).await;
    let log = &world.app.access_log;
    assert_eq!(log.older_than(YEAR).await.unwrap(), 3);
    assert_eq!(log.prune(YEAR, (SYSTEM, Role::System), None).await.unwrap(), 3);
    let left = rows(&world).await;
    assert_eq!(left.iter().filter(|row| row.outcome == "shown").count(), 2);
    let pruned: Vec<_> = left.iter().filter(|row| row.outcome == "pruned").collect();
    assert_eq!((pruned.len(), pruned[0].times, pruned[0].actor_id), (1, 3, Some(SYSTEM.0)));
    // The others' key is needed, however old.
    sqlx::query("UPDATE data_keys SET created_at = created_at - interval '500 days'")
        .execute(&world.keys)
        .await
        .unwrap();
    assert_eq!(log.prune(YEAR, (SYSTEM, Role::System), None).await.unwrap(), 0);
    assert_eq!(keys().await, 1);
    age(&world, 2, 366).await;
    assert_eq!(log.prune(YEAR, (SYSTEM, Role::System), None).await.unwrap(), 2);
    assert_eq!(keys().await, 0, "nothing is left to be opened with it");
}

#[tokio::test]
async fn no_row_that_is_younger_than_thirty_days_is_the_service_s_to_delete() {
    let world = World::new().await;
    let copy = world.graded().await;
    because(&world, &world.auditor, &format!("/api/copies/{copy}/annotations"), "complaint 14")
        .await
        .body(200);
    age(&world, 1, 29).await;
    let day = Duration::from_secs(24 * 3_600);
    let log = &world.app.access_log;
    log.prune(KEPT_AT_LEAST - day, (SYSTEM, Role::System), None).await.unwrap_err();
    assert_eq!(log.prune(KEPT_AT_LEAST, (SYSTEM, Role::System), None).await.unwrap(), 0);
    assert_eq!(rows(&world).await.len(), 1);
}
