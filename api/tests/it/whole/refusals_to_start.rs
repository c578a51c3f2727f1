//! What keeps the program from starting: each says what to do.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::place::{PROGRAM, Place};
use super::process::{Process, environment, program, run, stderr};

/// `serve` with the variables of a place but for some, and what it says as it refuses.
async fn refusal(place: &Place, without: &[&str], arguments: &[&str]) -> String {
    let mut command = program(PROGRAM);
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
    command.envs(environment(place).into_iter().filter(|(name, _)| !without.contains(name)));
    refused(command).await
}

async fn refused(command: tokio::process::Command) -> String {
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    stderr(&output)
}

#[tokio::test]
async fn serve_starts_no_ledger_that_nobody_named() {
    let place = Place::new().await;
    let all = ["DATABASE_URL", "KEYS_URL", "BLOBS_URL", "MASTER_KEY_FILE"];
    let said = refusal(&place, &all, &[]).await;
    assert!(said.contains("set DATABASE_URL") && said.contains("--private"), "{said}");
    let said = refusal(&place, &[], &["--private"]).await;
    assert!(said.contains("DATABASE_URL is set and --private was given"), "{said}");
}

#[tokio::test]
async fn each_missing_variable_is_named_with_what_to_set() {
    let place = Place::new().await;
    for (variable, advice) in [
        ("KEYS_URL", "create one and set KEYS_URL=postgres://"),
        ("BLOBS_URL", "BLOBS_URL is not set; name a folder"),
        ("MASTER_KEY_FILE", "openssl rand -hex 32"),
    ] {
        let said = refusal(&place, &[variable], &[]).await;
        assert!(said.contains(advice), "{said}");
    }
}

#[tokio::test]
async fn another_master_key_than_the_ledgers_is_refused_and_so_is_one_that_others_can_read() {
    let place = Place::new().await;
    place.service().await.stop().await;
    let file = place.folder.path().join("master.key");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let said = refusal(&place, &[], &[]).await;
    assert!(said.contains("chmod 600"), "{said}");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "a5".repeat(32)).unwrap();
    let said = refusal(&place, &[], &[]).await;
    assert!(said.contains("master key"), "{said}");
    fs::write(&file, "not a key").unwrap();
    let said = refusal(&place, &[], &[]).await;
    assert!(said.contains("64 hexadecimal digits"), "{said}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let place = Place::new().await;
    let server = Process::serve(&place, None, &[]).await;
    let mut command = program(PROGRAM);
    command.args(["serve", "--listen", &server.address.to_string()]).envs(environment(&place));
    let said = refused(command).await;
    assert!(said.contains(&format!("port {} of 127.0.0.1 is taken", server.address.port())), "{said}");
    assert!(server.interrupt().await.success());
}

#[tokio::test]
async fn a_postgres_that_is_not_there_is_named() {
    let place = Place::new().await;
    let mut command = program(PROGRAM);
    command.args(["serve", "--listen", "127.0.0.1:0"]).envs(environment(&place));
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
    let said = refused(command).await;
    assert!(said.contains("127.0.0.1:1"), "{said}");
}

#[tokio::test]
async fn reading_a_ledger_that_is_not_there_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let mistyped = folder.path().join("mistyped");
    for arguments in [&["verify"][..], &["rebuild", "--all"]] {
        let mut command = program(PROGRAM);
        command.args(arguments).args(["--private", "--data-folder"]).arg(&mistyped);
        let said = refused(command).await;
        assert!(said.contains("there is no ledger in"), "{said}");
        assert!(!mistyped.exists());
    }
}
