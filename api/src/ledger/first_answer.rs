//! What a key was answered with before.

use serde_json::Value;
use sqlx::Row as _;

use super::call::timestamp;
use super::queued::Known;
use super::{Idempotency, Ledger, LedgerError, Place};

/// What the ledger knows of an idempotency key.
#[derive(Clone, Debug)]
pub enum FirstAnswer {
    /// Nothing: no command with this key was applied.
    None,
    /// It was used for another request.
    OfAnotherBody,
    /// This very request was applied.
    Given {
        /// The answer.
        answer: Value,
        /// The position of the last event that it appended.
        last: Place,
    },
}

/// The same, as the ledger goes on with it.
pub(super) enum KnownKey {
    None,
    OfAnotherBody,
    Applied(Known),
}

impl Ledger {
    /// What a command with this key was answered with, for a caller that has to refuse a command before the ledger
    /// sees it: what was applied before must not be refused now.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] where the database does not answer.
    pub async fn first_answer(&self, idempotency: &Idempotency) -> Result<FirstAnswer, LedgerError> {
        Ok(match self.known_key(idempotency).await? {
            KnownKey::None => FirstAnswer::None,
            KnownKey::OfAnotherBody => FirstAnswer::OfAnotherBody,
            KnownKey::Applied(known) => {
                let last = Place { epoch: known.epoch, number: known.last };
                FirstAnswer::Given { answer: serde_json::from_str(&known.answer)?, last }
            }
        })
    }

    pub(super) async fn known_key(&self, idempotency: &Idempotency) -> Result<KnownKey, LedgerError> {
        let row = sqlx::query(include_str!("known.sql"))
            .bind(idempotency.principal.0)
            .bind(idempotency.key)
            .fetch_optional(&self.shared.pool)
            .await?;
        let Some(row) = row else { return Ok(KnownKey::None) };
        let body_hmac: Option<Vec<u8>> = row.try_get(0)?;
        if body_hmac.as_deref() != Some(idempotency.body_hmac.0.as_slice()) {
            return Ok(KnownKey::OfAnotherBody);
        }
        let recorded_at = timestamp(row.try_get(3)?);
        Ok(KnownKey::Applied(Known {
            first: row.try_get(1)?,
            last: row.try_get(2)?,
            recorded_at,
            answer: row.try_get(4)?,
            epoch: row.try_get(5)?,
        }))
    }
}
