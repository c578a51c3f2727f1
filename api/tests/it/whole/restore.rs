//! A ledger that is restored from a dump under a service that runs, with `pg_dump`, `psql` and `gradeledger ledger new-epoch`.

use std::path::PathBuf;

use domain::copy::{CopyState, ExamCopy, ShownLock};
use gradeledger::ledger;
use gradeledger::service::Parts;
use http::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::desk::{Desk, Held};
use super::place::Place;
use super::process::{run, run_at, stderr, stdout};
use super::seen;
use crate::follower::Follower;
use crate::routes::world::{Said, heard};

/// A client program of Postgres; the newest where there are several.
fn postgres(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("PG_BIN_DIR") {
        return PathBuf::from(folder).join(name);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let found =
        versions.map(|version| version.path().join("bin").join(name)).filter(|program| program.exists());
    found.max().unwrap_or_else(|| name.into())
}

pub(super) async fn dump(place: &Place) -> Vec<u8> {
    let mut command = Command::new(postgres("pg_dump"));
    command.args(["--schema", "gradeledger", "--no-owner", place.database.url()]).kill_on_drop(true);
    let dumped = run(command).await;
    assert!(dumped.status.success(), "{}", stderr(&dumped));
    dumped.stdout
}

/// Puts the dump in the place of what is there, under whoever uses it: in one transaction, so that nobody meets half of it.
pub(super) async fn restore(place: &Place, dump: &[u8]) {
    let drop_first = "DROP SCHEMA gradeledger CASCADE";
    let script = place.folder.path().join("dump.sql");
    std::fs::write(&script, dump).unwrap();
    // One of two sessions that wait for each other is refused, which may be this one.
    seen("the dump is restored", async || {
        let mut psql = Command::new(postgres("psql"));
        psql.args([
            "--quiet",
            "--single-transaction",
            "--set",
            "ON_ERROR_STOP=1",
            "--command",
            drop_first,
            "--file",
        ]);
        psql.arg(&script).arg(place.database.url()).kill_on_drop(true);
        let restored = run(psql).await;
        let refused = stderr(&restored);
        assert!(restored.status.success() || refused.contains("deadlock"), "{refused}");
        restored.status.success().then_some(())
    })
    .await;
}

/// Scores question 1, and gives the position and the whole place.
async fn score(desk: &Desk, held: &Held, points: i64) -> (i64, String) {
    let path = format!("/api/copies/{}/scores/1", held.copy);
    let asked = desk.bare(Method::PUT, &path).bearer_auth(&desk.grader.token);
    let said = heard(asked.header("x-lock-token", &held.token).json(&json!({"points": points}))).await;
    assert_eq!(said.status, 200, "{}", String::from_utf8_lossy(&said.bytes));
    (said.position(), said.header("ledger-position").to_owned())
}

async fn read(desk: &Desk, path: &str, header: Option<(&str, &str)>) -> Said {
    let mut request = desk.bare(Method::GET, path).bearer_auth(&desk.auditor.token);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    heard(request).await
}

async fn follow(desk: &Desk, after: &str) -> Follower {
    let path = format!("/api/events/stream?after={after}");
    Follower::open(desk.bare(Method::GET, &path).bearer_auth(&desk.auditor.token)).await
}

/// The last thing that a stream says, and that it ends whole with it.
async fn last_of(follower: &mut Follower) -> Value {
    loop {
        let block = follower.dispatched().await.expect("the end is told");
        if block.event.is_some() {
            assert_eq!((block.event.as_deref(), &block.id), (Some("epoch"), &None));
            assert_eq!(follower.block().await, None);
            return block.json();
        }
    }
}

/// What was said of the epochs, by the names of its lines.
fn line<'a>(said: &'a str, name: &str) -> &'a str {
    said.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{said}")).trim()
}

