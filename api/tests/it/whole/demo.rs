//! The demo and the private Postgres, as a newcomer runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use fixtures::database::ClusterFolder;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::place::PROGRAM;
use super::process::{Process, processes_of, program, run, stderr, stdout};
use super::{PATIENCE, seen};

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

/// A port that is taken, and a Ctrl-C that comes before anything is served.
#[tokio::test]
async fn a_private_server_that_does_not_come_to_serve_leaves_nothing_behind() {
    let folder = ClusterFolder::own().await;
    let data = folder.path().join("private");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let serve = || {
        let mut command = program(PROGRAM);
        command.args(["serve", "--private", "--listen", &listen, "--data-folder"]).arg(&data);
        command
    };
    let refused = run(serve()).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("is taken"), "{}", stderr(&refused));
    assert_eq!(processes_of(&data), Vec::<String>::new());

    drop(taken);
    let mut early = serve().stdout(Stdio::null()).spawn().unwrap();
    seen("Postgres is being started", async || {
        processes_of(&data).iter().any(|command| command.contains("postgres -D")).then_some(())
    })
    .await;
    interrupt(&early);
    let ended = tokio::time::timeout(PATIENCE, early.wait()).await.expect("it ends").unwrap();
    assert!(ended.code().is_some(), "it was killed, and could stop nothing: {ended}");
    assert_eq!(processes_of(&data), Vec::<String>::new());
}

#[tokio::test]
async fn ctrl_c_in_the_middle_of_the_demo_stops_all_that_it_started() {
    let folder = ClusterFolder::own().await;
    let data = folder.path().join("demo");
    let told = folder.path().join("told");
    let mut command = program(PROGRAM);
    command.args(["demo", "--listen", "127.0.0.1:0", "--data-folder"]).arg(&data);
    let mut demo = command.stdout(fs::File::create(&told).unwrap()).spawn().unwrap();
    seen("the session has begun", async || {
        assert!(demo.try_wait().unwrap().is_none(), "the demo ended: {}", fs::read_to_string(&told).unwrap());
        // The first events are appended.
        fs::read_to_string(data.join("log/audit.log")).ok()?.contains("POST /api/exams").then_some(())
    })
    .await;
    interrupt(&demo);
    let ended = tokio::time::timeout(PATIENCE, demo.wait()).await.expect("it ends").unwrap();
    assert_eq!(ended.code(), Some(1));
    assert_eq!(processes_of(&data), Vec::<String>::new());
}

/// Ctrl-C.
fn interrupt(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}
