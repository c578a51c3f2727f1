//! By what the institution knows a student: the office says so, and a student's token names it.

use domain::SubjectId;
use sqlx::PgPool;

use crate::vault::{SignInHash, SignInNames};

/// Why references were not entered.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Of another subject.
    #[error("a reference of these is another subject's; take it away there first, or leave it out")]
    Taken,
    /// What is erased is not known by anything.
    #[error("the subject's data was erased")]
    Erased,
    /// The database refused or failed.
    #[error("the references could not be written")]
    Database(#[from] sqlx::Error),
}

/// Makes these the references of a subject, and no others.
///
/// # Errors
/// [`ReferenceError`].
pub async fn set<'a>(
    keys: &PgPool,
    names: &SignInNames,
    subject: SubjectId,
    references: impl IntoIterator<Item = &'a str>,
) -> Result<(), ReferenceError> {
    let hashes: Vec<SignInHash> = references.into_iter().map(|text| names.of_reference(text)).collect();
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let mut transaction = keys.begin().await?;
    sqlx::query("DELETE FROM subject_references WHERE subject_id = $1 AND reference_hmac <> ALL ($2)")
        .bind(subject.0)
        .bind(&hashes)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(include_str!("enter_references.sql"))
        .bind(subject.0)
        .bind(&hashes)
        .execute(&mut *transaction)
        .await?;
    let (taken, erased): (bool, bool) = sqlx::query_as(include_str!("references_taken.sql"))
        .bind(subject.0)
        .bind(&hashes)
        .fetch_one(&mut *transaction)
        .await?;
    // Dropped, the transaction leaves all as it was.
    match (taken, erased) {
        (_, true) => Err(ReferenceError::Erased),
        (true, false) => Err(ReferenceError::Taken),
        (false, false) => Ok(transaction.commit().await?),
    }
}
