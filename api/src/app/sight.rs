//! What a reader gets to see of an answer.

use domain::Role;
use domain::access::{Act, Scopes, may};

/// What is opened for a reader, and what stays withheld. Everything else of an answer is the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// What people wrote.
    pub texts: bool,
    /// The names of the files that scans came in.
    pub file_names: bool,
    /// The pseudonym of the subject whose copy it is.
    pub whose: bool,
}

impl Sight {
    /// All there is: for whoever holds the keys themselves, and for what is handed out as evidence.
    pub const ALL: Self = Self { texts: true, file_names: true, whose: true };

    /// What a role sees, by the table of [`domain::access`].
    #[must_use]
    pub fn of(role: Role) -> Self {
        let may = |act| may(act, role, Scopes::NONE);
        Self { texts: may(Act::ReadTexts), file_names: may(Act::ReadFileNames), whose: may(Act::SeeWhose) }
    }
}
