//! A ledger of copies that were marked, for the parts that fold all of it.

use fixtures::database::TestDatabase;
use projections::{ViewName, views};

/// Events of a copy in `marked.sql`.
pub(crate) const A_COPY: i64 = 100;
/// Events of a year of a large school.
pub(crate) const A_YEAR: i64 = 1_000_000;
/// Copies of a smaller ledger and of one that is four times as large.
pub(crate) const COPIES: [i64; 2] = [500, 2_000];

/// Fills a ledger with copies of [`A_COPY`] events each.
pub(crate) async fn fill(database: &TestDatabase, copies: i64) {
    let mut connection = database.pool().acquire().await.unwrap();
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await.unwrap();
    sqlx::query(include_str!("marked.sql")).bind(copies).execute(&mut *connection).await.unwrap();
    sqlx::query("VACUUM ANALYZE events").execute(&mut *connection).await.unwrap();
}

/// All views.
pub(crate) fn every_view() -> Vec<ViewName> {
    views::ALL.map(|(view, _)| view).to_vec()
}
