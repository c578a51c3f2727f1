//! Where the programs are looked for, in folders made for the test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;

/// Programs that only say their version, under `root`.
fn install(root: &Path, folder: &str, version: &str) -> PathBuf {
    let folder = root.join(folder.trim_start_matches('/'));
    fs::create_dir_all(&folder).unwrap();
    for name in NEEDED {
        let program = folder.join(name);
        fs::write(&program, format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn find(surroundings: &Surroundings<'_>) -> Result<PathBuf, PrivateError> {
    Programs::find_in(surroundings, None).map(|programs| programs.folder)
}

#[test]
fn where_nothing_is_installed_the_error_lists_the_places_and_how_to_install() {
    let machine = TempDir::new().unwrap();
    let surroundings = Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: None };
    let said = find(&surroundings).unwrap_err().to_string();
    for part in [
        "apt-get install",
        "dnf install",
        "brew install",
        "PG_BIN_DIR",
        "pg_config",
        "PATH",
        "/usr/pgsql-*/bin",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn of_the_versioned_folders_the_newest_is_taken() {
    let machine = TempDir::new().unwrap();
    install(machine.path(), "/usr/lib/postgresql/9.6/bin", "9.6.24");
    install(machine.path(), "/usr/lib/postgresql/15/bin", "15.18 (Debian 15.18-0+deb12u1)");
    let newest = install(machine.path(), "/usr/lib/postgresql/17/bin", "17.2");
    let surroundings = Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: None };
    assert_eq!(find(&surroundings).unwrap(), newest);
}

#[test]
fn the_folders_of_fedora_and_homebrew_are_known() {
    for folder in
        ["/usr/pgsql-16/bin", "/opt/homebrew/opt/postgresql@17/bin", "/usr/local/opt/postgresql@14/bin"]
    {
        let machine = TempDir::new().unwrap();
        let installed = install(machine.path(), folder, "16.1");
        let surroundings = Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: None };
        assert_eq!(find(&surroundings).unwrap(), installed);
    }
}

#[test]
fn a_linked_program_on_the_path_leads_to_the_folder_that_holds_them_all() {
    let machine = TempDir::new().unwrap();
    let installed = install(machine.path(), "/opt/pg/bin", "16.1");
    let path = machine.path().join("links");
    fs::create_dir(&path).unwrap();
    symlink(installed.join("initdb"), path.join("initdb")).unwrap();
    let surroundings =
        Surroundings { root: Some(machine.path()), path: Some(path.as_os_str()), pg_bin_dir: None };
    assert_eq!(find(&surroundings).unwrap(), installed.canonicalize().unwrap());
}

#[test]
fn a_client_without_a_server_is_passed_over() {
    let machine = TempDir::new().unwrap();
    let client = install(machine.path(), "/usr/lib/postgresql/17/bin", "17.2");
    fs::remove_file(client.join("initdb")).unwrap();
    let whole = install(machine.path(), "/usr/lib/postgresql/15/bin", "15.1");
    let surroundings = Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: None };
    assert_eq!(find(&surroundings).unwrap(), whole);
}

#[test]
fn a_folder_that_was_named_is_the_only_one_looked_at() {
    let machine = TempDir::new().unwrap();
    install(machine.path(), "/usr/lib/postgresql/17/bin", "17.2");
    let wrong = machine.path().join("wrong");
    let surroundings =
        Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: Some(wrong.as_os_str()) };
    let refused = find(&surroundings).unwrap_err();
    assert!(matches!(&refused, PrivateError::ProgramsNotFound { looked } if looked.len() == 1), "{refused}");
}

#[test]
fn a_server_older_than_14_is_refused_by_its_version() {
    let machine = TempDir::new().unwrap();
    install(machine.path(), "/usr/lib/postgresql/13/bin", "13.14");
    let surroundings = Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: None };
    let refused = find(&surroundings).unwrap_err();
    assert!(
        matches!(&refused, PrivateError::TooOld { oldest: 14, found } if found[0].ends_with("(13)")),
        "{refused}"
    );
}

#[test]
fn an_existing_cluster_gets_the_programs_of_its_own_version_or_a_refusal() {
    let machine = TempDir::new().unwrap();
    install(machine.path(), "/usr/lib/postgresql/17/bin", "17.2");
    let fitting = install(machine.path(), "/usr/lib/postgresql/15/bin", "15.1");
    let surroundings = Surroundings { root: Some(machine.path()), path: None, pg_bin_dir: None };
    let cluster = Path::new("/data/postgres");
    assert_eq!(Programs::find_in(&surroundings, Some((15, cluster))).unwrap().folder, fitting);
    let refused = Programs::find_in(&surroundings, Some((16, cluster))).unwrap_err();
    assert!(
        matches!(&refused, PrivateError::OtherMajor { data: 16, found, .. } if found.len() == 2),
        "{refused}"
    );
}

#[test]
fn versions_are_read_from_what_postgres_says() {
    for (said, major) in [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15)),
        ("postgres (PostgreSQL) 19beta1", Some(19)),
        ("postgres (PostgreSQL) 18devel", Some(18)),
        ("postgres (PostgreSQL) 9.6.24", Some(9)),
        ("postgres (EnterpriseDB) 15.1", None),
        ("postgres (PostgreSQL)", None),
    ] {
        assert_eq!(major_version(said), major, "{said}");
    }
}
