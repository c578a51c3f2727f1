//! `gradeledger doctor`: each thing that it looks at is broken for real, and it says so and what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::Command;
use uuid::Uuid;

use super::place::{PROGRAM, Place};
use super::process::{environment, program, run, stderr, stdout};

/// What a doctor found, by check.
struct Found {
    code: Option<i32>,
    report: Value,
    said: String,
}

impl Found {
    async fn by(mut command: Command) -> Self {
        command.arg("--json");
        let output = run(command).await;
        let said = stdout(&output);
        let report =
            serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{}", stderr(&output)));
        Self { code: output.status.code(), report, said }
    }

    fn check(&self, name: &str) -> &Value {
        let checks = self.report["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["check"] == name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.said))
    }

    /// That a check came out so, and says this; one that is not well says what to do.
    fn says(&self, name: &str, verdict: &str, told: &str) -> &Self {
        let check = self.check(name);
        assert_eq!(check["verdict"], verdict, "{check:#}");
        let detail = check["detail"].as_str().unwrap();
        assert!(detail.contains(told), "{told} is not in {check:#}");
        assert_eq!(check["advice"].is_null(), verdict == "ok", "{check:#}");
        if verdict == "fail" {
            assert_eq!(self.code, Some(1));
        }
        self
    }
}

fn doctor(place: &Place, more: &[&str]) -> Command {
    let mut command = program(PROGRAM);
    command.arg("doctor").args(more).envs(environment(place));
    command
}

async fn found(place: &Place) -> Found {
    Found::by(doctor(place, &[])).await
}

/// A place whose blobs have a folder, as they have once a service was there.
async fn place() -> Place {
    let place = Place::new().await;
    place.service().await.stop().await;
    place
}

async fn does(place: &Place, sql: &str) {
    sqlx::raw_sql(sql).execute(place.pool()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test]
async fn a_ledger_that_is_well_is_found_well_and_every_line_says_of_what() {
    let folder = TempDir::new().unwrap();
    let at = |words: &[&str]| {
        let mut command = program(PROGRAM);
        command
            .args(words)
            .args(["--private", "--limit", "status.free_bytes=1", "--data-folder"])
            .arg(folder.path());
        command
    };
    let made = run(at(&["token", "create", "--role", "admin", "--name", "Ada"])).await;
    assert!(made.status.success(), "{}", stderr(&made));
    fs::create_dir_all(folder.path().join("blobs")).unwrap();
    let output = run(at(&["doctor"])).await;
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    for told in [
        "ok    ledger database   ",
        "ok    LISTEN            ",
        "ok    Postgres          ",
        "ok    durability        fsync on, synchronous_commit on, full_page_writes on\n",
        "ok    migrations        schema gradeledger: all ",
        "ok    triggers          all 7 stand and fire always",
        "ok    functions         all 9 have the bodies of this binary's migrations\n",
        "ok    indexes           all valid\n",
        "ok    rights            all that the service needs, append_events among it\n",
        "ok    reader            ",
        "ok    clock             ",
        "ok    key migrations    schema gradeledger_keys: all ",
        "ok    master key        it is this key store's own\n",
        "ok    data keys         none yet\n",
        "ok    blobs             ",
        "ok    data disk         ",
        " checks: all is well\n",
    ] {
        assert!(said.contains(told), "{told} is not in\n{said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
    // The probe is taken back, and with it its folder.
    assert_eq!(fs::read_dir(folder.path().join("blobs")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_trigger_that_is_gone_off_weakened_or_replaced_is_named() {
    let place = place().await;
    found(&place).await.says("triggers", "ok", "all 7 stand");
    does(&place, "DROP TRIGGER events_only_grow ON events").await;
    let gone = found(&place).await;
    gone.says("triggers", "fail", "events_only_grow on events is gone");
    assert!(gone.check("triggers")["advice"].as_str().unwrap().contains("gradeledger verify"));
    does(&place, "ALTER TABLE vault DISABLE TRIGGER vault_is_only_erased").await;
    does(&place, "ALTER TABLE commands ENABLE TRIGGER commands_only_grow").await;
    does(
        &place,
        "CREATE TRIGGER events_only_grow BEFORE UPDATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
         ALTER TABLE events ENABLE ALWAYS TRIGGER events_only_grow;
         CREATE TRIGGER of_mine BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    )
    .await;
    let found = found(&place).await;
    for told in [
        "vault_is_only_erased on vault is switched off",
        "commands_only_grow on commands does not fire always",
        "events_only_grow on events was replaced by another trigger",
        "of_mine on events is not the ledger's own",
    ] {
        found.says("triggers", "fail", told);
    }
}

#[tokio::test]
async fn a_function_of_another_body_or_without_its_search_path_is_named() {
    let place = place().await;
    does(
        &place,
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT
         AS $$ BEGIN RETURN NULL; END $$",
    )
    .await;
    does(&place, "ALTER FUNCTION append_events RESET search_path").await;
    does(&place, "ALTER FUNCTION erase_vault_rows SECURITY INVOKER").await;
    found(&place)
        .await
        .says("functions", "fail", "refuse_change has another body than the migrations gave it")
        .says("functions", "fail", "append_events does not pin its search_path")
        .says("functions", "fail", "erase_vault_rows runs with its caller's rights, not its owner's");
    does(&place, "DROP FUNCTION append_events").await;
    found(&place).await.says("functions", "fail", "append_events is gone").says(
        "rights",
        "fail",
        "EXECUTE on function append_events",
    );
}

#[tokio::test]
async fn migrations_that_are_changed_missing_or_of_a_newer_build_are_named_in_both_databases() {
    let place = place().await;
    does(&place, "UPDATE _sqlx_migrations SET checksum = 'other' WHERE version = 10").await;
    let changed = found(&place).await;
    changed.says(
        "migrations",
        "fail",
        "schema gradeledger: 0010 applied with another text than this binary's",
    );
    changed.says("key migrations", "ok", "all ");
    let place = self::place().await;
    does(&place, "INSERT INTO _sqlx_migrations VALUES (9999, 'of the future', now(), true, '', 0)").await;
    found(&place).await.says("migrations", "fail", "9999 unknown to this binary: a newer one migrated");
    does(&place, "DELETE FROM _sqlx_migrations WHERE version IN (9999, 99)").await;
    let missing = found(&place).await;
    missing.says("migrations", "fail", "schema gradeledger: 0099 not applied");
    assert!(missing.check("migrations")["advice"].as_str().unwrap().contains("`gradeledger migrate`"));
    let mut keys = PgConnection::connect_with(&place.database.keys_connect_options()).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET success = false WHERE version = 1")
        .execute(&mut keys)
        .await
        .unwrap();
    found(&place).await.says(
        "key migrations",
        "fail",
        "schema gradeledger_keys: 0001 begun and not finished",
    );
    let nowhere = Found::by(doctor(&place, &["--schema", "no_ledger"])).await;
    nowhere.says("migrations", "fail", "there is no ledger in schema no_ledger");
}

#[tokio::test]
async fn an_index_that_was_left_half_built_is_named_with_what_builds_it() {
    let place = place().await;
    does(&place, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'copies_v2_exam'::regclass")
        .await;
    let found = found(&place).await;
    found.says("indexes", "fail", "copies_v2_exam");
    let advice = found.check("indexes")["advice"].as_str().unwrap();
    assert!(advice.contains("`REINDEX INDEX gradeledger.copies_v2_exam`"), "{advice}");
    does(&place, "REINDEX INDEX copies_v2_exam").await;
    self::found(&place).await.says("indexes", "ok", "all valid");
}

#[tokio::test]
async fn a_role_that_lacks_rights_is_told_which_and_one_that_could_change_events_is_found_where_that_is_claimed()
 {
    let place = place().await;
    let owner = found(&place).await;
    owner.says("role", "warn", "is a superuser").says("append only", "ok", "it owns them");
    let claimed = Found::by(doctor(&place, &["--restricted-role"])).await;
    claimed.says("append only", "fail", "the role could change events, were the triggers switched off");
    // A role of a cluster is every database's: this one goes with the test.
    let role = format!("doctor_{}", Uuid::now_v7().simple());
    does(
        &place,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA gradeledger TO {role};
             GRANT SELECT ON ALL TABLES IN SCHEMA gradeledger TO {role};
             GRANT INSERT ON events, commands, vault TO {role}; GRANT UPDATE ON ledger_head TO {role};
             REVOKE EXECUTE ON FUNCTION append_events FROM PUBLIC"
        ),
    )
    .await;
    let mut command = doctor(&place, &["--restricted-role"]);
    command.env("DATABASE_URL", place.database.url().replace("user=gradeledger", &format!("user={role}")));
    let restricted = Found::by(command).await;
    does(&place, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    restricted
        .says("ledger database", "ok", &format!("as role {role}"))
        .says("role", "ok", "no superuser")
        .says("rights", "fail", "EXECUTE on function append_events")
        .says("rights", "fail", "INSERT, UPDATE, DELETE on copies_v2")
        .says("append only", "ok", "the role owns no events and may not change them");
    assert!(!restricted.check("rights")["detail"].as_str().unwrap().contains("on events;"));
}

#[tokio::test]
async fn a_server_that_takes_no_appends_or_forgets_them_is_found() {
    let place = place().await;
    // The clusters of tests do not wait for the disk.
    let before = found(&place).await;
    before.says("durability", "fail", "fsync off").says("writable", "ok", "a primary");
    let database: String =
        sqlx::query_scalar("SELECT current_database()::text").fetch_one(place.pool()).await.unwrap();
    does(
        &place,
        &format!(
            "ALTER DATABASE \"{database}\" SET default_transaction_read_only = on;
             ALTER DATABASE \"{database}\" SET lock_timeout = '1s'"
        ),
    )
    .await;
    let found = found(&place).await;
    found.says("writable", "fail", "default_transaction_read_only is on: every append is refused").says(
        "role settings",
        "warn",
        "lock_timeout=1s",
    );
}

#[tokio::test]
async fn events_of_a_newer_build_are_told_before_they_stop_a_view() {
    let place = place().await;
    does(&place, "INSERT INTO event_shapes VALUES ('Exam', 'ExamPostponed', '1', 99)").await;
    found(&place).await.says("reader", "warn", "a newer one has announced events of reader 99");
    does(&place, "UPDATE projections SET required_reader = 99 WHERE name = 'exams'").await;
    found(&place).await.says("reader", "fail", "these views need 99: exams");
}

#[tokio::test]
async fn blobs_that_cannot_be_written_are_found() {
    let place = place().await;
    found(&place).await.says("blobs", "ok", "a probe was written, read back and deleted");
    fs::remove_dir_all(place.blobs()).unwrap();
    let missing = found(&place).await;
    missing.says("blobs", "fail", "there is no such folder");
    assert!(missing.check("blobs")["advice"].as_str().unwrap().contains("its volume mounted"));
    assert!(!place.blobs().exists(), "a missing volume is not papered over");
    // A file where a folder of the probe would be: root may write whatever modes say.
    fs::create_dir(place.blobs()).unwrap();
    fs::write(place.blobs().join("doctor-probe"), b"").unwrap();
    found(&place).await.says("blobs", "fail", "blobs: ");
    let mut full = doctor(&place, &["--limit", "status.free_bytes=9000000000000000"]);
    full.env_remove("KEYS_URL");
    let full = Found::by(full).await;
    full.says("blob disk", "warn", " free of ").says("key store", "warn", "KEYS_URL is not set");
}

#[tokio::test]
async fn a_master_key_that_is_another_gone_or_readable_and_a_damaged_data_key_are_found() {
    let place = place().await;
    let office = place.service().await;
    let exam = office.desk.exam().await;
    office.desk.send(exam, "A-1", fixtures::scans::tiny_pages(1)).await;
    office.stop().await;
    found(&place).await.says("master key", "ok", "own").says("data keys", "ok", "the newest opens");
    let with = |key: &Path| {
        let mut command = doctor(&place, &[]);
        command.env("MASTER_KEY_FILE", key);
        command
    };
    let other = place.folder.path().join("other.key");
    gradeledger::vault::MasterKey::read_or_make(&other).unwrap();
    Found::by(with(&other)).await.says("master key", "fail", "this is not the master key of this key store");
    let gone = place.folder.path().join("gone.key");
    let lost = Found::by(with(&gone)).await;
    lost.says("master key", "fail", "gone.key");
    let advice = |found: &Found| found.check("master key")["advice"].as_str().unwrap().to_owned();
    assert!(advice(&lost).contains("bring the key file back"), "{}", advice(&lost));
    // Each trouble has its own advice.
    let cut = place.folder.path().join("cut.key");
    fs::write(&cut, "0123456789abcdef").unwrap();
    fs::set_permissions(&cut, fs::Permissions::from_mode(0o600)).unwrap();
    let cut = Found::by(with(&cut)).await;
    cut.says("master key", "fail", "64 hexadecimal digits");
    assert!(advice(&cut).contains("was cut"), "{}", advice(&cut));
    let open = place.folder.path().join("open.key");
    fs::copy(place.folder.path().join("master.key"), &open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let open = Found::by(with(&open)).await;
    open.says("master key", "fail", "mode 644");
    assert!(advice(&open).contains("gradeledger keys rotate"), "{}", advice(&open));
    let fresh = Place::new().await;
    let fresh = found(&fresh).await;
    fresh.says("master key", "warn", "has no master key yet");
    assert!(advice(&fresh).contains("start it once"), "{}", advice(&fresh));
    assert!(!gone.exists(), "no key is made in the place of a lost one");
    let mut keys = PgConnection::connect_with(&place.database.keys_connect_options()).await.unwrap();
    sqlx::query("UPDATE data_keys SET wrapped = decode(repeat('00', 72), 'hex')")
        .execute(&mut keys)
        .await
        .unwrap();
    found(&place).await.says("data keys", "fail", "is damaged: it does not open under the master key");
}

#[tokio::test]
async fn what_cannot_be_reached_is_found_and_hides_nothing_else_and_no_password_is_told() {
    let place = place().await;
    let secret = "postgres://nobody:s3cret@127.0.0.1:1/none";
    let mut command = doctor(&place, &["--limit", "status.part=1s"]);
    command.env("KEYS_URL", secret);
    let no_keys = Found::by(command).await;
    no_keys.says("key store", "fail", "127.0.0.1:1").says("triggers", "ok", "").says("blobs", "ok", "");
    let mut command = doctor(&place, &["--limit", "status.part=1s"]);
    command.env("DATABASE_URL", secret);
    let no_ledger = Found::by(command).await;
    no_ledger
        .says("ledger database", "fail", "127.0.0.1:1")
        .says("master key", "ok", "")
        .says("blobs", "ok", "");
    let mut command = doctor(&place, &[]);
    command.env("KEYS_URL", place.database.url());
    let one = Found::by(command).await;
    one.says("key store", "fail", "KEYS_URL and DATABASE_URL name the same database");
    for found in [&no_keys, &no_ledger, &one] {
        assert!(!found.said.contains("s3cret"), "{}", found.said);
    }
}

#[tokio::test]
async fn a_table_that_somebody_locked_takes_no_longer_than_a_check_may() {
    let place = place().await;
    let mut session = PgConnection::connect_with(&place.database.connect_options()).await.unwrap();
    sqlx::query("BEGIN").execute(&mut session).await.unwrap();
    sqlx::query("LOCK TABLE event_shapes").execute(&mut session).await.unwrap();
    let held = Found::by(doctor(&place, &["--limit", "status.part=500ms"])).await;
    held.says("reader", "fail", "could not be looked at: ")
        .says("triggers", "ok", "")
        .says("blobs", "ok", "");
    assert!(held.check("reader")["advice"].as_str().unwrap().contains("pg_stat_activity"));
    session.close().await.unwrap();
}

#[tokio::test]
async fn a_log_folder_that_takes_no_files_is_found() {
    let place = place().await;
    let file = place.folder.path().join("a-file");
    fs::write(&file, b"").unwrap();
    let folder = place.folder.path().to_str().unwrap().to_owned();
    Found::by(doctor(&place, &["--log-dir", &folder])).await.says("log folder", "ok", "takes files");
    let bad = Found::by(doctor(&place, &["--log-dir", file.to_str().unwrap()])).await;
    bad.says("log folder", "fail", "a-file");
}
