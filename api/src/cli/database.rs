//! From where the ledger is to connections, keys and blobs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use migrations::{PrivatePostgres, SchemaName, SessionLimits, check_server, connect_options};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::ledger_roles::{LedgerRoles, refuse_other_version};
use super::settings::{Hand, Place, ReadPlace};
use crate::blobs::Blobs;
use crate::limits::DatabaseLimits;
use crate::vault::{KeyStore, MasterKey, MasterKeys, ServerKeys, Vault};

/// Everything that a ledger is kept in, migrated and open.
#[derive(Debug)]
pub struct Stores {
    /// The ledger's database, for appending and for the vault.
    pub ledger: PgPool,
    /// The same database, for keeping the views and what goes with them; the same pool where one role does everything.
    pub projecting: PgPool,
    /// The same database, for reading; likewise.
    pub reading: PgPool,
    /// The key store's database.
    pub keys: PgPool,
    /// Data keys, unwrapped by the master key.
    pub key_store: KeyStore,
    /// Scans, pages and final PDFs.
    pub blobs: Blobs,
    /// The keys of the service itself.
    pub server_keys: ServerKeys,
    /// The private Postgres behind the pools, if it is one.
    private: Option<PrivatePostgres>,
}

/// Reaches the databases of a place and brings them to this version.
pub(crate) struct Databases {
    /// With the writer's role, where the parts have roles.
    pub(crate) ledger: PgConnectOptions,
    /// The parts' roles.
    roles: Option<LedgerRoles>,
    pub(crate) keys: PgConnectOptions,
    limits: DatabaseLimits,
    private: Option<PrivatePostgres>,
}

impl Databases {
    /// The databases as the service uses them: under the parts' roles where it has them, and else as the one that migrates.
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        match LedgerRoles::of(place)? {
            Some(roles) => Self::under(place, roles).await,
            None => Self::migrated(place).await,
        }
    }

    async fn under(place: &Place, roles: LedgerRoles) -> anyhow::Result<Self> {
        let (schema, keys_schema) = (place.schema()?, SchemaName::keys());
        let limits = place.limits()?.database;
        let sessions = limits.sessions();
        let Some(keys) = place.variable("KEYS_URL")? else { bail!("KEYS_URL is not set") };
        let keys = keys.parse().context("KEYS_URL is no Postgres URL")?;
        if migrations::place(&keys) == migrations::place(&roles.writer) {
            bail!("KEYS_URL and WRITER_URL name the same database; the keys need one of their own");
        }
        let keys = connect_options(keys, &keys_schema, sessions);
        let roles = roles.map(|role| connect_options(role, &schema, sessions));
        for (options, schema) in [
            (&roles.writer, &schema),
            (&roles.projector, &schema),
            (&roles.reader, &schema),
            (&keys, &keys_schema),
        ] {
            check_server(options, schema).await?;
        }
        roles.check(&keys).await?;
        Ok(Self { ledger: roles.writer.clone(), roles: Some(roles), keys, limits, private: None })
    }

    /// The databases as their owner has them, brought to this version.
    pub(crate) async fn migrated(place: &Place) -> anyhow::Result<Self> {
        let (schema, keys_schema) = (place.schema()?, SchemaName::keys());
        let limits = place.limits()?.database;
        let databases = place.source()?.open().await?;
        let (ledger, keys) = sessions(place, databases.ledger.clone(), databases.keys.clone())?;
        check_server(&ledger, &schema).await?;
        check_server(&keys, &keys_schema).await?;
        migrations::migrate_ledger(&databases.ledger, &schema).await?;
        migrations::migrate_keys(&databases.keys, &keys_schema).await?;
        Ok(Self { ledger, roles: None, keys, limits, private: databases.private })
    }

    pub(crate) fn private_folder(&self) -> Option<PathBuf> {
        self.private.as_ref().map(|private| private.data_folder().to_owned())
    }

    /// Stops the private Postgres if nobody else uses it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        close(self.private).await
    }

    fn pools(&self) -> Pools {
        let limits = &self.limits;
        let pool = |connections, options: &PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(limits.acquire)
                .connect_lazy_with(options.clone())
        };
        let ledger = pool(limits.ledger_connections, &self.ledger);
        let (projecting, reading) = match &self.roles {
            Some(roles) => (
                pool(limits.projector_connections, &roles.projector),
                pool(limits.reader_connections, &roles.reader),
            ),
            None => (ledger.clone(), ledger.clone()),
        };
        Pools { ledger, projecting, reading, keys: pool(limits.keys_connections, &self.keys) }
    }
}

/// The same options, for sessions that see the schemas of ledger and keys.
pub(crate) fn sessions(
    place: &Place,
    ledger: PgConnectOptions,
    keys: PgConnectOptions,
) -> anyhow::Result<(PgConnectOptions, PgConnectOptions)> {
    let sessions = place.limits()?.database.sessions();
    Ok((
        connect_options(ledger, &place.schema()?, sessions),
        connect_options(keys, &SchemaName::keys(), sessions),
    ))
}

/// The same for the key store alone.
pub(crate) fn key_session(place: &Place, keys: PgConnectOptions) -> anyhow::Result<PgConnectOptions> {
    Ok(connect_options(keys, &SchemaName::keys(), place.limits()?.database.sessions()))
}

