//! A person's data, from its registration to its end: the real program, killed at each step of an erasure.

use std::io::Read as _;

use domain::{CopyId, Role};
use http::Method;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres, Transaction};

use super::desk::{Desk, Held};
use super::place::Place;
use super::process::{Process, run_at, stdout};
use super::restore::{dump, restore};
use super::seen;
use crate::routes::world::{Person, Said, person};

/// What no reader may find any more.
pub(super) const NAME: &str = "Zoë Quartermain";
const COMMENT: &str = "une étape manque chez Zoë";
/// Late writers are waited for so long, and no longer than a test can.
pub(super) const QUICK: [&str; 4] =
    ["--limit", "work.erasure_poll=50ms", "--limit", "work.erasure_settle=200ms"];

/// A desk with a second admin, and the key store behind it.
pub(super) struct Office {
    pub(super) desk: Desk,
    second: Person,
    clerk: Person,
    pub(super) keys: PgPool,
}

impl Office {
    pub(super) async fn open(place: &Place, server: &Process) -> Self {
        let keys =
            PgPoolOptions::new().max_connections(2).connect_lazy_with(place.database.keys_connect_options());
        Self {
            desk: Desk::open(&place.database, server.address).await,
            second: person(&keys, Role::Admin, "Adele").await,
            clerk: person(&keys, Role::Clerk, "Carl").await,
            keys,
        }
    }

