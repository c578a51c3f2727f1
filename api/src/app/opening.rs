//! Opening sealed texts on their way out, for those who may read them.

use std::collections::HashMap;

use domain::{Commitment, SubjectId};
use projections::audit_trail::{Opening, commitments, open};
use serde_json::Value;

use super::Sight;
use crate::vault::{Opened, Vault, VaultError, VaultRow};

/// What stands in the place of a text that its reader may not see, or that there are no keys for.
const SEALED: &str = "[sealed]";

/// Who opens texts, and for whose eyes.
#[derive(Clone, Copy, Debug)]
pub struct Opener<'a> {
    vault: Option<&'a Vault>,
    at_hand: &'a [VaultRow],
    sight: Sight,
}

/// Texts that were opened, by their commitments, and what of an answer is withheld.
#[derive(Debug)]
pub struct Texts {
    opened: Option<HashMap<Commitment, Opened>>,
    whose: bool,
}

impl<'a> Opener<'a> {
    /// The vault, for a reader who sees so much. What was erased reads `[erased]`.
    #[must_use]
    pub const fn vault(vault: &'a Vault, sight: Sight) -> Self {
        Self { vault: Some(vault), at_hand: &[], sight }
    }

    /// The same, with what was just sealed at hand.
    #[must_use]
    pub const fn with(self, at_hand: &'a [VaultRow]) -> Self {
        Self { at_hand, ..self }
    }

    /// Nobody: the ledger is read without its keys, and every text reads `[sealed]`. Whose a copy is, is no secret of the
    /// keys.
    #[must_use]
    pub const fn nobody() -> Self {
        Self { vault: None, at_hand: &[], sight: Sight::ALL }
    }

    /// What the reader sees.
    #[must_use]
    pub const fn sight(&self) -> Sight {
        self.sight
    }

    /// What these commitments stand for.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn texts(&self, commitments: &[Commitment]) -> Result<Texts, VaultError> {
        let opened = match self.vault.filter(|_| self.sight.texts) {
            None => None,
            Some(_) if commitments.is_empty() => Some(HashMap::new()),
            Some(vault) => Some(vault.open_with(self.at_hand, commitments).await?),
        };
        Ok(Texts { opened, whose: self.sight.whose })
    }

    /// An answer with its texts opened, and without what its reader may not see.
    ///
    /// # Errors
    /// A [`VaultError`].
    pub async fn opened(&self, mut answer: Value) -> Result<Value, VaultError> {
        let texts = self.texts(&commitments(&answer)).await?;
        open(&mut answer, &texts);
        if !self.sight.marks {
            withhold_marks(&mut answer);
        }
        Ok(answer)
    }
}

/// The members of a copy, alone or in a list, that say what was marked.
const MARKS: [&str; 4] = ["marking", "total", "grade", "finalisation"];

/// Takes from a copy, or from each of a list, what was marked on it.
fn withhold_marks(answer: &mut Value) {
    let Some(members) = answer.as_object_mut() else { return };
    for name in MARKS {
        if let Some(mark) = members.get_mut(name) {
            *mark = Value::Null;
        }
    }
    if let Some(items) = members.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(withhold_marks);
    }
}

impl Texts {
    /// The text, or what stands in its place.
    #[must_use]
    pub fn shown(&self, commitment: Commitment) -> &str {
        match &self.opened {
            None => SEALED,
            Some(texts) => texts.get(&commitment).unwrap_or(&Opened::Erased).shown(),
        }
    }

    /// The subject's pseudonym; none for a reader who may not know whose a copy is.
    #[must_use]
    pub fn whose(&self, subject: SubjectId) -> Option<SubjectId> {
        self.whose.then_some(subject)
    }
}

impl Opening for Texts {
    fn text(&self, commitment: Commitment) -> Value {
        self.shown(commitment).into()
    }

    fn subject(&self, subject: SubjectId) -> Value {
        self.whose(subject).map_or(Value::Null, |subject| subject.to_string().into())
    }
}
