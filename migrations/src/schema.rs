//! The name of the one Postgres schema that holds a ledger.

use std::fmt;
use std::str::FromStr;

/// The schema of a ledger where nothing else is configured.
pub const DEFAULT_SCHEMA: &str = "gradeledger";

/// The schema of the key store, in its own database.
pub const DEFAULT_KEYS_SCHEMA: &str = "gradeledger_keys";

/// Names of channels and locks are the schema's name and a suffix, within Postgres's 63 bytes
/// (NAMEDATALEN − 1).
const LONGEST_BYTES: usize = 40;

/// A schema name that is safe to place in SQL text and in `search_path` as it stands: a lower-case
/// letter, then lower-case letters, digits and underscores, at most 40 bytes, and not one of Postgres's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SchemaName(String);

/// Why a text is no [`SchemaName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` cannot be the schema of a ledger: take a lower-case letter, then lower-case letters, digits or \
     underscores, at most {LONGEST_BYTES} in all, not starting with `pg_` and not `public` or `information_schema`"
)]
pub struct SchemaNameError {
    /// The text that was refused.
    pub name: String,
}

impl SchemaName {
    /// The default schema of a ledger.
    #[must_use]
    pub fn ledger() -> Self {
        Self(DEFAULT_SCHEMA.to_owned())
    }

    /// The default schema of a key store.
    #[must_use]
    pub fn keys() -> Self {
        Self(DEFAULT_KEYS_SCHEMA.to_owned())
    }

    /// The name as Postgres spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SchemaName {
    type Err = SchemaNameError;

    fn from_str(name: &str) -> Result<Self, SchemaNameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let well_formed = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(plain)
            && name.len() <= LONGEST_BYTES;
        let taken = name.starts_with("pg_") || ["public", "information_schema"].contains(&name);
        if well_formed && !taken {
            Ok(Self(name.to_owned()))
        } else {
            Err(SchemaNameError { name: name.to_owned() })
        }
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{SchemaName, SchemaNameError};

    #[test]
    fn a_schema_name_needs_no_quotes_anywhere() {
        let longest = "a".repeat(40);
        for name in ["gradeledger", "exam_2026", "x", &longest] {
            assert_eq!(name.parse::<SchemaName>().unwrap().as_str(), name);
        }
        let too_long = "a".repeat(41);
        for name in ["", "2026", "_x", "Exam", "a-b", "a b", "a\"", "é", "pg_exam", "public", &too_long] {
            assert_eq!(name.parse::<SchemaName>(), Err(SchemaNameError { name: name.to_owned() }));
        }
    }
}
