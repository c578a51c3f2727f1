//! The key store: data keys, wrapped by the master key, in a database of their own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{PgPool, Row as _};
use tokio::sync::watch;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::master_keys::Held;
use super::master_standing::{Standing, held_for};
use super::{MasterKeys, Purpose, Sealing, ServerKeys, VaultError, VaultOwner, service_keys};

/// The most connections to the key store's database. Keys are cached, so few are needed.
const CONNECTIONS: u32 = 4;
/// How long a request waits for one of them.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The most unwrapped keys that are held.
const CACHED_KEYS: usize = 10_000;
/// How long an unwrapped key is used before the store is asked again: the longest that a key outlives its destruction by
/// another process.
const KEY_AGE: Duration = Duration::from_secs(60);
/// How often a new key is wrapped again because a rotation began or ended meanwhile.
const WRAPPINGS: u32 = 3;
/// SQLSTATE object_not_in_prerequisite_state, of `refuse_retired_master_key`.
const RETIRED_MASTER_KEY: &str = "55000";

/// An unwrapped data key. Wiped when dropped.
pub struct DataKey {
    id: Uuid,
    key: Zeroizing<[u8; 32]>,
    read_at: Instant,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({}, [secret])", self.id)
    }
}

impl DataKey {
    /// The key's id, which stands beside what it seals.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn sealing(&self) -> Sealing<'_> {
        Sealing(&self.key)
    }
}

/// The data keys of a ledger. Clones are the same store.
#[derive(Clone)]
pub struct KeyStore {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) pool: PgPool,
    /// On which processes tell each other that keys were destroyed.
    pub(super) channel: String,
    held: Vec<Held>,
    /// Whether a key was met that none of the master keys which are held opens.
    moved: watch::Sender<bool>,
    by_id: Cache<Uuid, Arc<DataKey>>,
    by_owner: Cache<(VaultOwner, Purpose), Uuid>,
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyStore")
    }
}

impl Inner {
    pub(super) fn forget(&self) {
        self.by_id.clear();
        self.by_owner.clear();
    }
}

impl KeyStore {
    /// Opens the store behind `options`, whose sessions see the key store's schema. The first master key that comes is the
    /// store's from then on.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] for any other; [`VaultError::Database`] where the store does not answer.
    pub async fn open(options: PgConnectOptions, masters: impl Into<MasterKeys>) -> Result<Self, VaultError> {
        let (pool, masters) = (connect(options).await?, masters.into());
        service_keys::ensure(&pool, &masters).await?;
        let store = Self::checked(pool, &masters).await?;
        tokio::spawn(super::listen::run(Arc::downgrade(&store.inner)));
        Ok(store)
    }

    /// Opens the store for one who only reads: nothing is written, and a store that never had a master key is no store.
    ///
    /// # Errors
    /// As [`KeyStore::open`].
    pub async fn open_existing(
        options: PgConnectOptions,
        masters: impl Into<MasterKeys>,
    ) -> Result<Self, VaultError> {
        Self::checked(connect(options).await?, &masters.into()).await
    }

    async fn checked(pool: PgPool, masters: &MasterKeys) -> Result<Self, VaultError> {
        let held = masters.held();
        Standing::read(&pool).await?.ok_or(VaultError::NoMasterKey)?.admits(&held)?;
        let schema: String = sqlx::query_scalar("SELECT current_schema()::text").fetch_one(&pool).await?;
        let channel = format!("{schema}_erased_keys");
        let (by_id, by_owner) = (Cache::new(CACHED_KEYS), Cache::new(CACHED_KEYS));
        let moved = watch::Sender::new(false);
        Ok(Self { inner: Arc::new(Inner { pool, channel, held, moved, by_id, by_owner }) })
    }

