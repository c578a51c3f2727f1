//! Who may do what: the one table of role and action.

use domain::Role;

/// What a route asks of its caller. A route cannot be written down without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Answer anyone, without a token.
    Open,
    /// Answer figures to anyone on this machine, to others by token.
    Scrape,
    /// Read.
    Read,
    /// Follow the events of the whole ledger, and look at how it stands.
    Follow,
    /// Lock, mark and finalise copies.
    Mark,
    /// Run exams: create, import, validate, correct, reopen, void, take a lock away, retry what failed; and run the
    /// service: retry views, park streams.
    Administer,
}

impl Action {
    /// Whether a caller with this role may.
    #[must_use]
    pub const fn allows(self, role: Role) -> bool {
        match (self, role) {
            (Self::Open, _) => true,
            (Self::Scrape | Self::Read, Role::Admin | Role::Grader | Role::Auditor) => true,
            (Self::Follow, Role::Admin | Role::Auditor) => true,
            (Self::Mark, Role::Admin | Role::Grader) => true,
            (Self::Administer, Role::Admin) => true,
            // Events tell who marked what in every exam.
            (Self::Follow, Role::Grader) => false,
            (Self::Mark, Role::Auditor) | (Self::Administer, Role::Grader | Role::Auditor) => false,
            // Workers are part of the process and hold no token.
            (Self::Scrape | Self::Read | Self::Follow | Self::Mark | Self::Administer, Role::System) => false,
        }
    }

    /// Who may, in words.
    #[must_use]
    pub const fn who(self) -> &'static str {
        match self {
            Self::Open => "anyone",
            Self::Scrape => "anyone on this machine, and every token",
            Self::Read => "admin, grader, auditor",
            Self::Follow => "admin, auditor",
            Self::Mark => "admin, grader",
            Self::Administer => "admin",
        }
    }
}
