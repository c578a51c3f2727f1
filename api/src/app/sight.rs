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
    /// What was marked: points, totals and grades.
    pub marks: bool,
}

impl Sight {
    /// All there is: for whoever holds the keys themselves, and for what is handed out as evidence.
    pub const ALL: Self = Self { texts: true, file_names: true, whose: true, marks: true };

    /// What a role sees, by the table of [`domain::access`]. `has_said_why` is that the request gave a reason for opening
    /// texts, which is recorded before its answer leaves.
    #[must_use]
    pub fn of(role: Role, has_said_why: bool) -> Self {
        let may = |act| may(act, role, Scopes::NONE);
        let opens = has_said_why && may(Act::OpenTexts);
        Self {
            texts: may(Act::ReadTexts) || opens,
            file_names: may(Act::ReadFileNames) || opens,
            whose: may(Act::SeeWhose),
            marks: may(Act::ReadMarks) || may(Act::ReadOwnResults),
        }
    }
}
