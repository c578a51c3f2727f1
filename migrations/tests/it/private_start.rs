//! Starting, attaching to and stopping a private Postgres.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fixtures::database::ClusterFolder;
use migrations::private::Stopped;
use migrations::{Databases, PrivateError, PrivateOptions, PrivatePostgres, Source};
use sqlx::Connection as _;

use crate::support::{ask, connect, eventually, options, runs};

#[tokio::test]
async fn the_only_way_in_is_one_socket_in_a_private_folder() {
    let folder = ClusterFolder::own().await;
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    let sockets = postgres.socket_folder();
    assert_eq!(sockets.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(sockets.join(".s.PGSQL.5432").exists());
    assert_eq!(ask(postgres.connect_options("postgres"), "SHOW listen_addresses").await, "");
    assert_eq!(tcp_sockets(postgres.postmaster_pid()), Vec::<String>::new());
    assert_eq!(folder.path().join("postgres").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    postgres.stop().await.unwrap();
}

/// The process's sockets that the kernel lists as listening on TCP. Empty where there is no `/proc` to ask.
fn tcp_sockets(pid: i32) -> Vec<String> {
    const LISTEN: &str = "0A";
    let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .filter_map(|fd| Some(std::fs::read_link(fd.ok()?.path()).ok()?.to_str()?.to_owned()))
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    assert!(!Path::new("/proc/net/tcp").exists() || !inodes.is_empty(), "a server has a socket");
    let table =
        ["tcp", "tcp6"].map(|it| std::fs::read_to_string(format!("/proc/{pid}/net/{it}"))).into_iter();
    let lines: Vec<String> =
        table.flatten().flat_map(|it| it.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let field = |line: &str, at| line.split_whitespace().nth(at).unwrap_or_default().to_owned();
    lines.into_iter().filter(|it| field(it, 3) == LISTEN && inodes.contains(&field(it, 9))).collect()
}

#[tokio::test]
async fn a_private_postgres_is_durable_checksummed_and_speaks_utf8_unless_told_otherwise() {
    let folder = ClusterFolder::own().await;
    let options = PrivateOptions { data_folder: Some(folder.path().to_owned()), ..PrivateOptions::default() };
    let postgres = PrivatePostgres::start(&options).await.unwrap();
    for (setting, value) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("unix_socket_permissions", "0700"),
    ] {
        let shown = ask(postgres.connect_options("postgres"), &format!("SHOW {setting}")).await;
        assert_eq!(shown, value, "{setting}");
    }
    let collation = "SELECT datcollate FROM pg_database WHERE datname = 'postgres'";
    assert_eq!(ask(postgres.connect_options("postgres"), collation).await, "C");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_start_attaches_and_the_last_user_ends_the_server() {
    let folder = ClusterFolder::own().await;
    let first = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    let second = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    assert!(first.started_here());
    assert!(!second.started_here());
    assert_eq!(first.postmaster_pid(), second.postmaster_pid());
    let pid = second.postmaster_pid();
    assert_eq!(first.stop().await.unwrap(), Stopped::LeftRunning);
    connect(&second).await.close().await.unwrap();
    assert_eq!(second.stop().await.unwrap(), Stopped::Cleanly);
    eventually("the server is gone", || !runs(pid)).await;
}

#[tokio::test]
async fn first_starts_at_once_make_one_cluster() {
    let folder = ClusterFolder::own().await;
    let options = options(folder.path());
    let starts = [(); 3].map(|()| {
        let options = options.clone();
        tokio::spawn(async move { PrivatePostgres::start(&options).await.unwrap() })
    });
    let mut started = Vec::new();
    for start in starts {
        started.push(start.await.unwrap());
    }
    assert_eq!(started.iter().filter(|it| it.started_here()).count(), 1);
    assert!(started.iter().all(|it| it.postmaster_pid() == started[0].postmaster_pid()));
    for postgres in started {
        postgres.stop().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_stop_and_a_start() {
    let folder = ClusterFolder::own().await;
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    let mut connection = connect(&postgres).await;
    sqlx::query("CREATE TABLE mark AS SELECT 'kept' AS word").execute(&mut connection).await.unwrap();
    assert_eq!(postgres.stop().await.unwrap(), Stopped::Cleanly, "open connections do not hold up a stop");
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    assert_eq!(ask(postgres.connect_options("postgres"), "SELECT word FROM mark").await, "kept");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_too_long_for_a_socket_gets_a_short_private_socket_folder() {
    let folder = ClusterFolder::own().await;
    let long = folder.path().join("a".repeat(120));
    let postgres = PrivatePostgres::start(&options(&long)).await.unwrap();
    let sockets = postgres.socket_folder().to_owned();
    assert!(!sockets.starts_with(folder.path()), "{}", sockets.display());
    assert_eq!(sockets.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    connect(&postgres).await.close().await.unwrap();
    let attached = PrivatePostgres::start(&options(&long)).await.unwrap();
    assert_eq!(attached.socket_folder(), sockets);
    attached.stop().await.unwrap();
    postgres.stop().await.unwrap();
    std::fs::remove_dir_all(sockets).unwrap();
}

#[tokio::test]
async fn a_folder_with_other_files_is_left_alone() {
    let folder = ClusterFolder::own().await;
    let holiday = folder.path().join("postgres").join("holiday.jpg");
    std::fs::create_dir(folder.path().join("postgres")).unwrap();
    std::fs::write(&holiday, "sea").unwrap();
    let refused = PrivatePostgres::start(&options(folder.path())).await.unwrap_err();
    assert!(matches!(&refused, PrivateError::NotOurs { found, .. } if found == "holiday.jpg"), "{refused}");
    assert_eq!(std::fs::read_to_string(&holiday).unwrap(), "sea");
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let folder = ClusterFolder::own().await;
    PrivatePostgres::start(&options(folder.path())).await.unwrap().stop().await.unwrap();
    std::fs::write(folder.path().join("postgres/data/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let refused = PrivatePostgres::start(&options(folder.path())).await.unwrap_err();
    assert!(
        matches!(&refused, PrivateError::Ended { last_lines, .. } if last_lines.contains("no_such_setting")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_private_source_gives_a_ledger_and_a_key_store_of_their_own() {
    let folder = ClusterFolder::own().await;
    let Databases { ledger, keys, private } = Source::Private(options(folder.path())).open().await.unwrap();
    assert_eq!(ask(ledger, "SELECT current_database()::text").await, "gradeledger");
    assert_eq!(ask(keys, "SELECT current_database()::text").await, "gradeledger_keys");
    // A URL says the same to any Postgres program.
    let private = private.unwrap();
    let by_url: sqlx::postgres::PgConnectOptions = private.url("gradeledger").parse().unwrap();
    assert_eq!(ask(by_url, "SELECT current_database()::text").await, "gradeledger");
    private.stop().await.unwrap();
}