#[tokio::test]
async fn after_a_restore_and_a_new_epoch_nothing_of_the_lost_history_is_taken_for_true() {
    let place = Place::new().await;
    let office = place.service().await;
    let exam = office.desk.exam().await;
    let held = office.desk.held(exam, "A-1", 1).await;
    office.desk.held(exam, "A-2", 1).await;
    place.views_caught_up().await;
    office.stop().await;
    // What keeps views and does the work is stopped; what answers goes on, over the restore.
    let only_api = Parts { api: true, projectors: false, workers: false };
    let office = place.service_with(|settings| settings.parts = only_api).await;
    let desk = &office.desk;
    let (dumped, _) = score(desk, &held, 1).await;
    let cursor = read(desk, "/api/copies?limit=1", None).await.body(200)["next"].as_str().unwrap().to_owned();
    let dump = dump(&place).await;

    // What is lost: one event of the copy, which this process remembers as its last.
    let mut witness = follow(desk, "0").await;
    let (lost, lost_place) = score(desk, &held, 2).await;
    assert_eq!(witness.positions(usize::try_from(lost).unwrap()).await.last(), Some(&lost));
    let last_id = witness.last_id.clone().unwrap();
    restore(&place, &dump).await;
    // The ledger ends before what the follower has seen.
    assert_eq!(last_of(&mut witness).await["code"], "other_epoch");

    // Before anyone says so, another process appends at the very sequence of the lost event.
    let elsewhere =
        ledger::Ledger::open(place.pool().clone(), ledger::LedgerLimits::default()).await.unwrap();
    let copy = elsewhere.load::<ExamCopy>(held.copy.0).await.unwrap();
    let CopyState::Locked(_, lock) = &copy.state.state else { panic!("{:?}", copy.state) };
    let shown = ShownLock::Of(lock.id);
    let asked = crate::office::score(shown, 300);
    crate::office::act(&elsewhere, desk.grader.id, held.copy, asked, None, Vec::new()).await.unwrap();
    // The service remembers the lost one at this sequence; its leaf is another, so that it decides anew.
    let (after_restore, _) = score(desk, &held, 4).await;
    assert_eq!(after_restore, lost + 1);
    let scored: Vec<Value> =
        place.payloads("QuestionScored").await.into_iter().map(|(_, payload)| payload).collect();
    let steps: Vec<_> = scored.iter().map(|payload| &payload["QuestionScored"]).collect();
    assert_eq!(json!([steps[1]["before"], steps[1]["after"]]), json!([100, 300]));
    assert_eq!(json!([steps[2]["before"], steps[2]["after"]]), json!([300, 400]));

    // The operator says so. That the dump ended before what was appended since is read off the rows.
    let mut live = follow(desk, "0").await;
    live.positions(usize::try_from(after_restore).unwrap()).await;
    let asked = ["ledger", "new-epoch", "--reason", "disk of db7 died; dump of noon, by Ada", "--yes"];
    let begun = run_at(&place, &asked).await;
    assert!(begun.status.success(), "{}", stderr(&begun));
    assert!(
        stderr(&begun).contains(&format!("the backup ended at position {dumped}:")),
        "{}",
        stderr(&begun)
    );
    let said = stdout(&begun);
    assert_eq!(line(&said, "same up to"), dumped.to_string());
    assert_eq!(line(&said, "head"), after_restore.to_string());
    assert!(said.contains("views: nothing"), "{said}");
    let told = last_of(&mut live).await;
    let epoch = line(&said, "begun").split([' ', ',']).nth(1).unwrap().to_owned();
    assert_eq!((&told["epoch"], &told["same_up_to"]), (&json!(epoch), &json!(dumped)));

    // Every place of the ended epoch is refused, with where to go on.
    let next = told["next"].as_str().unwrap();
    let copies = "/api/copies?limit=1";
    let refused =
        read(desk, copies, Some(("ledger-position", &lost_place))).await.refused(409, "other_epoch");
    assert_eq!((&refused["next"], &refused["same_up_to"]), (&json!(next), &json!(dumped)));
    read(desk, &format!("{copies}&cursor={cursor}"), None).await.refused(409, "other_epoch");
    for path in ["/api/events/stream", "/api/events"] {
        let old = format!("{path}?after={lost_place}");
        assert_eq!(read(desk, &old, None).await.refused(409, "other_epoch")["next"], next);
    }
    let old = Some(("last-event-id", last_id.as_str()));
    assert_eq!(read(desk, "/api/events/stream", old).await.refused(409, "other_epoch")["next"], next);
    // Whoever goes on from there sees what is true, old and new.
    let mut again = follow(desk, next).await;
    let (newest, _) = score(desk, &held, 5).await;
    let mut sources = Vec::new();
    for position in dumped + 1..=newest {
        let block = again.dispatched().await.unwrap();
        assert_eq!(block.position(), position);
        sources.push(block.json()["source"].clone());
    }
    assert_eq!(sources.last(), Some(&json!(format!("urn:uuid:{epoch}"))));
    assert_ne!(sources.first(), sources.last());
    place.assert_sound().await;

    // A second time at once is a second epoch, and the first one's places are void as well.
    let again = run_at(&place, &asked).await;
    let second = stdout(&again);
    assert_eq!(line(&second, "ended"), format!("epoch {epoch}"), "{}", stderr(&again));
    assert_eq!(line(&second, "same up to"), newest.to_string());
    let third = stdout(&run_at(&place, &asked).await);
    assert_eq!(line(&third, "same up to"), line(&second, "same up to"));
    let of_second = line(&second, "begun").split([' ', ',']).nth(1).unwrap().replace('-', "");
    read(desk, &format!("/api/events?after={of_second}.1"), None).await.refused(409, "other_epoch");
    place.assert_sound().await;
    office.stop().await;
    let whole = place.service().await;
    place.views_caught_up().await;
    whole.stop().await;
}

