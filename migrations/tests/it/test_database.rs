//! Databases of tests: one a test, on one cluster a run, gone with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fixtures::database::{ClusterFolder, TestDatabase};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{ask, eventually, runs};

#[tokio::test]
async fn what_one_test_writes_no_other_test_sees() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    sqlx::query("CREATE TABLE mark (points int)").execute(one.pool()).await.unwrap();
    let found: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('mark')::text").fetch_one(other.pool()).await.unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn a_test_database_holds_a_migrated_ledger_and_a_migrated_key_store() {
    let database = TestDatabase::new().await;
    let applied = "SELECT (count(*) FILTER (WHERE success) = count(*))::text FROM _sqlx_migrations";
    assert_eq!(ask(database.connect_options(), applied).await, "true");
    assert_eq!(ask(database.keys_connect_options(), "SELECT count(*)::text FROM data_keys").await, "0");
}

#[tokio::test]
async fn a_database_whose_test_is_done_is_dropped() {
    let (done, watch) = (TestDatabase::new().await, TestDatabase::new().await);
    let name = done.connect_options().get_database().unwrap().to_owned();
    let count = format!("SELECT count(*)::text FROM pg_database WHERE datname LIKE '{name}%'");
    assert_eq!(ask(watch.connect_options(), &count).await, "2");
    drop(done);
    let mut looks = 0;
    while ask(watch.connect_options(), &count).await != "0" {
        looks += 1;
        assert!(looks < 5_000, "{name} is never dropped");
    }
}

/// Starts a process of this binary that makes a test database, says where, and waits to be killed.
async fn start_user(folder: &Path, name: &str, shared: bool) -> (Child, i32, PathBuf) {
    let report = folder.join(name);
    let mut user = Command::new(std::env::current_exe().unwrap());
    user.args(["--exact", "test_database::use_a_database_until_killed", "--ignored"]).env("REPORT", &report);
    user.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    if shared {
        user.env("CARGO", "cargo");
    } else {
        user.env_remove("CARGO").env_remove("NEXTEST");
    }
    let user = user.spawn().unwrap();
    eventually("the process has its database", || {
        fs::read_to_string(&report).is_ok_and(|it| it.ends_with('\n'))
    })
    .await;
    let text = fs::read_to_string(&report).unwrap();
    let mut lines = text.lines();
    (user, lines.next().unwrap().parse().unwrap(), lines.next().unwrap().into())
}

#[tokio::test]
#[ignore = "run by the tests below, which kill it"]
async fn use_a_database_until_killed() {
    let database = TestDatabase::new().await;
    let data = ask(database.connect_options(), "SHOW data_directory").await;
    let pid = fs::read_to_string(Path::new(&data).join("postmaster.pid")).unwrap();
    let report = std::env::var("REPORT").unwrap();
    fs::write(report, format!("{}\n{data}\n", pid.lines().next().unwrap())).unwrap();
    // Ends with the parent at the latest, which holds the other end.
    std::io::read_to_string(std::io::stdin()).unwrap();
}

#[tokio::test]
async fn the_kill_of_the_only_test_process_leaves_no_server_and_no_folder() {
    let folder = ClusterFolder::own().await;
    let (mut user, pid, data) = start_user(folder.path(), "user", false).await;
    assert!(runs(pid));
    user.kill().unwrap();
    user.wait().unwrap();
    eventually("the server is gone", || !runs(pid)).await;
    eventually("its folder is gone", || !data.exists()).await;
}

#[tokio::test]
async fn the_processes_of_one_run_share_one_server_though_they_follow_each_other() {
    let folder = ClusterFolder::own().await;
    let (mut first, pid, _) = start_user(folder.path(), "first", true).await;
    first.kill().unwrap();
    first.wait().unwrap();
    let (mut second, same, data) = start_user(folder.path(), "second", true).await;
    second.kill().unwrap();
    second.wait().unwrap();
    assert_eq!(pid, same);
    // This run would go on until this process ends. Without its supervisor the next user sweeps it up.
    let cluster = data.ancestors().nth(2).unwrap();
    let supervisor: i32 = fs::read_to_string(cluster.join("supervisor.pid")).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(supervisor).unwrap(), Signal::KILL).unwrap();
    eventually("the supervisor is gone", || !runs(supervisor)).await;
    drop(ClusterFolder::own().await);
    eventually("the server is gone", || !runs(pid)).await;
    eventually("its folder is gone", || !data.exists()).await;
}
