//! Sealing texts for the vault, and opening them.

use std::collections::HashMap;

use domain::{Commitment, CopyId, Digest, OperationsId, SubjectId};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyStore, Purpose, SecretText, VaultError, VaultOwner};

const SALT_BYTES: usize = 32;

/// How many sealed texts are read at once.
const ROWS_A_READ: usize = 1_000;

/// Seals personal texts, and opens them for those who may read them.
#[derive(Clone, Debug)]
pub struct Vault {
    pool: PgPool,
    keys: KeyStore,
}

/// A sealed text: the commitment for the event, the row for the append.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// What the event holds.
    pub commitment: Commitment,
    /// What is appended with the event, through [`Order::vault`](crate::ledger::Order::vault).
    pub row: VaultRow,
}

/// A row of the `vault` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultRow {
    pub(crate) commitment: Commitment,
    pub(crate) key_id: Uuid,
    pub(crate) owner: VaultOwner,
    pub(crate) purpose: Purpose,
    /// Salt and text, under the key.
    pub(crate) sealed: Vec<u8>,
}

/// What a commitment opens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The text.
    Text(SecretText),
    /// The text or its key was erased; readers see `[erased]`.
    Erased,
}

impl Opened {
    /// The text, or what stands in its place.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) => text.expose(),
            Self::Erased => "[erased]",
        }
    }
}

impl Vault {
    /// The vault of the ledger behind `pool`, with the keys in `keys`.
    #[must_use]
    pub const fn new(pool: PgPool, keys: KeyStore) -> Self {
        Self { pool, keys }
    }

    /// Seals a text under the owner's key for this purpose. Nothing is stored: the row goes into the append.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn seal(&self, owner: VaultOwner, purpose: Purpose, text: &str) -> Result<Sealed, VaultError> {
        let key = self.keys.sealing_key(owner, purpose).await?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        let commitment = Commitment::to(&salt, text.as_bytes());
        let mut salted = Zeroizing::new(Vec::with_capacity(SALT_BYTES + text.len()));
        salted.extend_from_slice(&salt);
        salted.extend_from_slice(text.as_bytes());
        let sealed = key.sealing().seal(&context(owner, purpose, commitment), &salted)?;
        Ok(Sealed { commitment, row: VaultRow { commitment, key_id: key.id(), owner, purpose, sealed } })
    }

    /// Opens what these commitments stand for. Every one of them is in the answer.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where a row is not what was sealed.
    pub async fn open(&self, commitments: &[Commitment]) -> Result<HashMap<Commitment, Opened>, VaultError> {
        self.open_with(&[], commitments).await
    }

    /// The same, for whoever has some of the rows at hand: those are not read again.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn open_with(
        &self,
        at_hand: &[VaultRow],
        commitments: &[Commitment],
    ) -> Result<HashMap<Commitment, Opened>, VaultError> {
        let mut opened: HashMap<_, _> =
            commitments.iter().map(|commitment| (*commitment, Opened::Erased)).collect();
        let mut to_read = Vec::with_capacity(commitments.len());
        for commitment in commitments {
            match at_hand.iter().find(|row| row.commitment == *commitment) {
                Some(row) => _ = opened.insert(*commitment, self.open_row(row).await?),
                None => to_read.push(*commitment),
            }
        }
        for some in to_read.chunks(ROWS_A_READ) {
            let asked: Vec<&[u8]> = some.iter().map(|commitment| commitment.0.0.as_slice()).collect();
            let rows = sqlx::query(
                "SELECT commitment, key_id, owner_id, owner_kind, purpose, sealed FROM vault WHERE commitment = ANY($1)",
            )
            .bind(asked)
            .fetch_all(&self.pool)
            .await?;
            for row in rows {
                let row = read(&row)?;
                opened.insert(row.commitment, self.open_row(&row).await?);
            }
        }
        Ok(opened)
    }

    /// How many sealed texts of an owner there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&self, owner: VaultOwner) -> Result<u32, VaultError> {
        let sql = "SELECT count(*) FROM vault WHERE owner_kind = $1 AND owner_id = $2";
        let count: i64 =
            sqlx::query_scalar(sql).bind(owner.kind()).bind(owner.id()).fetch_one(&self.pool).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Deletes every sealed text of an owner.
    ///
    /// # Errors
    /// The database's.
    pub async fn erase_rows(&self, owner: VaultOwner) -> Result<(), VaultError> {
        sqlx::query("SELECT erase_vault_rows($1, $2)")
            .bind(owner.kind())
            .bind(owner.id())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The keys.
    #[must_use]
    pub const fn keys(&self) -> &KeyStore {
        &self.keys
    }

    async fn open_row(&self, row: &VaultRow) -> Result<Opened, VaultError> {
        let Some(key) = self.keys.opening_key(row.key_id).await? else {
            return Ok(Opened::Erased);
        };
        let damaged = VaultError::Damaged(row.commitment);
        let context = context(row.owner, row.purpose, row.commitment);
        let Some(salted) = key.sealing().open(&context, &row.sealed) else { return Err(damaged) };
        let Some((salt, text)) = salted.split_first_chunk::<SALT_BYTES>() else { return Err(damaged) };
        if Commitment::to(salt, text) != row.commitment {
            return Err(damaged);
        }
        match std::str::from_utf8(text) {
            Ok(text) => Ok(Opened::Text(SecretText::new(text.to_owned()))),
            Err(_) => Err(damaged),
        }
    }
}

fn read(row: &PgRow) -> Result<VaultRow, VaultError> {
    let malformed = |what: &str| sqlx::Error::Protocol(format!("a vault row with an unknown {what}"));
    let commitment = Digest::from_slice(row.try_get(0)?).ok_or_else(|| malformed("commitment"))?;
    let owner = match row.try_get::<&str, _>(3)? {
        "copy" => VaultOwner::Copy(CopyId(row.try_get(2)?)),
        "operations" => VaultOwner::Operations(OperationsId(row.try_get(2)?)),
        "subject" => VaultOwner::Subject(SubjectId(row.try_get(2)?)),
        _ => return Err(malformed("owner").into()),
    };
    let purpose: &str = row.try_get(4)?;
    let purpose = [Purpose::Identity, Purpose::Scan, Purpose::Comments]
        .into_iter()
        .find(|known| known.as_str() == purpose)
        .ok_or_else(|| malformed("purpose"))?;
    Ok(VaultRow {
        commitment: Commitment(commitment),
        key_id: row.try_get(1)?,
        owner,
        purpose,
        sealed: row.try_get(5)?,
    })
}

/// What a sealed text is bound to: in the row of another owner, purpose or commitment it does not open.
fn context(owner: VaultOwner, purpose: Purpose, commitment: Commitment) -> Vec<u8> {
    let (kind, owner, purpose) = (owner.kind(), owner.id(), purpose.as_str());
    format!("gradeledger-vault v1\nowner {kind} {owner}\npurpose {purpose}\ncommitment {commitment}\n")
        .into_bytes()
}