    pub(super) async fn register(&self, name: &str) -> String {
        let asked = json!({"name": name, "reference": "S-4711", "email": "zoe@example.org"});
        let said = self.desk.post(&self.clerk, "/api/subjects", asked).await.body(201);
        said["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn identify(&self, copy: CopyId, subject: &str) {
        let asked = json!({"subject_id": subject});
        self.desk.post(&self.clerk, &format!("/api/copies/{copy}/identify"), asked).await.body(200);
    }

    async fn act(&self, who: &Person, method: Method, subject: &str, tail: &str, body: Value) -> Said {
        let path = format!("/api/subjects/{subject}{tail}");
        self.desk.hear(self.desk.ask(who, method, &path).json(&body)).await
    }

    async fn subject(&self, who: &Person, subject: &str) -> Value {
        self.desk.get(who, &format!("/api/subjects/{subject}")).await.body(200)
    }

    /// Both admins want the erasure.
    pub(super) async fn agree(&self, subject: &str) {
        let reason = || json!({"reason": "asked for it"});
        self.act(&self.desk.admin, Method::POST, subject, "/erasure", reason()).await.body(200);
        self.act(&self.second, Method::POST, subject, "/erasure/approve", json!({})).await.body(200);
    }

    pub(super) async fn erased(&self, subject: &str) -> Value {
        seen("the subject is erased", async || {
            Some(self.subject(&self.desk.admin, subject).await).filter(|it| it["status"] == "erased")
        })
        .await
    }

    /// A graded copy with a comment.
    pub(super) async fn graded(&self, exam: domain::ExamId, anonymous_id: &str) -> CopyId {
        let held = self.desk.held(exam, anonymous_id, 2).await;
        let annotation = json!({
            "page_index": 0, "box": {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.05},
            "kind": "COMMENT", "text": COMMENT,
        });
        self.desk.mark(&held, Method::POST, "/annotations", annotation).await.body(201);
        self.desk.score(&held, "1", json!(7.5)).await;
        self.desk.score(&held, "2", json!(2)).await;
        self.desk.finalise(&held).await;
        held.copy
    }
}

/// Every event up to the position, in all that its hashes are over.
async fn events(pool: &PgPool, until: i64) -> Vec<(i64, String, String, Vec<u8>, Vec<u8>)> {
    sqlx::query_as(
        "SELECT position, payload::text, metadata::text, content_hash, leaf_hash FROM events
         WHERE position <= $1 ORDER BY position",
    )
    .bind(until)
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Keeps rows of a table from being written while it lives.
async fn hold(pool: &PgPool, table: &str) -> Transaction<'static, Postgres> {
    let mut held = pool.begin().await.unwrap();
    sqlx::query(&format!("LOCK TABLE {table} IN EXCLUSIVE MODE")).execute(&mut *held).await.unwrap();
    held
}

/// Waits until somebody wants to write to the table that is held.
async fn wanted(held: &mut Transaction<'static, Postgres>, table: &str) {
    let sql = format!("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass");
    seen("the erasure waits for the table", async || {
        let waiting: i64 = sqlx::query_scalar(&sql).fetch_one(&mut **held).await.unwrap();
        (waiting > 0).then_some(())
    })
    .await;
}

fn read(zip: &mut zip::ZipArchive<std::io::Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    zip.by_name(name).unwrap_or_else(|_| panic!("no {name}")).read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn an_erasure_that_is_killed_at_each_step_goes_on_and_leaves_nothing_readable_even_beside_old_backups()
{
    let place = Place::new().await;
    let server = Process::serve(&place, None, &QUICK).await;
    let address = server.address;
    let office = Office::open(&place, &server).await;
    let exam = office.desk.exam().await;
    let (theirs, other) = (office.graded(exam, "Q-1").await, office.graded(exam, "Q-2").await);
    let second_exam = office.desk.exam().await;
    let unmarked = office.desk.held(second_exam, "Q-3", 1).await;
    let mistaken = office.desk.ready(exam, "Q-4", 1).await;
    let (subject, somebody) = (office.register(NAME).await, office.register("Bob").await);
    // Said to be theirs, and taken back: it is somebody else's, and stays.
    office.identify(mistaken, &subject).await;
    let path = format!("/api/copies/{mistaken}/unidentify");
    office.desk.post(&office.clerk, &path, json!({"reason": "wrong row"})).await.body(200);
    for (copy, whose) in [(theirs, &subject), (unmarked.copy, &subject), (other, &somebody)] {
        office.identify(copy, whose).await;
    }
    place.views_caught_up().await;

    let last = sqlx::query_scalar("SELECT max(position) FROM events");
    let head: i64 = last.fetch_one(place.pool()).await.unwrap();
    let recorded = events(place.pool(), head).await;
    let (old_ledger, old_blobs) = (dump(&place).await, copied(&place, theirs));
    let old_keys: Vec<String> = sqlx::query_scalar("SELECT row_to_json(k)::text FROM data_keys k")
        .fetch_all(&office.keys)
        .await
        .unwrap();

    let stores = [
        (&office.keys, "erased_owners"),
        (&office.keys, "data_keys"),
        (place.pool(), "vault"),
        (&office.keys, "tokens"),
    ];
    let mut first = Some(server);
    for (pool, table) in stores {
        let mut held = hold(pool, table).await;
        let server = match first.take() {
            Some(server) => {
                office.agree(&subject).await;
                server
            }
            None => Process::serve(&place, Some(address), &QUICK).await,
        };
        wanted(&mut held, table).await;
        server.kill().await;
        held.rollback().await.unwrap();
    }
    let server = Process::serve(&place, Some(address), &QUICK).await;
    let told = office.erased(&subject).await;

    assert_eq!(told["identity"], Value::Null);
    let destroyed = &told["erasure"]["destroyed"];
    assert_eq!(destroyed["copies"], 2, "{told}");
    assert!(destroyed["texts"].as_u64().unwrap() >= 4, "{told}");
    // A scan, one image of two blank pages, and a final PDF; a scan and a page.
    assert_eq!(destroyed["files"], 5, "{told}");
    assert_eq!(events(place.pool(), head).await, recorded, "what was recorded stays as it was");
    place.assert_sound().await;
    nothing_of(&place, &office, theirs).await;
    assert_eq!(office.desk.copy(unmarked.copy).await["status"], "VOIDED");
    nobody_marks(&office, &unmarked).await;
    for copy in [other, mistaken] {
        let page = office.desk.get(&office.desk.admin, &format!("/api/copies/{copy}/pages/0.png")).await;
        assert_eq!(page.status, 200, "the copy of another is untouched");
    }
    let refused =
        office.act(&office.desk.admin, Method::POST, &subject, "/holds", json!({"reason": "late"})).await;
    refused.refused(410, "erased");
    let asked = json!({"subject_id": subject});
    let late = office.desk.post(&office.clerk, &format!("/api/copies/{mistaken}/identify"), asked).await;
    late.refused(410, "erased");
    for command in [&["verify"][..], &["rebuild", "subjects"], &["rebuild", "copies"], &["drift"]] {
        let ended = run_at(&place, command).await;
        assert!(ended.status.success(), "{command:?}: {}", stdout(&ended));
    }
    nothing_of(&place, &office, theirs).await;

    // The key store comes back from before the erasure: what is in the ledger is erased again.
    server.kill().await;
    sqlx::query("DELETE FROM erased_owners").execute(&office.keys).await.unwrap();
    let back = "INSERT INTO data_keys SELECT (json_populate_record(NULL::data_keys, $1::json)).* ON CONFLICT DO NOTHING";
    for row in &old_keys {
        sqlx::query(back).bind(row).execute(&office.keys).await.unwrap();
    }
    let server = Process::serve(&place, Some(address), &QUICK).await;
    seen("the keys are destroyed again", async || {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM data_keys WHERE owner_id = ANY ($1)")
            .bind(vec![theirs.0, unmarked.copy.0, subject.parse().unwrap()])
            .fetch_one(&office.keys)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
    server.kill().await;

    // The ledger and the blobs come back from before it, and the key store is today's.
    restore(&place, &old_ledger).await;
    let folder = place.blobs().join(theirs.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in &old_blobs {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM vault WHERE owner_id = $1")
        .bind(theirs.0)
        .fetch_one(place.pool())
        .await
        .unwrap();
    assert!(rows > 0, "the dump brought the sealed texts back");
    let server = Process::serve(&place, Some(address), &QUICK).await;
    let office = Office::open(&place, &server).await;
    let known = office.subject(&office.desk.admin, &subject).await;
    assert_eq!(known["identity"], "[erased]", "{known}");
    nothing_of(&place, &office, theirs).await;
}

/// The files of a copy, as a backup has them.
fn copied(place: &Place, copy: CopyId) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let files = std::fs::read_dir(place.blobs().join(copy.to_string())).unwrap();
    files
        .map(|file| file.unwrap())
        .map(|file| (file.file_name(), std::fs::read(file.path()).unwrap()))
        .collect()
}

/// No route and no command shows anything of the copy but that it was.
pub(super) async fn nothing_of(place: &Place, office: &Office, copy: CopyId) {
    for path in ["/pages/0.png", "/final-pdf"] {
        let said = office.desk.get(&office.desk.admin, &format!("/api/copies/{copy}{path}")).await;
        said.refused(410, "erased");
    }
    for path in ["", "/annotations", "/history", "/audit?limit=200"] {
        let said = office.desk.get(&office.desk.admin, &format!("/api/copies/{copy}{path}")).await;
        assert_eq!(said.status, 200, "{path}: {}", String::from_utf8_lossy(&said.bytes));
        let text = String::from_utf8(said.bytes).unwrap();
        for word in [COMMENT, "Zoë", "Müller"] {
            assert!(!text.contains(word), "{path} holds {word}: {text}");
        }
    }
    let told =
        office.desk.get(&office.desk.admin, &format!("/api/copies/{copy}/annotations")).await.body(200);
    assert_eq!(told["items"][0]["text"], "[erased]", "{told}");
    let told = run_at(place, &["history", &copy.to_string()]).await;
    assert!(told.status.success());
    let told = stdout(&told);
    assert!(told.contains("[erased]") && !told.contains("Zoë"), "{told}");
    // Its mark stays, and nobody writes on it, takes its mark away or says that it is another's.
    let other = office.register("Nils").await;
    let reason = || json!({"reason": "late"});
    for (act, body) in [
        ("reopen", reason()),
        ("correct", json!({"question": "1", "points": 1, "reason": "late"})),
        ("unidentify", reason()),
        ("identify", json!({"subject_id": other})),
    ] {
        let said = office.desk.post(&office.desk.admin, &format!("/api/copies/{copy}/{act}"), body).await;
        said.refused(410, "erased");
    }
    let told = office.desk.get(&office.desk.admin, &format!("/api/copies/{copy}")).await.body(200);
    assert_eq!((&told["status"], &told["grade"]["total"]), (&json!("GRADED"), &json!(9.5)), "{told}");
}

/// Whoever had the copy in hand can write nothing on it.
async fn nobody_marks(office: &Office, held: &Held) {
    let said = office.desk.mark(held, Method::PUT, "/remarks/1", json!({"remark": "late"})).await;
    assert!([409, 410].contains(&said.status), "{}", said.status);
}

#[tokio::test]
async fn an_export_is_all_that_is_kept_of_one_person_and_an_erasure_takes_two_admins_and_no_hold() {
    let place = Place::new().await;
    let server = Process::serve(&place, None, &[]).await;
    let office = Office::open(&place, &server).await;
    let exam = office.desk.exam().await;
    let copy = office.graded(exam, "Q-1").await;
    let subject = office.register(NAME).await;
    office.identify(copy, &subject).await;
    assert_eq!(office.subject(&office.clerk, &subject).await["identity"]["name"], NAME);
    assert_eq!(office.subject(&office.desk.auditor, &subject).await["identity"], "[sealed]");
    let list = office.desk.get(&office.desk.admin, "/api/subjects").await.body(200);
    assert_eq!(list["items"][0]["identity"], "[sealed]");
    let change = json!({"name": "Zoë Q.", "email": null});
    let changed = office.act(&office.clerk, Method::PATCH, &subject, "", change).await;
    changed.body(200);

    // A student who looks, and a grader who looked at their copy.
    let given =
        office.act(&office.clerk, Method::POST, &subject, "/tokens", json!({"life_seconds": 600})).await;
    let given = given.body(201)["token"].as_str().unwrap().to_owned();
    let looks = office.desk.bare(Method::GET, "/api/results").bearer_auth(&given);
    office.desk.hear(looks).await.body(200);
    assert_eq!(
        office.desk.get(&office.desk.grader, &format!("/api/copies/{copy}/pages/0.png")).await.status,
        200
    );
    seen("what they looked at is in the log", async || {
        let looked =
            "SELECT count(DISTINCT act) FROM access_log WHERE act IN ('read own results', 'read pages')";
        let acts: i64 = sqlx::query_scalar(looked).fetch_one(&office.keys).await.unwrap();
        (acts == 2).then_some(())
    })
    .await;

    let said = office.desk.get(&office.desk.admin, &format!("/api/subjects/{subject}/export")).await;
    assert_eq!((said.status, said.header("content-type")), (200, "application/zip"));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(said.bytes)).unwrap();
    let told: Value = serde_json::from_slice(&read(&mut zip, "subject.json")).unwrap();
    assert_eq!(told["subject"]["identity"], json!({"name": "Zoë Q.", "reference": "S-4711"}));
    assert!(told["events"][1]["data"]["before"].as_str().unwrap().contains(NAME), "{told}");
    assert_eq!(told["copies"][0]["annotations"][0]["text"], COMMENT);
    assert_eq!(told["files"].as_array().unwrap().len(), 4, "{told}");
    let known = &told["known_by"];
    assert_eq!((known["tokens"].as_array().unwrap().len(), &known["references"]), (1, &json!(0)), "{known}");
    assert!(!known.to_string().contains(&given), "no token is in it");
    let acts: Vec<&str> =
        known["accesses"].as_array().unwrap().iter().filter_map(|row| row["act"].as_str()).collect();
    for act in ["read subjects", "read own results", "read pages"] {
        assert!(acts.contains(&act), "{act}: {acts:?}");
    }
    assert!(read(&mut zip, &format!("copies/{copy}/scan.pdf")).starts_with(b"%PDF"));
    assert!(read(&mut zip, &format!("copies/{copy}/final-1.pdf")).starts_with(b"%PDF"));
    assert!(read(&mut zip, &format!("copies/{copy}/pages/1.png")).starts_with(b"\x89PNG"));
    for who in [&office.clerk, &office.desk.auditor, &office.desk.grader] {
        let path = format!("/api/subjects/{subject}/export");
        assert_eq!(office.desk.get(who, &path).await.status, 403);
    }

    let reason = || json!({"reason": "an appeal"});
    let admin = &office.desk.admin;
    let held = office.act(admin, Method::POST, &subject, "/holds", reason()).await.body(200);
    let hold = format!("/holds/{}", held["holds"][0]["id"].as_str().unwrap());
    office.act(admin, Method::POST, &subject, "/erasure", reason()).await.refused(409, "legal_hold");
    office.act(admin, Method::DELETE, &subject, &hold, reason()).await.body(200);
    office.act(admin, Method::POST, &subject, "/erasure", reason()).await.body(200);
    office.act(admin, Method::POST, &subject, "/erasure/approve", json!({})).await.refused(403, "same_admin");
    office.act(admin, Method::POST, &subject, "/holds", reason()).await.body(200);
    let second = &office.second;
    office
        .act(second, Method::POST, &subject, "/erasure/approve", json!({}))
        .await
        .refused(409, "legal_hold");
    office.act(second, Method::DELETE, &subject, "/erasure", reason()).await.body(200);
    let stored: Vec<String> = sqlx::query_scalar("SELECT coalesce(answer::text, '') FROM commands")
        .fetch_all(place.pool())
        .await
        .unwrap();
    assert!(stored.iter().all(|answer| !answer.contains("Zoë")));
    let payloads: String =
        sqlx::query_scalar("SELECT string_agg(payload::text || metadata::text, '') FROM events")
            .fetch_one(place.pool())
            .await
            .unwrap();
    assert!(!payloads.contains("Zoë") && !payloads.contains("S-4711"));
}
