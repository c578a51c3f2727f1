//! The key store, the master key and the blobs.

use std::path::Path;
use std::time::Duration;

use migrations::roles::Store;
use migrations::{SchemaName, SessionLimits, check_server, connect_options, place};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::timeout;

use super::report::Report;
use super::schema::told;
use super::{DoctorSettings, ReadPlace};
use crate::blobs;
use crate::vault::{KeyStore, MasterKey, MasterKeyError, MasterKeys, VaultError};

const KEYS: &str = "key store";

pub(super) async fn examine(
    settings: &DoctorSettings,
    at: &ReadPlace,
    longest: Duration,
    report: &mut Report,
) -> anyhow::Result<()> {
    let folder = at.private.as_ref().map(|private| private.data_folder().to_owned());
    match &at.keys {
        Some(options) => keys(settings, at, folder.as_deref(), options, longest, report).await?,
        None => report.warn(
            KEYS,
            "KEYS_URL is not set: the key store and the master key were not looked at",
            "set KEYS_URL and MASTER_KEY_FILE as the service has them",
        ),
    }
    let url = settings.place.blobs_url.clone();
    let url = url.or_else(|| folder.map(|folder| format!("file://{}", folder.join("blobs").display())));
    match url {
        Some(url) => blob_store(&url, longest, report).await,
        None => report.warn(
            BLOBS,
            "BLOBS_URL is not set: scans and final PDFs were not looked at",
            "set BLOBS_URL as the service has it",
        ),
    }
    Ok(())
}

async fn keys(
    settings: &DoctorSettings,
    at: &ReadPlace,
    folder: Option<&Path>,
    options: &PgConnectOptions,
    longest: Duration,
    report: &mut Report,
) -> anyhow::Result<()> {
    let sessions = SessionLimits { statement_timeout: longest, idle_in_transaction_timeout: longest };
    let schema = SchemaName::keys();
    if place(options) == place(&at.ledger) {
        report.fail(
            KEYS,
            "KEYS_URL and DATABASE_URL name the same database: a dump of the ledger holds the keys, and undoes an erasure",
            "give the keys a database of their own and move the schema gradeledger_keys there",
        );
    }
    let options = connect_options(options.clone(), &schema, sessions);
    let because = match timeout(longest, check_server(&options, &schema)).await {
        Ok(Ok(())) => {
            report.ok(KEYS, format!("{} answers, as role {}", place(&options), options.get_username()));
            migrated(&options, longest, report).await;
            match master_key(settings, folder)? {
                Some(master) => {
                    opened(&options, master, next_master_key(settings)?, longest, report).await;
                }
                None => report.warn(
                    MASTER,
                    "none was given, so that no key could be opened",
                    "set MASTER_KEY_FILE as the service has it",
                ),
            }
            return Ok(());
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("{} gave no answer within {} s", place(&options), longest.as_secs_f32()),
    };
    report.fail(
        KEYS,
        because,
        "see that the server runs and that KEYS_URL names it: without keys no scan is read and no text is shown, and no token \
         is taken",
    );
    Ok(())
}

async fn migrated(options: &PgConnectOptions, longest: Duration, report: &mut Report) {
    const CHECK: &str = "key migrations";
    let asking = async {
        let mut connection: PgConnection = options.connect().await?;
        let standing = migrations::keys_standing(&mut connection).await?;
        Ok((standing, connection))
    };
    if let Some((standing, mut connection)) = report.asked(CHECK, longest, asking).await {
        told(CHECK, &format!("schema {}", SchemaName::keys()), &standing, report);
        if standing.missing.is_empty() {
            super::roles::examine("key roles", Store::Keys, &mut connection, longest, report).await;
        }
    }
}

const MASTER: &str = "master key";

/// The master key, read and never made; none where none is named.
fn master_key(
    settings: &DoctorSettings,
    folder: Option<&Path>,
) -> anyhow::Result<Option<Result<MasterKey, MasterKeyError>>> {
    let place = &settings.place;
    if let Some(file) = &place.master_key_file {
        return Ok(Some(MasterKey::read(file)));
    }
    if let Some(text) = place.variable("MASTER_KEY")? {
        return Ok(Some(MasterKey::from_text(&text)));
    }
    Ok(folder.map(|folder| MasterKey::read(&folder.join("master.key"))))
}

/// The one that the store is being moved to; none where none is named.
fn next_master_key(settings: &DoctorSettings) -> anyhow::Result<Option<Result<MasterKey, MasterKeyError>>> {
    let place = &settings.place;
    if let Some(file) = &place.new_master_key_file {
        return Ok(Some(MasterKey::read(file)));
    }
    Ok(place.variable("NEW_MASTER_KEY")?.map(|text| MasterKey::from_text(&text)))
}

/// What to do about a master key that cannot be read.
fn file_advice(error: &MasterKeyError) -> &'static str {
    match error {
        MasterKeyError::NotAKey => {
            "what is there was cut, or never was a key: bring the whole file back from where it is kept apart from the databases. A \
             new key opens nothing of this store's"
        }
        MasterKeyError::Readable { .. } => {
            "close the file to others as it says; and where others had a login on this machine meanwhile, take the key for known \
             and move the store to a new one: `gradeledger keys rotate`"
        }
        MasterKeyError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            "bring the key file back from where it is kept apart from the databases, or name it rightly (MASTER_KEY_FILE); without \
             it nothing that was sealed opens again, and no other key does"
        }
        MasterKeyError::File { .. } => {
            "let the account of the service read the file: its owner is to be that account, its mode 600, and each folder above it \
             open to it"
        }
        MasterKeyError::Randomness(_) => "see that the operating system gives randomness (getrandom)",
    }
}

