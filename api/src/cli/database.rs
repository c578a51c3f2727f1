//! From where the ledger is to connections, keys and blobs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use migrations::{PrivatePostgres, SchemaName, SessionLimits, check_server, connect_options};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::settings::{Place, ReadPlace};
use crate::blobs::Blobs;
use crate::limits::DatabaseLimits;
use crate::vault::{KeyStore, MasterKey, ServerKeys, Vault};

/// Everything that a ledger is kept in, migrated and open.
#[derive(Debug)]
pub struct Stores {
    /// The ledger's database.
    pub ledger: PgPool,
    /// The key store's database.
    pub keys: PgPool,
    /// Data keys, unwrapped by the master key.
    pub key_store: KeyStore,
    /// Scans, pages and final PDFs.
    pub blobs: Blobs,
    /// Keys derived from the master key.
    pub server_keys: ServerKeys,
    /// The private Postgres behind the pools, if it is one.
    private: Option<PrivatePostgres>,
}

/// Reaches the databases of a place and brings them to this version.
pub(crate) struct Databases {
    pub(crate) ledger: PgConnectOptions,
    pub(crate) keys: PgConnectOptions,
    limits: DatabaseLimits,
    private: Option<PrivatePostgres>,
}

impl Databases {
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        let (schema, keys_schema) = (place.schema()?, SchemaName::keys());
        let limits = place.limits()?.database;
        let databases = place.source()?.open().await?;
        let sessions = SessionLimits {
            statement_timeout: limits.statement,
            idle_in_transaction_timeout: limits.idle_in_transaction,
        };
        let ledger = connect_options(databases.ledger.clone(), &schema, sessions);
        let keys = connect_options(databases.keys.clone(), &keys_schema, sessions);
        check_server(&ledger, &schema).await?;
        check_server(&keys, &keys_schema).await?;
        migrations::migrate_ledger(&databases.ledger, &schema).await?;
        migrations::migrate_keys(&databases.keys, &keys_schema).await?;
        Ok(Self { ledger, keys, limits, private: databases.private })
    }

    pub(crate) fn private_folder(&self) -> Option<PathBuf> {
        self.private.as_ref().map(|private| private.data_folder().to_owned())
    }

    /// Stops the private Postgres if nobody else uses it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        close(self.private).await
    }

    fn pools(&self) -> (PgPool, PgPool) {
        let limits = &self.limits;
        let pool = |connections, options: &PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(limits.acquire)
                .connect_lazy_with(options.clone())
        };
        (pool(limits.ledger_connections, &self.ledger), pool(limits.keys_connections, &self.keys))
    }
}

async fn close(private: Option<PrivatePostgres>) -> anyhow::Result<()> {
    if let Some(private) = private {
        private.stop().await.context("stopping the private Postgres")?;
    }
    Ok(())
}

impl Stores {
    /// Opens the stores of a place whose source is decided, by the command line or by the demo.
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        let databases = Databases::open(place).await?;
        let folder = databases.private_folder();
        match Self::open_in(place, &databases, folder.as_deref()).await {
            Ok((ledger, keys, key_store, blobs, server_keys)) => {
                Ok(Self { ledger, keys, key_store, blobs, server_keys, private: databases.private })
            }
            Err(error) => {
                // What was started for nothing must not stay behind.
                databases.close().await?;
                Err(error)
            }
        }
    }

    async fn open_in(
        place: &Place,
        databases: &Databases,
        folder: Option<&Path>,
    ) -> anyhow::Result<(PgPool, PgPool, KeyStore, Blobs, ServerKeys)> {
        let master = master_key(place, folder)?;
        let key_store = KeyStore::open(databases.keys.clone(), &master).await?;
        let blobs = blobs(place, folder, &key_store)?;
        let (ledger, keys) = databases.pools();
        Ok((ledger, keys, key_store, blobs, ServerKeys::of(&master)))
    }

    /// The stores of two databases that are migrated already, with blobs in a local folder.
    ///
    /// # Errors
    /// A key store of another master key, or a folder that cannot be used.
    pub async fn at(
        ledger: PgConnectOptions,
        keys: PgConnectOptions,
        blobs: &Path,
        master: &MasterKey,
    ) -> anyhow::Result<Self> {
        let databases = Databases { ledger, keys, limits: DatabaseLimits::default(), private: None };
        let key_store = KeyStore::open(databases.keys.clone(), master).await?;
        let blobs = Blobs::in_folder(blobs, key_store.clone())?;
        let (ledger, keys) = databases.pools();
        Ok(Self { ledger, keys, key_store, blobs, server_keys: ServerKeys::of(master), private: None })
    }

    /// Closes the pools, and stops the private Postgres if nobody else uses it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.ledger.close().await;
        self.keys.close().await;
        self.key_store.close().await;
        close(self.private).await
    }
}

/// The ledger's database and nothing beside it: for an auditor, who has neither keys nor blobs, and for what is done to
/// views.
pub(crate) struct LedgerAlone {
    pub(crate) pool: PgPool,
    keys: Option<PgConnectOptions>,
    private: Option<PrivatePostgres>,
}

