//! Why a subject refuses a command.

use super::state::{MAX_COPIES, MAX_HOLDS};
use crate::HoldId;

/// Why a subject refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// There is no such subject.
    #[error("there is no such subject")]
    Absent,
    /// The id is taken.
    #[error("a subject with this id exists already")]
    Exists,
    /// Erased, or being erased.
    #[error(
        "the subject's data is erased or being erased; nothing more is accepted, and nothing takes that back"
    )]
    Erased,
    /// A hold stands.
    #[error("{0} legal hold(s) stand on this subject; nothing is erased until each is lifted")]
    Held(usize),
    /// Too many holds.
    #[error("a subject has at most {MAX_HOLDS} legal holds at a time; lift one first")]
    TooManyHolds,
    /// No such hold.
    #[error("legal hold {0} does not stand on this subject")]
    NoSuchHold(HoldId),
    /// The hold's id is taken.
    #[error("legal hold {0} stands already")]
    HoldExists(HoldId),
    /// It was asked for already.
    #[error("the erasure was asked for already; another admin approves it, or it is withdrawn")]
    AlreadyRequested,
    /// It was approved already.
    #[error(
        "the erasure is approved already; it begins by itself when no hold is in the way, or it is withdrawn"
    )]
    AlreadyApproved,
    /// Nobody asked for it.
    #[error("nobody has asked for this subject's erasure")]
    NotRequested,
    /// Only two together erase.
    #[error("whoever asked for an erasure cannot approve it; another admin has to")]
    SameAdmin,
    /// It was not approved.
    #[error("the erasure is not approved; nothing is destroyed before it is")]
    NotApproved,
    /// It did not begin.
    #[error("the erasure has not begun, so that nothing can have been destroyed")]
    NotStarted,
    /// More copies than an erasure takes.
    #[error("a subject has at most {MAX_COPIES} copies in an erasure")]
    TooManyCopies,
}
