//! The master keys that a process holds: one, and a second one while a key store is being moved from one to the other.

use zeroize::Zeroizing;

use super::MasterKey;

/// The master key, and the one that the key store is being moved to, if it is.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    current: MasterKey,
    next: Option<MasterKey>,
}

impl MasterKeys {
    /// Both keys of a rotation. Which of them is the older one does not matter to whoever uses the store.
    #[must_use]
    pub const fn new(current: MasterKey, next: Option<MasterKey>) -> Self {
        Self { current, next }
    }

    /// The one that a new store is made with.
    pub(super) const fn current(&self) -> &MasterKey {
        &self.current
    }

    pub(super) fn held(&self) -> Vec<Held> {
        [Some(&self.current), self.next.as_ref()].into_iter().flatten().map(Held::of).collect()
    }
}

impl From<&MasterKey> for MasterKeys {
    fn from(master: &MasterKey) -> Self {
        Self { current: master.clone(), next: None }
    }
}

impl From<&Self> for MasterKeys {
    fn from(masters: &Self) -> Self {
        masters.clone()
    }
}

/// A master key as a store uses it: what tells it from others, and what wraps under it.
pub(super) struct Held {
    /// As it stands in `master_key`.
    pub(super) check: Zeroizing<[u8; 32]>,
    pub(super) wrapping: Zeroizing<[u8; 32]>,
}

impl Held {
    pub(super) fn of(master: &MasterKey) -> Self {
        Self { check: master.derive("check value"), wrapping: master.derive("data keys") }
    }
}
