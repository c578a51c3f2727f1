//! The reasons that people give: sealed under a key of the month, bound to the row that they stand in.

use std::fmt;

use domain::{ActorId, CopyId};
use uuid::Uuid;

use super::AccessLog;
use crate::vault::{Month, Purpose, SecretText, VaultError, VaultOwner};

/// A reason as it stands in a row.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedReason {
    pub(super) key_id: Uuid,
    /// None once it was erased.
    pub(super) sealed: Option<Vec<u8>>,
}

impl fmt::Debug for SealedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedReason({})", self.key_id)
    }
}

/// Of which access a reason was said: in the row of another one it does not open.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Who said it.
    pub actor: ActorId,
    /// In which request.
    pub request_id: &'a str,
    /// About which copy.
    pub copy: Option<CopyId>,
}

impl Said<'_> {
    fn context(&self) -> Vec<u8> {
        let Self { actor, request_id, copy } = self;
        let copy = copy.map_or_else(|| "none".to_owned(), |copy| copy.to_string());
        format!("gradeledger-access-log v1\nactor {actor}\nrequest {request_id}\ncopy {copy}\n").into_bytes()
    }
}

impl AccessLog {
    /// Seals a reason, for a row.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn seal(&self, said: Said<'_>, reason: &str) -> Result<SealedReason, VaultError> {
        let owner = VaultOwner::AccessLog(Month::now());
        let key = self.0.keys.sealing_key(owner, Purpose::Comments).await?;
        let sealed = key.sealing().seal(&said.context(), reason.as_bytes())?;
        Ok(SealedReason { key_id: key.id(), sealed: Some(sealed) })
    }

    /// Opens the reason of a row; none where it was erased.
    ///
    /// # Errors
    /// [`VaultError::DamagedReason`] where it is not what was sealed.
    pub async fn open(
        &self,
        said: Said<'_>,
        reason: &SealedReason,
    ) -> Result<Option<SecretText>, VaultError> {
        let Some(sealed) = &reason.sealed else { return Ok(None) };
        let Some(key) = self.0.keys.opening_key(reason.key_id).await? else { return Ok(None) };
        let opened = key.sealing().open(&said.context(), sealed);
        let text = opened.and_then(|text| std::str::from_utf8(&text).ok().map(str::to_owned));
        text.map(|text| Some(SecretText::new(text))).ok_or(VaultError::DamagedReason(reason.key_id))
    }
}
