//! Why a part could not be read, in words for whoever has to do something about it.

use std::time::Duration;

/// Why a part could not be read.
#[derive(Debug)]
pub(super) enum Because {
    /// It took too long: a lock, or a database that has too much to do.
    Slow,
    /// A table or a column is not there.
    Older,
    /// The role may not.
    Forbidden(String),
    /// Anything else.
    Failed(String),
}

/// SQLSTATE 57014 and 55P03: a statement or a wait for a lock was ended.
const ENDED: [&str; 2] = ["57014", "55P03"];
/// SQLSTATE 42P01 and 42703: a table or a column is not there.
const MISSING: [&str; 2] = ["42P01", "42703"];
/// SQLSTATE 42501.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

impl From<sqlx::Error> for Because {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            Some(code) if ENDED.contains(&code) => Self::Slow,
            Some(code) if MISSING.contains(&code) => Self::Older,
            Some(INSUFFICIENT_PRIVILEGE) => Self::Forbidden(error.to_string()),
            _ if matches!(error, sqlx::Error::PoolTimedOut) => Self::Slow,
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl Because {
    pub(super) fn words(self, longest: Duration) -> String {
        match self {
            Self::Slow => format!(
                "no answer within {} s: it is down, a lock is in the way, or it is very busy",
                longest.as_secs_f32()
            ),
            Self::Older => {
                "the ledger is of another version: `gradeledger migrate` brings it to this one".to_owned()
            }
            Self::Forbidden(why) => format!("the role of DATABASE_URL may not read it: {why}"),
            Self::Failed(why) => why,
        }
    }
}
