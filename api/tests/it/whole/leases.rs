//! Leases that end by themselves.

use serde_json::Value;

use super::place::Place;
use super::seen;
use super::session::of;

/// DESIGN: within five seconds, whether or not anyone comes back to the copy.
const RECORDED_WITHIN_SECONDS: f64 = 5.0;

/// The one lease of this place that has ended was recorded when it should have been.
pub(super) async fn assert_recorded_in_time(place: &Place) {
    let late_by: f64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM recorded_at - (payload -> 'LockExpired' ->> 'expired_at')::timestamptz)::float8
         FROM events WHERE event_type = 'LockExpired'",
    )
    .fetch_one(place.pool())
    .await
    .unwrap();
    assert!((0.0..RECORDED_WITHIN_SECONDS).contains(&late_by), "{late_by} s late");
}

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
    assert_recorded_in_time(&place).await;
    let copy_now = desk.copy_when(copy, "free again", |copy| copy["status"] == "READY").await;
    assert_eq!(copy_now["lock"], Value::Null);
    let trail = desk.trail(copy).await;
    let told = of(&trail, "UNLOCK");
    assert_eq!((told.len(), &told[0]["metadata"]["reason"]), (1, &Value::from("expired")));
    assert_eq!(told[0]["actor_role"], "system");
    office.stop().await;
}
