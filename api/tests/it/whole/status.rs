//! `gradeledger status`, and what health, figures and the API say of a view that stands still.

use std::process::Stdio;
use std::time::Duration;

use fixtures::scans::tiny_pages;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use super::desk::Desk;
use super::place::{PROGRAM, Place};
use super::process::{Process, environment, program, run, run_at, stderr, stdout, unfolded};
use super::seen;

const STUCK_AFTER: Duration = Duration::from_millis(200);
const SOON: [&str; 2] = ["--limit", "projectors.stuck_after=200ms"];

fn view<'a>(said: &'a Value, name: &str) -> &'a Value {
    said["views"].as_array().unwrap().iter().find(|view| view["name"] == name).unwrap()
}

#[tokio::test]
async fn status_names_who_holds_a_view_and_so_do_health_figures_and_the_api() {
    let place = Place::new().await;
    let office = place.service_with(|settings| settings.limits.projectors.stuck_after = STUCK_AFTER).await;
    let desk = &office.desk;
    desk.exam().await;
    place.views_caught_up().await;
    let well = run_at(&place, &["status"]).await;
    assert!(well.status.success(), "{}{}", stdout(&well), stderr(&well));
    let said = stdout(&well);
    assert!(said.contains("\nledger  head 4  epoch ") && said.contains("\nALL IS WELL\n"), "{said}");
    assert!(said.contains("8 of 8 are led and have every event") && !said.contains("next"), "{said}");
    assert!(fits(&said) && !said.contains('\x1b'), "{said}");

    let mut session = PgConnection::connect_with(&place.database.connect_options()).await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut session).await.unwrap();
    sqlx::query("BEGIN").execute(&mut session).await.unwrap();
    sqlx::query("LOCK TABLE exams_v2").execute(&mut session).await.unwrap();
    desk.post(&desk.admin, "/api/exams", json!({"code": "HELD"})).await.body(201);
    let unready = seen("the process says that it is not ready", async || {
        let said = desk.get(&desk.admin, "/api/health/ready").await;
        (said.status == 503).then_some(said)
    })
    .await;
    let detail = unready.body(503)["checks"][2]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("exams has stood still for 0 s, at position 4 of 5"), "{detail}");
    let figures = desk.metrics().await;
    assert!(figures.of("projection_stuck_seconds{projection=\"exams\"}") > 0.2);
    assert_eq!(figures.of("projection_stopped{projection=\"exams\"}"), 0.0);
    assert_eq!(figures.of("projection_stuck_seconds{projection=\"copies\"}"), 0.0);

    let held = seen("status names the holder", async || {
        let status = run_at(&place, &[&["status"], SOON.as_slice()].concat()).await;
        stdout(&status).contains("held by").then_some(status)
    })
    .await;
    assert_eq!(held.status.code(), Some(1), "a view needs an operator");
    let said = unfolded(&stdout(&held));
    assert!(stdout(&held).lines().any(|line| line.starts_with("exams") && line.contains("  STUCK")));
    for told in [
        "1 THING NEEDS YOU ! view exams is STUCK: it has stood still at position 4 for ".to_owned(),
        "waits on Lock: relation".to_owned(),
        format!("held by pid {pid}, user "),
        "LOCK TABLE exams_v2".to_owned(),
        format!("SELECT pg_terminate_backend({pid})"),
    ] {
        assert!(said.contains(&told), "{told} is not in\n{said}");
    }
    let told = json(&place, &SOON).await;
    assert_eq!(view(&told, "exams")["state"], "stuck");
    assert_eq!(view(&told, "exams")["hold"]["holders"][0]["query"], "LOCK TABLE exams_v2");
    assert_eq!(view(&told, "copies")["state"], "leading");

    // Over HTTP, what others ask the database is for administrators.
    for (person, query) in [(&desk.admin, json!("LOCK TABLE exams_v2")), (&desk.auditor, json!(null))] {
        let said = desk.get(person, "/api/projections").await.body(200);
        let holder = &view(&said, "exams")["hold"]["holders"][0];
        assert_eq!((&holder["pid"], &holder["query"]), (&json!(pid), &query));
    }
    session.close().await.unwrap();
    place.views_caught_up().await;
    assert_eq!(desk.get(&desk.admin, "/api/health/ready").await.status, 200);
    office.stop().await;
}

