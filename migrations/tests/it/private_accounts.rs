//! Who the server runs as, and where.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};

use fixtures::database::ClusterFolder;
use migrations::{PrivateError, PrivateOptions, PrivatePostgres};

use crate::support::options;

/// Tests of a whole start each, which do not depend on who runs them.
const ENOUGH: [&str; 3] =
    ["private_start::the_only_way_in", "private_start::a_second_start", "private_crash::a_stale"];

/// The account that stands for any ordinary user.
const NOBODY: u32 = 65_534;

#[tokio::test]
async fn as_root_the_server_runs_as_another_account() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: this test must be root");
        return;
    }
    let folder = ClusterFolder::own().await;
    let postgres = PrivatePostgres::start(&options(folder.path())).await.unwrap();
    let process = Path::new("/proc").join(postgres.postmaster_pid().to_string());
    assert_ne!(process.metadata().unwrap().uid(), 0);
    let status = fs::read_to_string(process.join("status")).unwrap();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
    assert_eq!(groups.trim(), "", "no group of root's is left");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn as_root_a_folder_that_the_servers_account_cannot_enter_is_refused() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: this test must be root");
        return;
    }
    let folder = ClusterFolder::own().await;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let refused = PrivatePostgres::start(&options(folder.path())).await.unwrap_err();
    assert!(matches!(&refused, PrivateError::Unreachable { .. }), "{refused}");
    assert!(refused.to_string().contains("/var/lib/gradeledger"), "{refused}");
}

/// Runs tests of this binary as an ordinary user, whoever runs this one.
fn run_as_ordinary_user(folder: &Path, arguments: &[&str], home: &Path) -> Output {
    let mut command = if rustix::process::geteuid().is_root() {
        // The build folder may lie where only root gets.
        let copy = folder.join("it");
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        let mut command = Command::new(copy);
        command.uid(NOBODY).gid(NOBODY);
        chown(home, Some(NOBODY), Some(NOBODY)).unwrap();
        command
    } else {
        Command::new(std::env::current_exe().unwrap())
    };
    command.args(arguments).arg("--test-threads=2").current_dir("/");
    command.env("HOME", home).env_remove("XDG_DATA_HOME").env_remove("XDG_RUNTIME_DIR");
    command.env_remove("CARGO").env_remove("NEXTEST");
    command.output().unwrap()
}

#[tokio::test]
async fn an_ordinary_user_has_a_private_postgres_too() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: this user is an ordinary one, so every other test here shows it");
        return;
    }
    let folder = ClusterFolder::own().await;
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let output = run_as_ordinary_user(folder.path(), &ENOUGH, &home);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("the_only_way_in_is_one_socket_in_a_private_folder ... ok"), "{said}");
}

#[tokio::test]
async fn an_ordinary_users_data_lies_in_the_home_folder_by_default() {
    let folder = ClusterFolder::own().await;
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let child = ["--exact", "private_accounts::start_in_the_default_folder", "--ignored"];
    let output = run_as_ordinary_user(folder.path(), &child, &home);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(home.join(".local/share/gradeledger/postgres/data/PG_VERSION").exists());
}

#[tokio::test]
#[ignore = "run by an_ordinary_users_data_lies_in_the_home_folder_by_default, which sets HOME"]
async fn start_in_the_default_folder() {
    let postgres = PrivatePostgres::start(&PrivateOptions::default()).await.unwrap();
    postgres.stop().await.unwrap();
}
