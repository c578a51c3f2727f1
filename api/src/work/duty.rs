//! Duties that one process of all is enough for.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

/// Takes or keeps a duty for the time of `lease`. Answers whether it is ours. Two holders for a moment do no harm: what
/// they append states what it expects.
pub(super) async fn hold(
    pool: &PgPool,
    duty: &'static str,
    worker: Uuid,
    lease: Duration,
) -> Result<bool, sqlx::Error> {
    let held = sqlx::query(
        "INSERT INTO work_leaders AS l (duty, worker, lease_until)
         VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 second')
         ON CONFLICT (duty) DO UPDATE SET worker = excluded.worker, lease_until = excluded.lease_until
         WHERE l.worker = $2 OR l.lease_until <= clock_timestamp()",
    )
    .bind(duty)
    .bind(worker)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Gives the duty up, for another process to take at once.
pub(super) async fn give_up(pool: &PgPool, duty: &'static str, worker: Uuid) {
    let given_up = sqlx::query("DELETE FROM work_leaders WHERE duty = $1 AND worker = $2")
        .bind(duty)
        .bind(worker)
        .execute(pool)
        .await;
    if let Err(error) = given_up {
        tracing::debug!(cause = domain::chain(&error), duty, "the duty was not given up; its lease runs out");
    }
}
