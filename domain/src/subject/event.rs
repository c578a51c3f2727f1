//! What can happen to a subject. A shipped variant is never edited: a new shape is a new version.

use serde::{Deserialize, Serialize};

use crate::{ActorId, Commitment, CopyId, HoldId};

/// An event of a subject's stream. None of them holds a name: who the subject is lies in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubjectEvent {
    /// The office knows the person by this pseudonym.
    SubjectRegistered {
        /// Who it is, sealed.
        identity: Commitment,
    },
    /// What was known of who it is was put right.
    SubjectRectified {
        /// As it stood, sealed.
        before: Commitment,
        /// As it stands, sealed.
        after: Commitment,
    },
    /// Something that the law wants kept: nothing of the subject is erased while it stands.
    LegalHoldPlaced {
        /// Which hold.
        hold: HoldId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// It is wanted no longer.
    LegalHoldLifted {
        /// Which hold.
        hold: HoldId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// An admin asked for the subject's erasure.
    SubjectErasureRequested {
        /// Who asked: another has to approve.
        by: ActorId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// The wish was taken back, before anything was destroyed.
    SubjectErasureWithdrawn {
        /// Who took it back.
        by: ActorId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// A second admin agreed; a worker begins when no hold is in the way.
    SubjectErasureApproved {
        /// Who had asked.
        requested_by: ActorId,
        /// Who agreed.
        approved_by: ActorId,
    },
    /// From here on the subject's data is being destroyed, and nothing takes that back. It fixes what is destroyed.
    SubjectErasureStarted {
        /// The copies that were identified as theirs.
        copies: Vec<CopyId>,
    },
    /// Nothing of the subject can be read any more.
    SubjectErased {
        /// What was destroyed.
        destroyed: Destroyed,
    },
}

crate::event_types! {
    SubjectEvent:
    SubjectRegistered [5],
    SubjectRectified [5],
    LegalHoldPlaced [5],
    LegalHoldLifted [5],
    SubjectErasureRequested [5],
    SubjectErasureWithdrawn [5],
    SubjectErasureApproved [5],
    SubjectErasureStarted [5],
    SubjectErased [5],
}

/// How much an erasure destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroyed {
    /// Copies.
    pub copies: u32,
    /// Data keys, of the subject and of those copies.
    pub keys: u32,
    /// Sealed texts that lay in the vault.
    pub texts: u32,
    /// Scans, images of pages and final PDFs that lay in the store of blobs.
    pub files: u32,
}
