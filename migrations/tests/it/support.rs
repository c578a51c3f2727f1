//! What several of these tests need.

use std::path::Path;
use std::time::Duration;

use migrations::{Durability, PrivateOptions, PrivatePostgres};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{Instant, sleep};

/// The longest that a condition of [`eventually`] may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A cluster in a folder of the test's, that does not wait for the disk.
pub(crate) fn options(folder: &Path) -> PrivateOptions {
    let durability = Durability::TestOnly;
    PrivateOptions { data_folder: Some(folder.to_owned()), durability, ..PrivateOptions::default() }
}

pub(crate) async fn connect(postgres: &PrivatePostgres) -> PgConnection {
    postgres.connect_options("postgres").connect().await.unwrap()
}

/// One value that the server answers with, as text.
pub(crate) async fn ask(options: PgConnectOptions, query: &str) -> String {
    let mut connection = options.connect().await.unwrap();
    let answer = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}

pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {} s: {what}", LIMIT.as_secs());
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the process exists and is no zombie.
pub(crate) fn runs(pid: i32) -> bool {
    let Some(pid) = rustix::process::Pid::from_raw(pid) else { return false };
    let zombie = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')));
    !zombie && rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}
