//! What a private Postgres makes of a crash: the next start needs no hand.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use fixtures::database::{ClusterFolder, TestCluster};
use migrations::PrivatePostgres;
use migrations::private::Stopped;
use sqlx::Connection as _;

use crate::support::{ask, connect, eventually, options, runs};

#[tokio::test]
async fn commits_survive_a_kill_of_every_process_of_the_server() {
    let mut cluster = TestCluster::own().await;
    let database = cluster.database().await;
    sqlx::query("CREATE TABLE mark (points int)").execute(database.pool()).await.unwrap();
    let pid = cluster.postgres().postmaster_pid();
    let mut committed: i64 = 0;
    for points in 0..50 {
        sqlx::query("INSERT INTO mark VALUES ($1)").bind(points).execute(database.pool()).await.unwrap();
        committed += 1;
    }
    cluster.kill().await;
    assert!(!runs(pid));
    cluster.restart().await;
    assert_ne!(cluster.postgres().postmaster_pid(), pid);
    // The pool's old connections are broken; the first uses of them say so, and it opens others.
    let counted: i64 = async {
        for _ in 0..=fixtures::database::POOL_CONNECTIONS {
            if let Ok(count) =
                sqlx::query_scalar("SELECT count(*) FROM mark").fetch_one(database.pool()).await
            {
                return count;
            }
        }
        panic!("the pool does not recover");
    }
    .await;
    assert_eq!(counted, committed);
}

#[tokio::test]
async fn a_stale_pid_file_whose_number_another_process_has_got_does_not_keep_the_server_down() {
    let folder = ClusterFolder::own().await;
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    postgres.kill().await.unwrap();
    let pid_file = folder.path().join("postgres/data/postmaster.pid");
    let owner = pid_file.metadata().unwrap().uid();
    // Of the server's own account: Postgres itself would take this process for a server and refuse to start.
    let mut stranger = Command::new("sleep");
    stranger.arg("600");
    if rustix::process::geteuid().is_root() {
        stranger.uid(owner);
    }
    let mut stranger = stranger.spawn().unwrap();
    let text = fs::read_to_string(&pid_file).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&pid_file, format!("{}\n{rest}", stranger.id())).unwrap();

    let started = PrivatePostgres::start(&options(folder.path())).await;
    let untouched = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(untouched);
    started.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn an_empty_pid_file_does_not_keep_the_server_down() {
    let folder = ClusterFolder::own().await;
    PrivatePostgres::start(&options(folder.path())).await.unwrap().kill().await.unwrap();
    fs::write(folder.path().join("postgres/data/postmaster.pid"), "").unwrap();
    PrivatePostgres::start(&options(folder.path())).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_server_whose_starter_was_killed_is_attached_to_and_then_ended() {
    let folder = ClusterFolder::own().await;
    // Dropping without a stop is what the death of a process does to it.
    let pid = PrivatePostgres::start(&options(folder.path())).await.unwrap().postmaster_pid();
    let next = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    assert!(!next.started_here());
    assert_eq!(next.postmaster_pid(), pid);
    assert_eq!(next.stop().await.unwrap(), Stopped::Cleanly);
    eventually("the server is gone", || !runs(pid)).await;
}

#[tokio::test]
async fn a_half_made_data_folder_is_made_again() {
    let folder = ClusterFolder::own().await;
    PrivatePostgres::start(&options(folder.path())).await.unwrap().stop().await.unwrap();
    let root = folder.path().join("postgres");
    fs::remove_dir_all(root.join("data/global")).unwrap();
    fs::rename(root.join("data"), root.join("data.unfinished")).unwrap();
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    assert!(!root.join("data.unfinished").exists());
    connect(&postgres).await.close().await.unwrap();
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_kill_of_the_postmaster_alone_is_recovered_from_while_its_children_are_still_leaving() {
    let folder = ClusterFolder::own().await;
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    let mut busy = connect(&postgres).await;
    // Works for a second without looking up, so it outlives its postmaster by a moment.
    let work = tokio::spawn(async move {
        let _ = sqlx::query("SELECT count(*) FROM generate_series(1, 20000000)").execute(&mut busy).await;
    });
    let watch = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT count(*) FROM generate%' AND state = 'active'";
    let mut looks = 0;
    while ask(postgres.connect_options("postgres"), watch).await != "1" {
        looks += 1;
        assert!(looks < 1_000, "the backend never got to work");
    }
    let pid = rustix::process::Pid::from_raw(postgres.postmaster_pid()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let next = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    assert!(next.started_here());
    work.await.unwrap();
    next.stop().await.unwrap();
    drop(postgres);
}
