//! Whose a secret is, and what it is for.

use chrono::{Datelike as _, Utc};
use domain::{CopyId, OperationsId, SubjectId};
use uuid::Uuid;

/// Whose personal data is sealed. Erasure destroys an owner's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VaultOwner {
    /// A copy: its scan, its file's name, what graders wrote on it.
    Copy(CopyId),
    /// The operators: what they gave as reasons of their acts.
    Operations(OperationsId),
    /// A person: who they are, and why their data is held or erased.
    Subject(SubjectId),
    /// The log of accesses: the reasons that were given in a month.
    AccessLog(Month),
}

/// A month of the calendar, in UTC, counted from the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Month(u32);

impl Month {
    /// The month that it is, by the clock of this machine.
    #[must_use]
    pub fn now() -> Self {
        let now = Utc::now();
        Self(u32::try_from(now.year()).unwrap_or(0) * 12 + now.month0())
    }
}

impl VaultOwner {
    /// As it stands in the column `owner_kind`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Copy(_) => "copy",
            Self::Operations(_) => "operations",
            Self::Subject(_) => "subject",
            Self::AccessLog(_) => "access_log",
        }
    }

    /// As it stands in the column `owner_id`.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::AccessLog(month) => Uuid::from_u128(month.0 as u128),
            Self::Copy(copy) => copy.0,
            Self::Operations(operations) => operations.0,
            Self::Subject(subject) => subject.0,
        }
    }
}

/// What a key is for: each purpose of an owner has its own, so that one can be erased without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Who someone is: names, file names.
    Identity,
    /// Scans and what is drawn from them.
    Scan,
    /// What graders and the office wrote.
    Comments,
}

impl Purpose {
    /// As it stands in the column `purpose`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Scan => "scan",
            Self::Comments => "comments",
        }
    }
}
