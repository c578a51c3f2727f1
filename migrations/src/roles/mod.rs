//! Roles of the server for the parts of the service, beside the owner who migrates: what each may do, how they come to it,
//! and whether it stands.

mod harden;
mod name;
mod standing;
mod wanted;

use std::collections::BTreeMap;
use std::fmt;

use sqlx::PgConnection;

pub use harden::{HardenError, Hardened, harden, renew};
pub use name::{RoleName, RoleNameError};
pub use standing::{Difference, differences, unfit};

/// A part of the service that has a role of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Appends, and reads what decisions are made from; the only one that reads the vault.
    Writer,
    /// Keeps the views, and the claims and leases of work.
    Projector,
    /// Reads.
    Reader,
    /// Uses the key store.
    Keys,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Writer, Self::Projector, Self::Reader, Self::Keys];

    /// As it stands in the column `part`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Projector => "projector",
            Self::Reader => "reader",
            Self::Keys => "keys",
        }
    }

    /// The variable that holds the URL which its role connects with.
    #[must_use]
    pub const fn url_variable(self) -> &'static str {
        match self {
            Self::Writer => "WRITER_URL",
            Self::Projector => "PROJECTOR_URL",
            Self::Reader => "READER_URL",
            Self::Keys => "KEYS_URL",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// The ledger's.
    Ledger,
    /// The key store's.
    Keys,
}

impl Store {
    /// The parts that connect to it; the others have no business there.
    #[must_use]
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Ledger => &[Part::Writer, Part::Projector, Part::Reader],
            Self::Keys => &[Part::Keys],
        }
    }
}

/// The roles of a ledger: each part's.
pub type Roles = BTreeMap<Part, RoleName>;

/// The roles that were set up for the store behind this connection; none where one role does everything.
///
/// # Errors
/// The database did not answer, or its schema is older than these roles.
pub async fn recorded(connection: &mut PgConnection) -> Result<Roles, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT part, role FROM database_roles").fetch_all(connection).await?;
    let parsed = rows.iter().map(|(part, role)| {
        let known = Part::ALL.into_iter().find(|known| known.as_str() == part);
        let known = known.ok_or_else(|| sqlx::Error::Protocol(format!("database_roles: part {part}")))?;
        Ok((known, role.parse().map_err(|error| sqlx::Error::Decode(Box::<RoleNameError>::new(error)))?))
    });
    parsed.collect()
}
