//! The demo and the private Postgres, as a newcomer runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fixtures::database::ClusterFolder;
use tokio::process::Command;

use super::place::PROGRAM;
use super::process::{Process, processes_of, program, run, stderr, stdout};
use super::seen;

/// The account that runs what root must not.
const ORDINARY: &str = "nobody";

async fn assert_demo_passes(mut command: Command, folder: &Path) {
    command.args(["demo", "--once", "--listen", "127.0.0.1:0", "--data-folder"]).arg(folder);
    let played = run(command).await;
    assert!(played.status.success(), "{}\n{}", stdout(&played), stderr(&played));
    for told in ["FINALIZE", "EXPORT", "already_locked", "invalid_pdf"] {
        assert!(stdout(&played).contains(told), "{told} is not told: {}", stdout(&played));
    }
    assert_eq!(processes_of(folder), Vec::<String>::new());
}

#[tokio::test]
async fn the_demo_plays_a_session_and_leaves_no_process_behind() {
    let folder = ClusterFolder::own().await;
    let data = folder.path().join("demo");
    assert_demo_passes(program(PROGRAM), &data).await;
    let pdfs = fs::read_dir(data.join("final-pdfs")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read_dir(pdfs).unwrap().count(), 3);
}

#[tokio::test]
async fn the_demo_runs_as_an_ordinary_user_too() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: this is an ordinary user already");
        return;
    }
    // A folder and a program that the other account can reach.
    let folder = ClusterFolder::own().await;
    let data = folder.path().join("ordinary");
    fs::create_dir(&data).unwrap();
    let given = run({
        let mut chown = program("chown");
        chown.arg(ORDINARY).arg(&data);
        chown
    })
    .await;
    assert!(given.status.success(), "{}", stderr(&given));
    let copied = folder.path().join("gradeledger");
    fs::copy(PROGRAM, &copied).unwrap();
    fs::set_permissions(&copied, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = program("runuser");
    command.args(["-u", ORDINARY, "--"]).arg(&copied).current_dir("/");
    assert_demo_passes(command, &data).await;
}

#[tokio::test]
async fn ctrl_c_ends_a_private_server_with_all_that_it_started() {
    let folder = ClusterFolder::own().await;
    let data = folder.path().join("private");
    let serve = || {
        let mut command = program(PROGRAM);
        command.args(["serve", "--private", "--data-folder"]).arg(&data);
        command
    };
    let logs = tempfile::tempdir().unwrap();
    let server = Process::start(serve(), logs.path(), None).await;
    assert!(processes_of(&data).iter().any(|command| command.contains("postgres")));
    assert!(server.interrupt().await.success());
    assert_eq!(processes_of(&data), Vec::<String>::new());

    // After a kill, Postgres stays for the next start, which takes it over and ends it.
    let server = Process::start(serve(), logs.path(), None).await;
    server.kill().await;
    let server = Process::start(serve(), logs.path(), None).await;
    assert!(server.interrupt().await.success());
    seen("nothing is left", async || processes_of(&data).is_empty().then_some(())).await;
}
