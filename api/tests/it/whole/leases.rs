//! Leases that end by themselves.

use serde_json::Value;

use super::place::Place;
use super::seen;
use super::session::of;

/// DESIGN: within five seconds, whether or not anyone comes back to the copy.
const RECORDED_WITHIN_SECONDS: i64 = 5;

#[tokio::test]
async fn the_end_of_a_lease_is_recorded_within_five_seconds_though_nobody_asks() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    desk.lock(copy, 1).await;
    seen("the end of the lease", async || {
        place.types(copy).await.contains(&"LockExpired".to_owned()).then_some(())
    })
    .await;
    let late_by: i64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM recorded_at - (payload -> 'LockExpired' ->> 'expired_at')::timestamptz)::bigint
         FROM events WHERE event_type = 'LockExpired'",
    )
    .fetch_one(place.pool())
    .await
    .unwrap();
    assert!((0..RECORDED_WITHIN_SECONDS).contains(&late_by), "{late_by} s late");
    let copy_now = desk.copy_when(copy, "free again", |copy| copy["status"] == "READY").await;
    assert_eq!(copy_now["lock"], Value::Null);
    let trail = desk.trail(copy).await;
    let told = of(&trail, "UNLOCK");
    assert_eq!((told.len(), &told[0]["metadata"]["reason"]), (1, &Value::from("expired")));
    assert_eq!(told[0]["actor_role"], "system");
    office.stop().await;
}
