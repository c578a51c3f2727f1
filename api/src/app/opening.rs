//! Opening sealed texts on their way out.

use std::collections::HashMap;

use domain::Commitment;
use projections::audit_trail::{commitments, open};
use serde_json::Value;

use crate::vault::{Opened, Vault, VaultError};

/// What stands in the place of a text where no keys are at hand.
const SEALED: &str = "[sealed]";

/// Who opens texts: the vault, or nobody where the ledger is read without its keys.
#[derive(Clone, Copy, Debug)]
pub enum Opener<'a> {
    /// The vault. What was erased reads `[erased]`.
    Vault(&'a Vault),
    /// Nobody: every text reads `[sealed]`.
    Nobody,
}

/// Texts that were opened, by their commitments.
#[derive(Debug, Default)]
pub struct Texts(Option<HashMap<Commitment, Opened>>);

impl Opener<'_> {
    /// What these commitments stand for.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn texts(&self, commitments: &[Commitment]) -> Result<Texts, VaultError> {
        match self {
            Self::Nobody => Ok(Texts(None)),
            Self::Vault(_) if commitments.is_empty() => Ok(Texts(Some(HashMap::new()))),
            Self::Vault(vault) => vault.open(commitments).await.map(|texts| Texts(Some(texts))),
        }
    }

    /// An answer with its texts opened.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn opened(&self, mut answer: Value) -> Result<Value, VaultError> {
        let commitments = commitments(&answer);
        if !commitments.is_empty() {
            let texts = self.texts(&commitments).await?;
            open(&mut answer, &|commitment| texts.shown(commitment).to_owned());
        }
        Ok(answer)
    }
}

impl Texts {
    /// The text, or what stands in its place.
    #[must_use]
    pub fn shown(&self, commitment: Commitment) -> &str {
        match &self.0 {
            None => SEALED,
            Some(texts) => texts.get(&commitment).unwrap_or(&Opened::Erased).shown(),
        }
    }
}