    /// The keys of the service itself.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn server_keys(&self) -> Result<ServerKeys, VaultError> {
        service_keys::read(&self.inner.pool, &self.inner.held).await
    }

    /// Waits until a key is met that none of the master keys which are held opens: the store was moved to another, and this
    /// process cannot go on for long.
    pub async fn moved_away(&self) {
        let mut moved = self.inner.moved.subscribe();
        // The sender lives as long as the store does.
        let _ = moved.wait_for(|moved| *moved).await;
    }

    /// The store's database, for what stands there beside the keys.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// Drops every key from the memory of this process.
    pub(super) fn forget(&self) {
        self.inner.forget();
    }

    /// Closes the connections of all clones.
    pub(crate) async fn close(&self) {
        self.inner.pool.close().await;
    }

    /// The key under which this owner's texts of this purpose are sealed; made at the first use.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn sealing_key(&self, owner: VaultOwner, purpose: Purpose) -> Result<Arc<DataKey>, VaultError> {
        let inner = &self.inner;
        if let Some(key) = inner.by_owner.get(&(owner, purpose)).and_then(|id| self.fresh(id)) {
            return Ok(key);
        }
        let key = match self.stored_of(owner, purpose).await? {
            Some(key) => key,
            None => self.make(owner, purpose).await?,
        };
        inner.by_owner.insert((owner, purpose), key.id);
        inner.by_id.insert(key.id, Arc::clone(&key));
        Ok(key)
    }

    /// The key with this id; none once it was destroyed. Whose it is, stands beside it: what it opens is bound to its own
    /// owner and purpose, so a text that was moved to another owner does not open.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn opening_key(&self, id: Uuid) -> Result<Option<Arc<DataKey>>, VaultError> {
        if let Some(key) = self.fresh(id) {
            return Ok(Some(key));
        }
        self.inner.by_id.remove(&id);
        let row = sqlx::query(include_str!("data_key.sql"))
            .bind(id)
            .bind(None::<Uuid>)
            .bind(None::<&str>)
            .bind(None::<&str>)
            .fetch_optional(&self.inner.pool)
            .await?;
        let key = row.map(|row| self.opened_as_stored(&row)).transpose()?;
        if let Some(key) = &key {
            self.inner.by_id.insert(id, Arc::clone(key));
        }
        Ok(key)
    }

    fn opened_as_stored(&self, row: &PgRow) -> Result<Arc<DataKey>, VaultError> {
        let (owner, kind, purpose): (Uuid, &str, &str) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let (id, key) = self.opened(row, |id| context_of(id, kind, owner, purpose))?;
        Ok(Arc::new(DataKey { id, key, read_at: Instant::now() }))
    }

    /// Opens the key that was made last, to see that keys open; none where there is none yet.
    ///
    /// # Errors
    /// [`VaultError::DamagedKey`], or [`VaultError::Database`].
    pub(crate) async fn open_newest(&self) -> Result<Option<Uuid>, VaultError> {
        let newest = sqlx::query(include_str!("newest_data_key.sql"));
        let Some(row) = newest.fetch_optional(&self.inner.pool).await? else { return Ok(None) };
        Ok(Some(self.opened_as_stored(&row)?.id))
    }

    fn fresh(&self, id: Uuid) -> Option<Arc<DataKey>> {
        self.inner.by_id.get(&id).filter(|key| key.read_at.elapsed() < KEY_AGE)
    }

    async fn stored_of(
        &self,
        owner: VaultOwner,
        purpose: Purpose,
    ) -> Result<Option<Arc<DataKey>>, VaultError> {
        let row = sqlx::query(include_str!("data_key.sql"))
            .bind(None::<Uuid>)
            .bind(owner.id())
            .bind(owner.kind())
            .bind(purpose.as_str())
            .fetch_optional(&self.inner.pool)
            .await?;
        row.map(|row| self.unwrap(&row, owner, purpose)).transpose()
    }

    /// Makes a key; of several processes that do at once, the first one's stays.
    async fn make(&self, owner: VaultOwner, purpose: Purpose) -> Result<Arc<DataKey>, VaultError> {
        let (id, mut key) = (Uuid::now_v7(), Zeroizing::new([0; 32]));
        getrandom::fill(key.as_mut_slice())?;
        let mut wrappings = 1;
        let is_first = loop {
            match self.insert(id, &key, owner, purpose).await {
                Err(VaultError::Database(error)) if is_retired(&error) && wrappings < WRAPPINGS => {
                    wrappings += 1
                }
                made => break made?,
            }
        };
        if is_first {
            return Ok(Arc::new(DataKey { id, key, read_at: Instant::now() }));
        }
        match self.stored_of(owner, purpose).await? {
            Some(key) => Ok(key),
            None if self.is_erased(owner).await? => Err(VaultError::Erased),
            None => Err(VaultError::Database(sqlx::Error::RowNotFound)),
        }
    }

    /// Stores a key, wrapped by the master key that takes new ones now; answers whether its owner had none and may have one: an
    /// owner that was erased gets no key again.
    async fn insert(
        &self,
        id: Uuid,
        key: &Zeroizing<[u8; 32]>,
        owner: VaultOwner,
        purpose: Purpose,
    ) -> Result<bool, VaultError> {
        let standing = Standing::read(&self.inner.pool).await?.ok_or(VaultError::NoMasterKey)?;
        let (generation, master) = standing.for_new(&self.inner.held).ok_or_else(|| self.has_moved())?;
        let made = sqlx::query(
            "INSERT INTO data_keys (key_id, owner_id, owner_kind, purpose, wrapped, generation) \
             SELECT $1, $2, $3, $4, $5, $6 \
             WHERE NOT EXISTS (SELECT FROM erased_owners WHERE owner_id = $2 AND owner_kind = $3) ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .bind(owner.id())
        .bind(owner.kind())
        .bind(purpose.as_str())
        .bind(Sealing(&master.wrapping).seal(&context(id, owner, purpose), key.as_slice())?)
        .bind(generation)
        .execute(&self.inner.pool)
        .await?;
        Ok(made.rows_affected() == 1)
    }

    fn unwrap(&self, row: &PgRow, owner: VaultOwner, purpose: Purpose) -> Result<Arc<DataKey>, VaultError> {
        let (id, key) = self.opened(row, |id| context(id, owner, purpose))?;
        Ok(Arc::new(DataKey { id, key, read_at: Instant::now() }))
    }

    /// Opens the key of a row: its id, the wrapped key, and what tells the master key that wraps it.
    fn opened(
        &self,
        row: &PgRow,
        context: impl Fn(Uuid) -> Vec<u8>,
    ) -> Result<(Uuid, Zeroizing<[u8; 32]>), VaultError> {
        let (id, wrapped, check): (Uuid, &[u8], Option<&[u8]>) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let master = check.ok_or(VaultError::DamagedKey(id))?;
        let master = held_for(&self.inner.held, master).ok_or_else(|| self.has_moved())?;
        let opened = Sealing(&master.wrapping).open(&context(id), wrapped);
        let key = opened.and_then(|key| key.as_slice().try_into().ok()).ok_or(VaultError::DamagedKey(id))?;
        Ok((id, Zeroizing::new(key)))
    }

    fn has_moved(&self) -> VaultError {
        self.inner.moved.send_replace(true);
        VaultError::MasterKeyMoved
    }
}

fn is_retired(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some(RETIRED_MASTER_KEY)
}

async fn connect(options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
}

fn context(id: Uuid, owner: VaultOwner, purpose: Purpose) -> Vec<u8> {
    context_of(id, owner.kind(), owner.id(), purpose.as_str())
}

/// What a wrapped key is bound to: under the name of another owner or purpose it does not open.
pub(super) fn context_of(id: Uuid, kind: &str, owner: Uuid, purpose: &str) -> Vec<u8> {
    format!("gradeledger-data-key v1\nkey {id}\nowner {kind} {owner}\npurpose {purpose}\n").into_bytes()
}