impl LedgerAlone {
    /// The ledger as it is, not migrated.
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        Self::reached(place, place.for_reading().await?).await
    }

    /// The ledger at the version of this binary.
    pub(crate) async fn migrated(place: &Place) -> anyhow::Result<Self> {
        let at = place.for_reading().await?;
        migrations::migrate_ledger(&at.ledger, &place.schema()?).await?;
        Self::reached(place, at).await
    }

    /// The ledger as it is, for questions that Postgres ends after `longest`.
    pub(crate) async fn looking(place: &Place, longest: Duration) -> anyhow::Result<Self> {
        Self::reached_within(place, place.for_reading().await?, longest).await
    }

    async fn reached(place: &Place, at: ReadPlace) -> anyhow::Result<Self> {
        // A walk over millions of events is one long statement after another.
        Self::reached_within(place, at, LONG_STATEMENT).await
    }

    async fn reached_within(place: &Place, at: ReadPlace, longest: Duration) -> anyhow::Result<Self> {
        let ReadPlace { ledger, keys, private } = at;
        let schema = place.schema()?;
        let limits = place.limits()?.database;
        let sessions = SessionLimits {
            statement_timeout: longest,
            idle_in_transaction_timeout: limits.idle_in_transaction,
        };
        let options = connect_options(ledger, &schema, sessions);
        let keys = keys.map(|keys| connect_options(keys, &SchemaName::keys(), sessions));
        check_server(&options, &schema).await?;
        let pool = PgPoolOptions::new()
            .max_connections(limits.ledger_connections)
            .acquire_timeout(limits.acquire)
            .connect_lazy_with(options);
        Ok(Self { pool, keys, private })
    }

    /// Where the ledger is; never the password.
    pub(crate) fn name(&self) -> String {
        migrations::place(&self.pool.connect_options())
    }

    /// The database of the keys, if it is named.
    pub(crate) fn keys_pool(&self, longest: Duration) -> Option<PgPool> {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(longest);
        self.keys.as_ref().map(|keys| pool.connect_lazy_with(keys.clone()))
    }

    /// The folder of the blobs, if they are named and lie in one.
    pub(crate) fn blob_folder(&self, place: &Place) -> Option<PathBuf> {
        match &place.blobs_url {
            Some(url) => url.strip_prefix("file://").map(PathBuf::from),
            None => self.private.as_ref().map(|private| private.data_folder().join("blobs")),
        }
    }

    /// The vault, where its keys are at hand: the key store is named, and the master key with it.
    pub(crate) async fn vault(&self, place: &Place) -> anyhow::Result<Option<Vault>> {
        let folder = self.private.as_ref().map(PrivatePostgres::data_folder);
        let named = place.master_key_file.is_some() || place.variable("MASTER_KEY")?.is_some();
        let (Some(keys), true) = (&self.keys, named || folder.is_some()) else { return Ok(None) };
        let master = master_key(place, folder)?;
        let keys = KeyStore::open_existing(keys.clone(), &master).await?;
        Ok(Some(Vault::new(self.pool.clone(), keys)))
    }

    /// The vault, or on stderr why texts stay sealed. An auditor may have the ledger alone, and an operator a key store that is
    /// down: what else there is to tell is told all the same.
    pub(crate) async fn vault_or_say(&self, place: &Place) -> Option<Vault> {
        match self.vault(place).await {
            Ok(Some(vault)) => Some(vault),
            Ok(None) => {
                eprintln!("texts stay sealed: set KEYS_URL and MASTER_KEY_FILE to have them opened");
                None
            }
            Err(error) => {
                eprintln!("texts stay sealed: {error:#}");
                None
            }
        }
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.pool.close().await;
        close(self.private).await
    }
}

/// The longest statement of an auditor.
const LONG_STATEMENT: Duration = Duration::from_secs(3_600);

fn master_key(place: &Place, private_folder: Option<&Path>) -> anyhow::Result<MasterKey> {
    if let Some(file) = &place.master_key_file {
        return Ok(MasterKey::read(file)?);
    }
    if let Some(text) = place.variable("MASTER_KEY")? {
        return MasterKey::from_text(&text).context("MASTER_KEY");
    }
    match private_folder {
        Some(folder) => Ok(MasterKey::read_or_make(&folder.join("master.key"))?),
        None => bail!(
            "no master key was given; make one with `(umask 077; openssl rand -hex 32 > master.key)`, keep it where no \
             backup of the databases goes, and set MASTER_KEY_FILE"
        ),
    }
}

fn blobs(place: &Place, private_folder: Option<&Path>, keys: &KeyStore) -> anyhow::Result<Blobs> {
    match (&place.blobs_url, private_folder) {
        (Some(url), _) => blobs_at(url, keys),
        (None, Some(folder)) => Ok(Blobs::in_folder(&folder.join("blobs"), keys.clone())?),
        (None, None) => {
            bail!("BLOBS_URL is not set; name a folder for scans and final PDFs, such as file:///srv/blobs")
        }
    }
}

fn blobs_at(url: &str, keys: &KeyStore) -> anyhow::Result<Blobs> {
    match url.split_once("://") {
        Some(("file", path)) if path.starts_with('/') => Ok(Blobs::in_folder(Path::new(path), keys.clone())?),
        #[cfg(feature = "s3")]
        Some(("s3", _)) => Ok(Blobs::at_url(url, [], keys.clone())?),
        #[cfg(not(feature = "s3"))]
        Some(("s3", _)) => bail!("this gradeledger was built without S3; build it with `--features s3`"),
        _ => bail!("BLOBS_URL is file:///an/absolute/folder or s3://bucket/prefix, not {url}"),
    }
}

/// `gradeledger migrate`.
pub(crate) async fn migrate(place: &Place) -> anyhow::Result<ExitCode> {
    Databases::open(place).await?.close().await?;
    println!("the databases are at the version of gradeledger {}", env!("CARGO_PKG_VERSION"));
    Ok(ExitCode::SUCCESS)
}
