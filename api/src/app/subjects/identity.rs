//! Who somebody is: one text, sealed as a whole under the identity key of the subject.

use domain::{Commitment, SubjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::texts::{Email, PersonName, Reference};
use super::super::{App, AppError};
use crate::vault::{Opened, Purpose, Sealed, VaultOwner};

/// Who somebody is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name.
    pub name: PersonName,
    /// The student number, or what else the school knows them by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Where they are written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

crate::redacted::debug_without_the_rest! { Identity {  } }

/// What is put right; what is left out stays, and null takes away.
#[derive(Clone)]
pub struct IdentityChange {
    /// Another name.
    pub name: Option<PersonName>,
    /// Another reference, or none.
    pub reference: Option<Option<Reference>>,
    /// Another address, or none.
    pub email: Option<Option<Email>>,
}

crate::redacted::debug_without_the_rest! { IdentityChange {  } }

impl IdentityChange {
    pub(super) fn applied_to(self, before: &Identity) -> Identity {
        Identity {
            name: self.name.unwrap_or_else(|| before.name.clone()),
            reference: self.reference.unwrap_or_else(|| before.reference.clone()),
            email: self.email.unwrap_or_else(|| before.email.clone()),
        }
    }
}

impl App {
    pub(super) async fn seal_identity(
        &self,
        subject: SubjectId,
        identity: &Identity,
    ) -> Result<Sealed, AppError> {
        let text = zeroize::Zeroizing::new(serde_json::to_string(identity).map_err(AppError::internal)?);
        Ok(self.vault.seal(VaultOwner::Subject(subject), Purpose::Identity, &text).await?)
    }

    pub(super) async fn open_identity(&self, identity: Commitment) -> Result<Identity, AppError> {
        let opened = self.vault.open(&[identity]).await?;
        match opened.get(&identity) {
            Some(Opened::Text(text)) => serde_json::from_str(text.expose()).map_err(AppError::internal),
            Some(Opened::Erased) | None => Err(AppError::Erased("subject's identity")),
        }
    }
}

/// An answer whose opened identity is an object again, and not the text that was sealed.
pub(super) fn read(mut answer: Value) -> Value {
    if let Some(identity) = answer.get_mut("identity")
        && let Some(object) = identity.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok())
        && object.is_object()
    {
        *identity = object;
    }
    answer
}
