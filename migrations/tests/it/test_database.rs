//! Databases of tests: one a test, on one cluster a run.

use fixtures::database::TestDatabase;

#[tokio::test]
async fn what_one_test_writes_no_other_test_sees() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    sqlx::query("CREATE TABLE mark (points int)").execute(one.pool()).await.unwrap();
    let found: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('mark')::text").fetch_one(other.pool()).await.unwrap();
    assert_eq!(found, None);
}
