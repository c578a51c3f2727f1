//! How far the clock of this machine is from Postgres's.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Patient;
use super::report::Report;

const CHECK: &str = "clock";
/// How often it is asked: the quickest answer tells best.
const TRIES: usize = 5;

pub(super) async fn examine(patient: &Patient, allowed: Duration, report: &mut Report) {
    let Some((skew, within)) = report.asked(CHECK, patient.longest, best(patient)).await else { return };
    let detail = format!("{:+.1} ms from Postgres's, measured to ± {:.1} ms", skew / 1e3, within / 1e3);
    if is_allowed(skew, within, allowed) {
        report.ok(CHECK, detail);
        return;
    }
    report.warn(
        CHECK,
        format!("this machine is {detail}"),
        "set both clocks by NTP (`timedatectl status`, `chronyc tracking`): leases and records go by Postgres's clock alone, \
         but log lines and figures of this machine will not line up with them",
    );
}

/// What the measuring itself leaves open is no skew.
fn is_allowed(skew: f64, within: f64, allowed: Duration) -> bool {
    skew.abs() - within <= allowed.as_secs_f64() * 1e6
}

/// Skew and half the time that the answer took, in microseconds, of the quickest answer.
async fn best(patient: &Patient) -> Result<(f64, f64), sqlx::Error> {
    let mut best: Option<(f64, f64)> = None;
    let mut connection = patient.pool.acquire().await?;
    for _ in 0..TRIES {
        let (began, before) = (Instant::now(), here());
        let there: f64 = sqlx::query_scalar("SELECT extract(epoch FROM clock_timestamp())::float8 * 1e6")
            .fetch_one(&mut *connection)
            .await?;
        let half = began.elapsed().as_secs_f64() * 1e6 / 2.0;
        let skew = before + half - there;
        if best.is_none_or(|(_, within)| half < within) {
            best = Some((skew, half));
        }
    }
    best.ok_or(sqlx::Error::RowNotFound)
}

/// Microseconds since 1970 by this machine's clock.
fn here() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_where_it_is_farther_away_than_allowed_and_than_could_be_measured() {
        let second = Duration::from_secs(1);
        assert!(is_allowed(900_000.0, 10.0, second) && is_allowed(-1_400_000.0, 500_000.0, second));
        assert!(!is_allowed(1_200_000.0, 10_000.0, second) && !is_allowed(-1_200_000.0, 10_000.0, second));
    }
}
