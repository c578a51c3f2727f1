//! Logs that cannot be written: requests are answered all the same, what is lost is counted, and logging goes on when it can.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use http::Method;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tokio::process::Command;

use super::desk::Desk;
use super::place::{PROGRAM, Place};
use super::process::{Process, environment, lines, program, runs};
use super::seen;

/// Far longer than an answer takes, and far shorter than for ever.
const AT_ONCE: Duration = Duration::from_secs(10);

/// Requests that log more than a pipe and a queue of a hundred lines hold.
const REQUESTS: usize = 600;

/// `serve` with a queue of logs that is soon full.
fn serve(place: &Place) -> Command {
    let mut command = program(PROGRAM);
    command.arg("serve").envs(environment(place)).args(["--limit", "logs.queue_lines=100"]);
    command
}

async fn dropped(desk: &Desk, log: &str) -> f64 {
    desk.metrics().await.of(&format!("log_dropped_lines_total{{log=\"{log}\"}}"))
}

async fn ask(desk: &Desk) {
    let asked = desk.hear(desk.ask(&desk.admin, Method::GET, "/api/exams"));
    assert_eq!(tokio::time::timeout(AT_ONCE, asked).await.expect("it is answered at once").status, 200);
}

#[tokio::test]
async fn a_stdout_that_nobody_reads_holds_up_no_request_and_no_stop_and_is_written_again_once_it_is_read() {
    let place = Place::new().await;
    let (reads, writes) = std::io::pipe().unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = serve(&place);
    command.args(["--listen", &address, "--log-format", "json"]);
    let mut child = command.stdout(Stdio::from(writes)).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    let desk = Desk::open(&place.database, address.parse().unwrap()).await;
    let live = async || desk.bare(Method::GET, "/api/health/live").send().await.ok().map(drop);
    seen("serve answers", live).await;
    for _ in 0..REQUESTS {
        ask(&desk).await;
    }
    // A pipe holds 64 KiB, and the writer's buffer as much: the rest is dropped, and counted.
    let lost = dropped(&desk, "stdout").await;
    assert!(lost > 0.0, "{REQUESTS} requests fit into a pipe");

    let mut said = String::new();
    let mut reads = File::from(OwnedFd::from(reads));
    fcntl_setfl(&reads, fcntl_getfl(&reads).unwrap() | OFlags::NONBLOCK).unwrap();
    let marked =
        || desk.ask(&desk.admin, Method::GET, "/api/exams").header("x-request-id", "after-the-block");
    seen("it is written again", async || {
        assert_eq!(desk.hear(marked()).await.status, 200);
        drain(&mut reads, &mut said);
        said.contains("after-the-block").then_some(())
    })
    .await;
    assert!(lines(&said).len() > 100, "what was queued is written");
    let lost = dropped(&desk, "stdout").await;
    for _ in 0..REQUESTS {
        ask(&desk).await;
        drain(&mut reads, &mut said);
    }
    assert_eq!(dropped(&desk, "stdout").await, lost, "nothing is lost where it is read");

    // And blocked once more, it does not hold up the end.
    for _ in 0..REQUESTS {
        ask(&desk).await;
    }
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    let began = Instant::now();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    let ended = tokio::time::timeout(3 * AT_ONCE, child.wait()).await;
    assert!(ended.is_ok_and(|status| status.unwrap().success()), "still there after {:?}", began.elapsed());
    assert!(!runs(pid));
}

/// Whatever can be read of a pipe now.
fn drain(pipe: &mut File, said: &mut String) {
    use std::io::Read as _;
    let mut bytes = [0; 64 * 1024];
    while let Ok(count @ 1..) = pipe.read(&mut bytes) {
        said.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `/dev/full` refuses every byte as a full disk does.
#[tokio::test]
async fn a_log_on_a_full_device_holds_up_no_request_and_every_lost_line_is_counted() {
    let place = Place::new().await;
    let logs = place.folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    symlink("/dev/full", logs.join("audit.log")).unwrap();
    let mode = || fs::metadata("/dev/full").unwrap().permissions();
    let before = mode();
    let folder = logs.to_str().unwrap();
    let process = Process::serve_logging_to(&place, &logs, &["--log-dir", folder]).await;
    let desk = Desk::open(&place.database, process.address).await;
    let began = Instant::now();
    let mut exams = 0;
    while dropped(&desk, "audit").await == 0.0 {
        let body = serde_json::json!({"code": format!("E-{exams}")});
        let asked = desk.post(&desk.admin, "/api/exams", body);
        tokio::time::timeout(AT_ONCE, asked).await.expect("it is answered at once").body(201);
        exams += 1;
        assert!(exams < 5_000 && began.elapsed() < super::PATIENCE, "nothing is counted as lost");
    }
    // What was not refused yet waits in the buffer of the writer.
    assert!(dropped(&desk, "audit").await <= f64::from(exams));
    assert_eq!(dropped(&desk, "ledger").await, 0.0);
    assert_eq!(mode(), before, "a device is not ours to close");
    assert!(process.interrupt().await.success());
}

/// A file system of a few pages, while it lives.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// None where this account may not mount one.
    fn mount(at: &'a Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"]).arg(at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Lazily, for a process may still have a file open there.
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_holds_up_no_request_and_logging_goes_on_with_whole_lines_when_there_is_room() {
    let place = Place::new().await;
    let logs = place.folder.path().join("logs");
    let Some(_disk) = SmallDisk::mount(&logs) else {
        println!("skipped: no small file system can be mounted here (it takes root)");
        return;
    };
    let folder = logs.to_str().unwrap();
    let process = Process::serve_logging_to(&place, &logs, &["--log-dir", folder]).await;
    let desk = Desk::open(&place.database, process.address).await;
    // Somebody else's file takes what room is left.
    let ballast = logs.join("ballast");
    let _ = fs::write(&ballast, vec![0; 128 * 1024]);
    let began = Instant::now();
    while dropped(&desk, "ledger").await == 0.0 {
        ask(&desk).await;
        assert!(began.elapsed() < super::PATIENCE, "nothing is counted as lost");
    }
    for _ in 0..50 {
        ask(&desk).await;
    }
    let lost = dropped(&desk, "ledger").await;
    fs::remove_file(&ballast).unwrap();
    let text = seen("logging goes on", async || {
        let marked = desk.ask(&desk.admin, Method::GET, "/api/exams").header("x-request-id", "room-again");
        assert_eq!(desk.hear(marked).await.status, 200);
        let text = fs::read_to_string(logs.join("ledger.log")).unwrap();
        text.contains("room-again").then_some(text)
    })
    .await;
    let whole = text.rsplit_once('\n').unwrap().0;
    assert_eq!(lines(whole).len(), whole.lines().count(), "no half a line is followed by another");
    assert!(dropped(&desk, "ledger").await >= lost && lost >= 1.0);
    assert!(process.interrupt().await.success());
}