/// Whether no line but a command, which is to be copied, is wider than a screen.
fn fits(screen: &str) -> bool {
    screen.lines().all(|line| line.chars().count() <= 100 || line.contains('`'))
}

async fn json(place: &Place, more: &[&str]) -> Value {
    let output = run_at(place, &[&["status", "--json"], more].concat()).await;
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
}

fn problems(status: &Value) -> Vec<(&str, &str)> {
    let problems = status["problems"].as_array().unwrap().iter();
    problems.map(|problem| (problem["part"].as_str().unwrap(), problem["what"].as_str().unwrap())).collect()
}

/// How long a process is taken to be alive in these tests, and how late work is late.
const SHORT: [&str; 4] = ["--limit", "presence.alive=500ms", "--limit", "status.work_late=300ms"];

#[tokio::test]
async fn a_queue_that_nobody_works_on_is_told_from_one_whose_workers_are_busy() {
    let place = Place::new().await;
    // The API and the projectors alone: what is sent in waits.
    let often = ["--limit", "presence.every=200ms"];
    let served = Process::serve(&place, None, &[&["--only", "api,projectors"], &often[..]].concat()).await;
    let desk = Desk::open(&place.database, served.address).await;
    let copy = desk.send(desk.exam().await, "A-1", tiny_pages(1)).await;
    place.views_caught_up().await;
    let (screen, status) = seen("the missing worker is told", async || {
        let output =
            run_at(&place, &[&["status"], &SHORT[2..], &["--limit", "presence.alive=2s"]].concat()).await;
        stdout(&output).contains("NO WORKER RUNS").then_some((stdout(&output), output.status))
    })
    .await;
    assert_eq!(status.code(), Some(1));
    let said = unfolded(&screen);
    for told in [
        "! 1 item of work waits and NO WORKER RUNS: the first has waited for ".to_owned(),
        format!("oldest IMPORT on copy {copy}, asked for "),
        "next start `gradeledger serve` (if given --only, then with workers)".to_owned(),
        "work 1 import: 1 waiting (for up to ".to_owned(),
        "copies STAGING 1, READY 0, LOCKED 0, GRADING_IN_PROGRESS 0, GRADING_FAILED 0, GRADED 0".to_owned(),
        ": api, projectors; up ".to_owned(),
        "; leads 8 views".to_owned(),
    ] {
        assert!(said.contains(&told), "{told} is not in\n{screen}");
    }
    assert!(fits(&screen), "{screen}");
    // A worker comes: the queue empties and nothing needs anybody.
    let mut worker = program(PROGRAM);
    worker.args(["serve", "--only", "workers"]).args(often).envs(environment(&place)).stdout(Stdio::null());
    let mut worker = worker.spawn().unwrap();
    let status = seen("the work is done", async || {
        let status = json(&place, &[]).await;
        let swept = status["processes"]["duties"].as_array().is_some_and(|duties| !duties.is_empty());
        (status["well"] == true && swept && status["work"]["queue"] == json!([])).then_some(status)
    })
    .await;
    let processes = status["processes"]["processes"].as_array().unwrap();
    assert_eq!(processes.len(), 2, "{processes:#?}");
    assert_eq!((&processes[1]["parts"], &processes[1]["alive"]), (&json!(["workers"]), &json!(true)));
    let duties = status["processes"]["duties"].as_array().unwrap();
    assert!(
        duties.iter().any(|duty| duty["duty"] == "expire locks" && duty["worker"] == processes[1]["worker"])
    );
    // One that stops takes its word back; one that is killed falls silent, and is told of for a while.
    let pid = Pid::from_raw(i32::try_from(worker.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert!(worker.wait().await.unwrap().success());
    served.kill().await;
    let status = seen("nobody is alive", async || {
        let status = json(&place, &SHORT).await;
        status["processes"]["processes"][0]["alive"].eq(&json!(false)).then_some(status)
    })
    .await;
    assert_eq!(status["processes"]["processes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_given_up_is_told_with_its_stage_and_the_command_that_tries_it_again() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 1).await;
    let (copy, source) =
        (held.copy, desk.copy(held.copy).await["source"]["sha256"].as_str().unwrap().to_owned());
    let blob = place.blobs().join(copy.to_string()).join(source);
    std::fs::rename(&blob, place.folder.path().join("away")).unwrap();
    assert_eq!(desk.finalise(&held).await["status"], "GRADING_FAILED");
    place.views_caught_up().await;
    let output = run_at(&place, &["status"]).await;
    assert_eq!(output.status.code(), Some(1));
    let (screen, said) = (stdout(&output), unfolded(&stdout(&output)));
    for told in [
        "! 1 finalisation was given up after the last attempt failed".to_owned(),
        format!("copy {copy}: unknown at fetch, attempt 3, "),
        format!("then `gradeledger finalize retry {copy} --reason TEXT`"),
    ] {
        assert!(said.contains(&told), "{told} is not in\n{screen}");
    }
    let status = json(&place, &[]).await;
    assert_eq!(problems(&status), [("copies", "1 finalisation was given up after the last attempt failed")]);
    assert_eq!(status["copies"]["failed"][0]["copy_id"], json!(copy));
    // Over HTTP: for admins and auditors.
    let told = desk.get(&desk.auditor, "/api/status").await.body(200);
    assert_eq!(problems(&told), problems(&status));
    assert_eq!(desk.get(&desk.grader, "/api/status").await.status, 403);
    office.stop().await;
}

#[tokio::test]
async fn locks_are_told_by_age_and_those_past_their_end_that_nobody_sweeps_need_somebody() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let held = desk.held(exam, "A-1", 1).await;
    place.views_caught_up().await;
    let said = unfolded(&stdout(&run_at(&place, &["status"]).await));
    let owner = desk.grader.id.to_string();
    let line = format!("locks 1; the oldest: {} by …{} for ", held.copy, &owner[owner.len() - 8..]);
    assert!(said.contains(&line) && said.contains("ALL IS WELL"), "{line} is not in {said}");
    let other = desk.ready(exam, "A-2", 1).await;
    // With the service stopped nobody records the end of a lease.
    desk.lock(other, 1).await;
    place.views_caught_up().await;
    office.stop().await;
    let status = seen("the lock is past its end", async || {
        let status = json(&place, &["--limit", "status.lock_late=10ms"]).await;
        problems(&status).iter().any(|(part, _)| *part == "locks").then_some(status)
    })
    .await;
    let what = problems(&status).into_iter().find(|(part, _)| *part == "locks").unwrap().1;
    assert!(
        what.starts_with("1 lock is past the end, the first for ") && what.ends_with("nobody records it")
    );
    assert_eq!(status["locks"]["ended"], 1);
}

#[tokio::test]
async fn a_part_that_cannot_be_read_is_told_and_hides_no_other() {
    let place = Place::new().await;
    let office = place.service().await;
    office.desk.exam().await;
    place.views_caught_up().await;
    // Somebody holds the table of the locks, and the key store is not there.
    let mut session = PgConnection::connect_with(&place.database.connect_options()).await.unwrap();
    sqlx::query("BEGIN").execute(&mut session).await.unwrap();
    sqlx::query("LOCK TABLE copy_locks_v1").execute(&mut session).await.unwrap();
    let mut command = program(PROGRAM);
    command.args(["status", "--limit", "status.part=500ms"]).envs(environment(&place));
    command.env("KEYS_URL", "postgres://nobody:s3cret@127.0.0.1:1/none");
    let output = run(command).await;
    let (screen, said) = (stdout(&output), unfolded(&stdout(&output)));
    assert_eq!(output.status.code(), Some(1));
    for told in [
        "! keys cannot be read because no answer within 0.5 s",
        "! locks cannot be read because no answer within 0.5 s: it is down, a lock is in the way, or it is very busy",
        "next `gradeledger doctor` looks at each connection",
        "locks could not be read, see above",
        "work nothing to do",
        "copies STAGING 0",
        "disk ledger ",
    ] {
        assert!(said.contains(told), "{told} is not in\n{screen}");
    }
    assert!(!screen.contains("s3cret"), "{screen}");
    session.close().await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_needs_somebody() {
    let place = Place::new().await;
    let office = place.service().await;
    office.desk.exam().await;
    place.views_caught_up().await;
    let said = unfolded(&stdout(
        &run_at(&place, &["status", "--limit", "status.free_bytes=9000000000000000"]).await,
    ));
    assert!(said.contains("! the disk of the blobs is nearly FULL: "), "{said}");
    assert!(
        said.contains("imports and finalisations fail once it is full. The threshold of 9000.0 TB"),
        "{said}"
    );
    office.stop().await;
}

#[tokio::test]
async fn status_says_when_nobody_leads_and_what_to_do_about_another_schema() {
    let place = Place::new().await;
    let office = place.service().await;
    office.desk.exam().await;
    place.views_caught_up().await;
    office.stop().await;
    let idle = run_at(&place, &["status"]).await;
    assert!(stdout(&idle).contains("NO LEADER"), "{}", stdout(&idle));
    let told = "1 THING NEEDS YOU ! no process of gradeledger is alive: nobody answers requests";
    assert_eq!(idle.status.code(), Some(1));
    assert!(unfolded(&stdout(&idle)).contains(told), "{}", stdout(&idle));
    sqlx::query("UPDATE projections SET position = 0 WHERE name = 'exams'")
        .execute(place.pool())
        .await
        .unwrap();
    let behind = run_at(&place, &["status"]).await;
    assert_eq!(behind.status.code(), Some(1));
    assert!(
        unfolded(&stdout(&behind)).contains("no process folds it: start `gradeledger serve`"),
        "{}",
        stdout(&behind)
    );
    // What is the same for several is told once; those of exams take a later reader.
    sqlx::query("UPDATE projections SET position = 0").execute(place.pool()).await.unwrap();
    let all = unfolded(&stdout(&run_at(&place, &["status"]).await));
    assert!(all.contains("3 THINGS NEED YOU") && all.contains("! 6 views are led by nobody"), "{all}");
    let nowhere = run_at(&place, &["status", "--schema", "no_ledger"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(stderr(&nowhere).contains("no ledger in this schema"), "{}", stderr(&nowhere));
}

#[tokio::test]
async fn a_session_that_keeps_every_append_waiting_is_named_though_nobody_writes() {
    let place = Place::new().await;
    let process = Process::serve(&place, None, &["--only", "api,projectors,workers"]).await;
    let mut held = place.hold_head().await;
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *held).await.unwrap();
    let told = seen("the session is named", async || {
        let said =
            unfolded(&stdout(&run_at(&place, &["status", "--limit", "append.lock_timeout=100ms"]).await));
        said.contains("appends are HELD UP").then_some(said)
    })
    .await;
    assert!(told.contains(&format!("held by pid {pid}, ")), "{told}");
    assert!(told.contains(&format!("`SELECT pg_terminate_backend({pid})`")), "{told}");
    held.rollback().await.unwrap();
    let said = stdout(&run_at(&place, &["status", "--limit", "append.lock_timeout=100ms"]).await);
    assert!(!said.contains("HELD UP"), "{said}");
    process.kill().await;
}

#[tokio::test]
async fn a_ledger_with_workers_alone_has_nobody_who_answers_and_nobody_who_folds() {
    let place = Place::new().await;
    let workers = Process::serve(&place, None, &["--only", "workers"]).await;
    let status = seen("the process says that it lives", async || {
        let status = run_at(&place, &["status"]).await;
        stdout(&status).contains("1 alive").then_some(status)
    })
    .await;
    let said = unfolded(&stdout(&status));
    assert!(!said.contains("last event"), "there is none yet: {said}");
    assert!(said.contains("NO API RUNS") && said.contains("NO PROJECTOR RUNS"), "{said}");
    assert_eq!(status.status.code(), Some(1));
    workers.kill().await;
}
