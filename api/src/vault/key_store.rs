//! The key store: data keys, wrapped by the master key, in a database of their own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{PgPool, Row as _};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{MasterKey, Purpose, Sealing, VaultError, VaultOwner};

/// The most connections to the key store's database. Keys are cached, so few are needed.
const CONNECTIONS: u32 = 4;
/// How long a request waits for one of them.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The most unwrapped keys that are held.
const CACHED_KEYS: usize = 10_000;
/// How long an unwrapped key is used before the store is asked again: the longest that a key outlives its destruction by
/// another process.
const KEY_AGE: Duration = Duration::from_secs(60);

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
    wrapping: Zeroizing<[u8; 32]>,
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
    pub async fn open(options: PgConnectOptions, master: &MasterKey) -> Result<Self, VaultError> {
        let pool = connect(options).await?;
        sqlx::query("INSERT INTO master_key (check_value) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(master.derive("check value").as_slice())
            .execute(&pool)
            .await?;
        let store = Self::checked(pool, master).await?;
        tokio::spawn(super::listen::run(Arc::downgrade(&store.inner)));
        Ok(store)
    }

    /// Opens the store for one who only reads: nothing is written, and a store that never had a master key is no store.
    ///
    /// # Errors
    /// As [`KeyStore::open`].
    pub async fn open_existing(options: PgConnectOptions, master: &MasterKey) -> Result<Self, VaultError> {
        Self::checked(connect(options).await?, master).await
    }

    async fn checked(pool: PgPool, master: &MasterKey) -> Result<Self, VaultError> {
        let check = master.derive("check value");
        let stored: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT check_value FROM master_key").fetch_optional(&pool).await?;
        if !stored.is_some_and(|stored| bool::from(stored.ct_eq(check.as_slice()))) {
            return Err(VaultError::WrongMasterKey);
        }
        let schema: String = sqlx::query_scalar("SELECT current_schema()::text").fetch_one(&pool).await?;
        let channel = format!("{schema}_erased_keys");
        let (by_id, by_owner) = (Cache::new(CACHED_KEYS), Cache::new(CACHED_KEYS));
        Ok(Self {
            inner: Arc::new(Inner { pool, channel, wrapping: master.derive("data keys"), by_id, by_owner }),
        })
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

    /// The key with this id; none once it was destroyed.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn opening_key(
        &self,
        id: Uuid,
        owner: VaultOwner,
        purpose: Purpose,
    ) -> Result<Option<Arc<DataKey>>, VaultError> {
        if let Some(key) = self.fresh(id) {
            return Ok(Some(key));
        }
        self.inner.by_id.remove(&id);
        let row = sqlx::query("SELECT key_id, wrapped FROM data_keys WHERE key_id = $1")
            .bind(id)
            .fetch_optional(&self.inner.pool)
            .await?;
        let key = row.map(|row| self.unwrap(&row, owner, purpose)).transpose()?;
        if let Some(key) = &key {
            self.inner.by_id.insert(id, Arc::clone(key));
        }
        Ok(key)
    }

    /// Opens the key that was made last, to see that keys open; none where there is none yet.
    ///
    /// # Errors
    /// [`VaultError::DamagedKey`], or [`VaultError::Database`].
    pub(crate) async fn open_newest(&self) -> Result<Option<Uuid>, VaultError> {
        let row = sqlx::query(
            "SELECT key_id, wrapped, owner_id, owner_kind, purpose FROM data_keys ORDER BY created_at DESC LIMIT 1",
        )
        .fetch_optional(&self.inner.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (id, wrapped, owner): (Uuid, &[u8], Uuid) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (kind, purpose): (&str, &str) = (row.try_get(3)?, row.try_get(4)?);
        let opened = Sealing(&self.inner.wrapping).open(&context_of(id, kind, owner, purpose), wrapped);
        opened.map(|_| Some(id)).ok_or(VaultError::DamagedKey(id))
    }

    fn fresh(&self, id: Uuid) -> Option<Arc<DataKey>> {
        self.inner.by_id.get(&id).filter(|key| key.read_at.elapsed() < KEY_AGE)
    }

    async fn stored_of(
        &self,
        owner: VaultOwner,
        purpose: Purpose,
    ) -> Result<Option<Arc<DataKey>>, VaultError> {
        let row = sqlx::query(
            "SELECT key_id, wrapped FROM data_keys WHERE owner_id = $1 AND owner_kind = $2 AND purpose = $3",
        )
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
        let wrapped = Sealing(&self.inner.wrapping).seal(&context(id, owner, purpose), key.as_slice())?;
        let made = sqlx::query(
            "INSERT INTO data_keys (key_id, owner_id, owner_kind, purpose, wrapped) SELECT $1, $2, $3, $4, $5 \
             WHERE NOT EXISTS (SELECT FROM erased_owners WHERE owner_id = $2 AND owner_kind = $3) ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .bind(owner.id())
        .bind(owner.kind())
        .bind(purpose.as_str())
        .bind(wrapped)
        .execute(&self.inner.pool)
        .await?;
        if made.rows_affected() == 1 {
            return Ok(Arc::new(DataKey { id, key, read_at: Instant::now() }));
        }
        match self.stored_of(owner, purpose).await? {
            Some(key) => Ok(key),
            None if self.is_erased(owner).await? => Err(VaultError::Erased),
            None => Err(VaultError::Database(sqlx::Error::RowNotFound)),
        }
    }

    fn unwrap(&self, row: &PgRow, owner: VaultOwner, purpose: Purpose) -> Result<Arc<DataKey>, VaultError> {
        let (id, wrapped): (Uuid, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        let opened = Sealing(&self.inner.wrapping).open(&context(id, owner, purpose), wrapped);
        let key = opened.and_then(|key| key.as_slice().try_into().ok()).ok_or(VaultError::DamagedKey(id))?;
        Ok(Arc::new(DataKey { id, key: Zeroizing::new(key), read_at: Instant::now() }))
    }
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
fn context_of(id: Uuid, kind: &str, owner: Uuid, purpose: &str) -> Vec<u8> {
    format!("gradeledger-data-key v1\nkey {id}\nowner {kind} {owner}\npurpose {purpose}\n").into_bytes()
}