/// As [`Stores`] has them.
struct Pools {
    ledger: PgPool,
    projecting: PgPool,
    reading: PgPool,
    keys: PgPool,
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
            Ok(stores) => Ok(Self { private: databases.private, ..stores }),
            Err(error) => {
                // What was started for nothing must not stay behind.
                databases.close().await?;
                Err(error)
            }
        }
    }

    async fn open_in(place: &Place, databases: &Databases, folder: Option<&Path>) -> anyhow::Result<Self> {
        let masters = MasterKeys::new(master_key(place, folder)?, new_master_key(place)?);
        let key_store = KeyStore::open(databases.keys.clone(), &masters).await?;
        let server_keys = key_store.server_keys().await?;
        let blobs = blobs(place, folder, &key_store)?;
        Ok(Self::of(databases.pools(), key_store, blobs, server_keys))
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
        let databases =
            Databases { ledger, roles: None, keys, limits: DatabaseLimits::default(), private: None };
        let key_store = KeyStore::open(databases.keys.clone(), master).await?;
        let server_keys = key_store.server_keys().await?;
        let blobs = Blobs::in_folder(blobs, key_store.clone())?;
        Ok(Self::of(databases.pools(), key_store, blobs, server_keys))
    }

    fn of(pools: Pools, key_store: KeyStore, blobs: Blobs, server_keys: ServerKeys) -> Self {
        let Pools { ledger, projecting, reading, keys } = pools;
        Self { ledger, projecting, reading, keys, key_store, blobs, server_keys, private: None }
    }

    /// Whether the parts of the service have pools of their own, each under its role.
    pub(crate) fn are_under_roles(&self) -> bool {
        self.ledger.connect_options().get_username() != self.reading.connect_options().get_username()
    }

    /// Closes the pools, and stops the private Postgres if nobody else uses it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        for pool in [self.ledger, self.projecting, self.reading, self.keys] {
            pool.close().await;
        }
        self.key_store.close().await;
        close(self.private).await
    }
}

/// The ledger's database and nothing beside it: for an auditor, who has neither keys nor blobs, and for what is done to
/// views.
pub(crate) struct LedgerAlone {
    pub(crate) pool: PgPool,
    /// Who reads the vault, where another role than the pool's does.
    sealed: Option<PgConnectOptions>,
    keys: Option<PgConnectOptions>,
    private: Option<PrivatePostgres>,
}

impl LedgerAlone {
    /// The ledger as it is, not migrated.
    pub(crate) async fn open(place: &Place, hand: Hand) -> anyhow::Result<Self> {
        Self::reached(place, place.for_reading(hand).await?).await
    }

    /// The ledger at the version of this binary, for who keeps the views.
    pub(crate) async fn migrated(place: &Place) -> anyhow::Result<Self> {
        let at = place.for_reading(Hand::Projector).await?;
        if LedgerRoles::of(place)?.is_none() {
            migrations::migrate_ledger(&at.ledger, &place.schema()?).await?;
            return Self::reached(place, at).await;
        }
        let ledger = Self::reached(place, at).await?;
        refuse_other_version(&migrations::ledger_standing(&mut *ledger.pool.acquire().await?).await?)?;
        Ok(ledger)
    }

    /// The ledger as it is, for questions that Postgres ends after `longest`.
    pub(crate) async fn looking(place: &Place, longest: Duration) -> anyhow::Result<Self> {
        Self::reached_within(place, place.for_reading(Hand::Reader).await?, longest).await
    }

    async fn reached(place: &Place, at: ReadPlace) -> anyhow::Result<Self> {
        // A walk over millions of events is one long statement after another.
        Self::reached_within(place, at, LONG_STATEMENT).await
    }

    async fn reached_within(place: &Place, at: ReadPlace, longest: Duration) -> anyhow::Result<Self> {
        let ReadPlace { ledger, sealed, keys, private } = at;
        let schema = place.schema()?;
        let limits = place.limits()?.database;
        let sessions = SessionLimits { statement_timeout: longest, ..limits.sessions() };
        let sealed = sealed.map(|sealed| connect_options(sealed, &schema, sessions));
        let options = connect_options(ledger, &schema, sessions);
        let keys = keys.map(|keys| connect_options(keys, &SchemaName::keys(), sessions));
        check_server(&options, &schema).await?;
        let pool = PgPoolOptions::new()
            .max_connections(limits.ledger_connections)
            .acquire_timeout(limits.acquire)
            .connect_lazy_with(options);
        Ok(Self { pool, sealed, keys, private })
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
        let masters = MasterKeys::new(master_key(place, folder)?, new_master_key(place)?);
        let keys = KeyStore::open_existing(keys.clone(), &masters).await?;
        let pool = match &self.sealed {
            Some(writer) => PgPoolOptions::new().max_connections(1).connect_lazy_with(writer.clone()),
            None => self.pool.clone(),
        };
        Ok(Some(Vault::new(pool, keys)))
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

/// The master key that the key store is being moved to; none where it is not.
pub(crate) fn new_master_key(place: &Place) -> anyhow::Result<Option<MasterKey>> {
    if let Some(file) = &place.new_master_key_file {
        return Ok(Some(MasterKey::read(file)?));
    }
    let text = place.variable("NEW_MASTER_KEY")?;
    text.map(|text| MasterKey::from_text(&text).context("NEW_MASTER_KEY")).transpose()
}

pub(crate) fn master_key(place: &Place, private_folder: Option<&Path>) -> anyhow::Result<MasterKey> {
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