#[tokio::test]
async fn a_new_epoch_that_cannot_be_right_is_refused_with_what_would_be() {
    let place = Place::new().await;
    // Somebody has served this ledger before, so that its key store knows its master key.
    place.service().await.stop().await;
    let refused = async |more: &[&str]| {
        let asked = [&["ledger", "new-epoch"], more].concat();
        let output = run_at(&place, &asked).await;
        assert!(!output.status.success(), "{}", stdout(&output));
        stderr(&output)
    };
    // Nobody is at the terminal.
    assert!(refused(&["--reason", "a restore"]).await.contains("say --yes"));
    assert!(refused(&["--reason", " ", "--yes"]).await.contains("1 to 2000 characters"));
    let past = refused(&["--reason", "a restore", "--yes", "--same-up-to", "7"]).await;
    assert!(past.contains("the ledger ends at position 0"), "{past}");
    let held = place.hold_head().await;
    let busy = refused(&["--reason", "a restore", "--yes", "--limit", "append.lock_timeout=50ms"]).await;
    assert!(busy.contains("head was held for 50ms"), "{busy}");
    held.rollback().await.unwrap();
    let epochs: i64 =
        sqlx::query_scalar("SELECT count(*) FROM ledger_epochs").fetch_one(place.pool()).await.unwrap();
    assert_eq!(epochs, 1);
    sqlx::query("DROP SCHEMA gradeledger CASCADE").execute(place.pool()).await.unwrap();
    let missing = refused(&["--reason", "a restore", "--yes"]).await;
    assert!(missing.contains("holds no ledger in this schema"), "{missing}");
}

#[tokio::test]
async fn a_view_past_the_restored_head_is_named_with_its_rebuild() {
    let place = Place::new().await;
    let office = place.service().await;
    office.desk.exam().await;
    place.views_caught_up().await;
    office.stop().await;
    sqlx::query("UPDATE projections SET position = position + 5 WHERE name = 'exams'")
        .execute(place.pool())
        .await
        .unwrap();
    let begun = run_at(&place, &["ledger", "new-epoch", "--reason", "a restore", "--yes"]).await;
    assert!(
        stderr(&begun).contains("nothing in the ledger tells where the backup ended"),
        "{}",
        stderr(&begun)
    );
    assert!(stdout(&begun).contains("gradeledger rebuild exams\n"), "{}", stdout(&begun));
}
