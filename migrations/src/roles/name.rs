//! The name of a role of the server.

use std::fmt;
use std::str::FromStr;

/// The longest name of anything in Postgres, in bytes (NAMEDATALEN − 1).
const LONGEST_BYTES: usize = 63;

/// A role's name that is safe to place in SQL text as it stands: a lower-case letter, then lower-case letters, digits and
/// underscores, at most 63 bytes, and not one of Postgres's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(String);

/// Why a text is no [`RoleName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` cannot be a role of the ledger: take a lower-case letter, then lower-case letters, digits or underscores, at \
     most {LONGEST_BYTES} in all, not starting with `pg_` and not `public` or `none`"
)]
pub struct RoleNameError {
    /// The text that was refused.
    pub name: String,
}

impl RoleName {
    /// The name as Postgres spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(name: &str) -> Result<Self, RoleNameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let well_formed = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(plain)
            && name.len() <= LONGEST_BYTES;
        if well_formed && !name.starts_with("pg_") && !["public", "none"].contains(&name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(RoleNameError { name: name.to_owned() })
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
