//! Destroying the keys of an owner, for good: an owner that was erased is written down, and gets no key again.

use domain::SubjectId;
use sqlx::Row as _;

use super::{KeyStore, VaultError, VaultOwner};

/// What was destroyed of one owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasedOwner {
    /// Data keys.
    pub keys: u32,
    /// Sealed texts.
    pub texts: u32,
    /// Blobs.
    pub files: u32,
    /// Whether it is long enough ago that nobody can hold one of its keys any more.
    pub is_settled: bool,
}

impl KeyStore {
    /// Destroys the keys of an owner and sees to it that none is made again. Repeating it destroys what came meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn erase(&self, owner: VaultOwner) -> Result<(), VaultError> {
        // The mark first, and committed: whoever makes a key after that is refused.
        sqlx::query(
            "INSERT INTO erased_owners (owner_kind, owner_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(owner.kind())
        .bind(owner.id())
        .execute(&self.inner.pool)
        .await?;
        sqlx::query(
            "WITH gone AS (DELETE FROM data_keys WHERE owner_kind = $1 AND owner_id = $2 RETURNING key_id)
             UPDATE erased_owners SET keys = keys + (SELECT count(*) FROM gone)::integer
             WHERE owner_kind = $1 AND owner_id = $2",
        )
        .bind(owner.kind())
        .bind(owner.id())
        .execute(&self.inner.pool)
        .await?;
        sqlx::query("SELECT pg_notify($1, '')").bind(&self.inner.channel).execute(&self.inner.pool).await?;
        self.forget();
        Ok(())
    }

    /// Whether the owner was erased.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_erased(&self, owner: VaultOwner) -> Result<bool, VaultError> {
        let sql = "SELECT EXISTS (SELECT FROM erased_owners WHERE owner_kind = $1 AND owner_id = $2)";
        let erased = sqlx::query_scalar(sql).bind(owner.kind()).bind(owner.id());
        Ok(erased.fetch_one(&self.inner.pool).await?)
    }

    /// Whether the owner has keys: of one that was erased, whether the store was restored from before.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_keys(&self, owner: VaultOwner) -> Result<bool, VaultError> {
        let sql = "SELECT EXISTS (SELECT FROM data_keys WHERE owner_kind = $1 AND owner_id = $2)";
        let there = sqlx::query_scalar(sql).bind(owner.kind()).bind(owner.id());
        Ok(there.fetch_one(&self.inner.pool).await?)
    }

    /// Writes down how much there is to destroy, before it is: a repeat after a kill finds less, and leaves what stands.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_found(&self, owner: VaultOwner, texts: u32, files: u32) -> Result<(), VaultError> {
        sqlx::query(
            "UPDATE erased_owners SET texts = greatest(texts, $3), files = greatest(files, $4)
             WHERE owner_kind = $1 AND owner_id = $2",
        )
        .bind(owner.kind())
        .bind(owner.id())
        .bind(i32::try_from(texts).unwrap_or(i32::MAX))
        .bind(i32::try_from(files).unwrap_or(i32::MAX))
        .execute(&self.inner.pool)
        .await?;
        Ok(())
    }

    /// What was destroyed of an owner, and whether that is longer ago than `settle`, by the store's own clock; none where it
    /// was not erased.
    ///
    /// # Errors
    /// The database's.
    pub async fn erased(
        &self,
        owner: VaultOwner,
        settle: std::time::Duration,
    ) -> Result<Option<ErasedOwner>, VaultError> {
        let row = sqlx::query(
            "SELECT keys, texts, files, erased_at + make_interval(secs => $3) <= clock_timestamp()
             FROM erased_owners WHERE owner_kind = $1 AND owner_id = $2",
        )
        .bind(owner.kind())
        .bind(owner.id())
        .bind(settle.as_secs_f64())
        .fetch_optional(&self.inner.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let count = |column: usize| row.try_get::<i32, _>(column).map(i32::unsigned_abs);
        let (keys, texts, files) = (count(0)?, count(1)?, count(2)?);
        Ok(Some(ErasedOwner { keys, texts, files, is_settled: row.try_get(3)? }))
    }

    /// Whether the subject can sign in: by a token that lives, or at the institution.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_sign_in(&self, subject: SubjectId) -> Result<bool, VaultError> {
        let there = sqlx::query_scalar(include_str!("has_sign_in.sql")).bind(subject.0);
        Ok(there.fetch_one(&self.inner.pool).await?)
    }

    /// Ends what signs the subject in: their tokens, their references and sign-ins at the institution, and what stood beside
    /// them.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_sign_in(&self, subject: SubjectId) -> Result<(), VaultError> {
        sqlx::query(include_str!("end_sign_in.sql")).bind(subject.0).execute(&self.inner.pool).await?;
        Ok(())
    }
}
