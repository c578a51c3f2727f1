//! SIGKILL at each step of a rotation.

use std::process::Stdio;

use http::Method;
use serde_json::json;
use sqlx::{Postgres, Transaction};
use tokio::process::Child;

use super::moved::Moving;
use crate::routes::world::an_annotation;
use crate::whole::desk::Desk;
use crate::whole::process::{Process, run, stderr, stdout};

impl Moving {
    /// Holds rows of the key store, so that a rotation comes no further.
    async fn hold(&self, what: &str) -> Transaction<'static, Postgres> {
        let mut held = self.keys.begin().await.unwrap();
        sqlx::query(what).execute(&mut *held).await.unwrap();
        held
    }

    /// A rotation that has come to what is held.
    async fn stands_at(&self, what: &str) -> (Child, Transaction<'static, Postgres>) {
        let held = self.hold(what).await;
        let child = self.rotation().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.waits().await;
        (child, held)
    }

    /// Kills it, sees that each key opens, and lets go.
    async fn killed(
        &self,
        (mut child, held): (Child, Transaction<'static, Postgres>),
        under_old: usize,
        under_new: usize,
    ) {
        child.kill().await.unwrap();
        self.opens(under_old, under_new).await;
        held.rollback().await.unwrap();
        self.nobody_waits().await;
        self.opens(under_old, under_new).await;
    }
}

const MASTER: &str = "SELECT FROM master_key FOR UPDATE";
const SERVICE: &str = "SELECT FROM service_keys FOR UPDATE";

#[tokio::test]
async fn a_rotation_that_is_killed_at_any_step_is_gone_on_with_and_changes_nothing_that_is_sealed() {
    let moving = Moving::new().await;
    let place = &moving.place;
    let office = Process::start(moving.with_old(&["serve"]), place.folder.path(), None).await;
    let desk = Desk::open(&place.database, office.address).await;
    let exam = desk.exam().await;
    let held = desk.held(exam, "A-1", 1).await;
    let path = format!("/api/copies/{}/annotations", held.copy);
    let annotate = |desk: &Desk| {
        let request = desk.ask(&desk.grader, Method::POST, &path).header("x-lock-token", &held.token);
        request.header("idempotency-key", "once").json(&an_annotation())
    };
    let first = desk.hear(annotate(&desk)).await.body(201);
    desk.ready(exam, "A-2", 1).await;
    assert!(office.interrupt().await.success());
    let (before, wrapped, ids) = (moving.untouched().await, moving.wrapped().await, moving.ids().await);
    let all = ids.len();
    assert!(all >= 4, "{all} keys");

    moving.killed(moving.stands_at(MASTER).await, all, 0).await;
    for (nth, id) in ids.iter().enumerate() {
        let row = format!("SELECT FROM data_keys WHERE key_id = '{id}' FOR UPDATE");
        moving.killed(moving.stands_at(&row).await, all - nth, nth).await;
    }
    moving.killed(moving.stands_at(SERVICE).await, 0, all).await;
    // Before the very last step: the keys are there, and the store does not say so yet.
    let (child, service) = moving.stands_at(SERVICE).await;
    let master = moving.hold(MASTER).await;
    service.rollback().await.unwrap();
    moving.waits().await;
    moving.killed((child, master), 0, all).await;
    // Each alone is refused until the end, and told which one is missing.
    for (command, missing) in
        [(moving.with_old(&["keys", "show"]), "new"), (moving.with_new(&["token", "list"]), "old")]
    {
        let output = run(command).await;
        let told = format!("{}{}", stdout(&output), stderr(&output));
        assert!(told.contains("was not given"), "{missing}: {told}");
    }

    let ended = run(moving.rotation()).await;
    assert!(ended.status.success() && stdout(&ended).starts_with("done: "), "{}", stderr(&ended));
    let again = run(moving.rotation()).await;
    assert!(stdout(&again).starts_with("nothing to do"), "{}", stdout(&again));
    assert_eq!(moving.untouched().await, before);
    assert!(moving.wrapped().await.iter().all(|now| !wrapped.contains(now)));
    let shown = run(moving.with_new(&["keys", "show"])).await;
    assert!(
        stdout(&shown).contains(&format!("master key 2 of this key store: {all} data keys")),
        "{}",
        stdout(&shown)
    );
    let refused = run(moving.with_old(&["serve", "--listen", "127.0.0.1:0"])).await;
    assert!(
        stderr(&refused).contains("this is not the master key of this key store"),
        "{}",
        stderr(&refused)
    );

    // What was given out under the first master key is good under the second.
    let office = Process::start(moving.with_new(&["serve"]), place.folder.path(), None).await;
    let desk = Desk::open(&place.database, office.address).await;
    let repeated = desk.hear(annotate(&desk)).await.body(201);
    assert_eq!(repeated["id"], first["id"]);
    desk.score(&held, "1", json!(5)).await;
    desk.score(&held, "2", json!(5)).await;
    assert_eq!(desk.finalise(&held).await["status"], "GRADED");
    let listed = desk.get(&desk.admin, &format!("{path}?limit=10")).await.body(200);
    assert!(listed.to_string().contains("Il manque une étape"), "{listed}");
    desk.ready(exam, "A-3", 1).await;
    assert!(office.interrupt().await.success());
    place.assert_sound().await;
}

#[tokio::test]
async fn a_key_that_is_destroyed_while_keys_are_moved_does_not_come_back() {
    let moving = Moving::new().await;
    let office = moving.place.service().await;
    let exam = office.desk.exam().await;
    office.desk.ready(exam, "A-1", 1).await;
    office.stop().await;
    let ids = moving.ids().await;
    let mut erasing = moving.keys.begin().await.unwrap();
    sqlx::query("DELETE FROM data_keys WHERE key_id = $1").bind(ids[0]).execute(&mut *erasing).await.unwrap();
    let rotation = moving.rotation().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    moving.waits().await;
    erasing.commit().await.unwrap();
    let ended = rotation.wait_with_output().await.unwrap();
    assert!(ended.status.success(), "{}", stderr(&ended));
    assert_eq!(moving.ids().await, ids[1..]);
}
