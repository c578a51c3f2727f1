//! Bearer tokens: who may call.
//!
//! A token is printed once, when it is made; what stays is its SHA-256, in the key store's database, beside the
//! name of whom it was made for. Events and logs know that person by a pseudonym only. A name stands for one
//! actor: a second token for the same name acts under the same pseudonym, so that a grader whose token ran out
//! still owns her locks.

mod block;
mod lookup;
mod rights;
mod secret;
mod store;
mod students;

pub use block::{Known, block, is_known, known, named, unblock};
pub use lookup::Tokens;
pub use rights::Rights;
pub use secret::{Token, TokenHash};
pub use store::{Listed, create, list, revoke};
pub use students::{Given, give, revoke_all, signs_in};

use domain::access::{self, Act, Scopes};
use domain::{ActorId, Role, SubjectId};
use sqlx::error::ErrorKind;

/// Whoever the token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The pseudonym that stands in events and logs.
    pub id: ActorId,
    /// What the token may do.
    pub role: Role,
    /// Which parts of the API it opens, if it is a service's.
    pub scopes: Scopes,
    /// Whose results it opens, if it is a student's.
    pub subject: Option<SubjectId>,
}

impl Actor {
    /// Whether the caller may do this at all; on what, [`App::permit`](crate::app::App::permit) says.
    #[must_use]
    pub fn may(&self, act: Act) -> bool {
        access::may(act, self.role, self.scopes)
    }
}

/// Why the tokens could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is empty or too long.
    #[error("a name takes 1 to 200 characters, none of them a control character")]
    BadName,
    /// Tokens are for people and programs outside.
    #[error(
        "a token is for the role admin, grader, clerk, auditor, student or service; a student's names a subject, and a \
         service's at least one scope"
    )]
    BadRole,
    /// A life that ended before it began, or longer than a token may live.
    #[error("a token lives from 1 second to {} days", store::MAX_LIFE_DAYS)]
    BadLife,
    /// The database did not answer in time.
    #[error("looking up a token took over {0:?}")]
    Slow(std::time::Duration),
    /// A student has as many as there may be.
    #[error(
        "this student has {0} tokens that live, which is as many as there may be; revoke them (DELETE of this path), or wait for \
         one to end"
    )]
    TooMany(u32),
    /// Nobody signs in as somebody whose data is erased.
    #[error("the subject's data was erased")]
    Erased,
    /// No randomness.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The database refused or failed.
    #[error("the tokens' table could not be used")]
    Database(#[from] sqlx::Error),
}

impl TokenError {
    /// Whether another process changed the same row just now.
    fn is_race(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.kind() == ErrorKind::UniqueViolation)
    }
}
