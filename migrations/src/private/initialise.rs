//! Making a cluster: all of it or nothing.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::account::Account;
use super::folder::Folder;
use super::programs::Programs;
use super::{Durability, PrivateError, SUPERUSER};

/// The longest that initdb may take; on a slow disk it takes some ten seconds.
const INITDB_LIMIT: Duration = Duration::from_secs(100);

/// Fills the folder's `data` unless it is there. initdb works in a folder beside it that is renamed at the end, so a
/// `data` that exists is whole, and what an interrupted run left is thrown away.
pub(super) async fn initialise(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    durability: Durability,
) -> Result<(), PrivateError> {
    let (data, unfinished) = (folder.data(), folder.unfinished());
    remove(&unfinished)?;
    if data.exists() {
        return Ok(());
    }
    tracing::info!(folder = %data.display(), "initialising a private Postgres");
    run_initdb(folder, programs, account, durability, &unfinished).await?;
    fs::rename(&unfinished, &data).map_err(PrivateError::io("putting in place", &data))?;
    // initdb has flushed the cluster; the rename is durable when the folder is.
    let root = fs::File::open(folder.root()).and_then(|root| root.sync_all());
    root.map_err(PrivateError::io("flushing", folder.root()))
}

async fn run_initdb(
    folder: &Folder,
    programs: &Programs,
    account: &Account,
    durability: Durability,
    target: &Path,
) -> Result<(), PrivateError> {
    let program = programs.program("initdb");
    let mut initdb = account.command(&program);
    initdb.arg("--pgdata").arg(target).args(["--username", SUPERUSER]).args([
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
        "--auth-local=trust",
        "--auth-host=reject",
    ]);
    if durability == Durability::TestOnly {
        initdb.arg("--no-sync");
    }
    initdb.current_dir(folder.root()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed =
        |status: String, output: String| PrivateError::Initialise { folder: target.into(), status, output };
    let mut initdb = tokio::process::Command::from(initdb);
    let run = initdb.kill_on_drop(true).output();
    let output = tokio::time::timeout(INITDB_LIMIT, run)
        .await
        .map_err(|_| failed(format!("not done after {} s", INITDB_LIMIT.as_secs()), String::new()))?
        .map_err(PrivateError::io("running", &program))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(failed(output.status.to_string(), String::from_utf8_lossy(&said).trim().to_owned()))
}

fn remove(folder: &Path) -> Result<(), PrivateError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PrivateError::io("removing the half-made", folder)(error))
        }
        _ => Ok(()),
    }
}