async fn opened(
    options: &PgConnectOptions,
    master: Result<MasterKey, MasterKeyError>,
    next: Option<Result<MasterKey, MasterKeyError>>,
    longest: Duration,
    report: &mut Report,
) {
    let masters = match (master, next) {
        (Ok(master), None) => MasterKeys::new(master, None),
        (Ok(master), Some(Ok(next))) => MasterKeys::new(master, Some(next)),
        (Err(error), _) => return report.fail(MASTER, error.to_string(), file_advice(&error)),
        (Ok(_), Some(Err(error))) => {
            return report.fail(MASTER, format!("the new one: {error}"), file_advice(&error));
        }
    };
    let opening = async {
        let store = KeyStore::open_existing(options.clone(), &masters).await?;
        let opened = store.open_newest().await;
        store.close().await;
        opened
    };
    let detail = match timeout(longest, opening).await {
        Ok(Ok(Some(key))) => {
            report.ok(MASTER, "it is this key store's own");
            return report.ok("data keys", format!("the newest opens ({key})"));
        }
        Ok(Ok(None)) => {
            report.ok(MASTER, "it is this key store's own");
            return report.ok("data keys", "none yet");
        }
        Ok(Err(error @ VaultError::WrongMasterKey)) => {
            let advice = "it is a key, and another store's: bring this store's own back from where it is kept apart from the \
                          databases, or point KEYS_URL at the store that the key is of; without its key nothing that was sealed \
                          opens again";
            return report.fail(MASTER, error.to_string(), advice);
        }
        Ok(Err(error @ VaultError::NoMasterKey)) => {
            let advice = "where the service has not run yet, start it once with the key that is to be the store's; where it has, \
                          KEYS_URL names another database than it used, or this one was made anew: restore it from its backup \
                          before anything is sealed under a new key";
            return report.warn(MASTER, error.to_string(), advice);
        }
        Ok(Err(error @ (VaultError::RotationUnderWay { .. } | VaultError::MasterKeyMoved))) => {
            let advice = "end the rotation: run `gradeledger keys rotate` again, with the two keys that it was begun with; until then \
                          every process needs both (MASTER_KEY_FILE, NEW_MASTER_KEY_FILE)";
            return report.fail(MASTER, error.to_string(), advice);
        }
        Ok(Err(error @ VaultError::DamagedKey(_))) => {
            report.ok(MASTER, "it is this key store's own");
            let advice = "restore the table data_keys from a backup of the key store: what is sealed under a damaged key is lost \
                          otherwise";
            return report.fail("data keys", error.to_string(), advice);
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", longest.as_secs_f32()),
    };
    report.fail(
        MASTER,
        format!("could not be held against the key store: {detail}"),
        "see what the checks before it say",
    );
}

const BLOBS: &str = "blobs";

/// A URL without what it may hold beside the place: user, password, query.
fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, place)| place))
        }
        None => url.to_owned(),
    }
}

async fn blob_store(url: &str, longest: Duration, report: &mut Report) {
    let shown = without_secrets(url);
    let because = match timeout(longest, blobs::probe(url)).await {
        Ok(Ok(())) => {
            return report.ok(BLOBS, format!("{shown}: a probe was written, read back and deleted"));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", longest.as_secs_f32()),
    };
    report.fail(
        BLOBS,
        format!("{shown}: {because}"),
        "see that the folder is there, its volume mounted, and that the account of the service may write to it (or that the bucket \
         takes its credentials): imports and finalisations fail until then",
    );
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let shown = ["file:///srv/blobs", "s3://key:secret@bucket/scans?token=secret", "nonsense"]
            .map(without_secrets);
        assert_eq!(shown, ["file:///srv/blobs", "s3://bucket/scans", "nonsense"]);
    }
}
