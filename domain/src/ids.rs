//! Identifiers: UUIDs that are told apart by type, and the short codes that people write on paper.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

uuid_ids! {
    /// An exam: the stream id of an `Exam`.
    ExamId,
    /// A copy: the stream id of an `ExamCopy`, derived from exam and anonymous id by [`CopyId::of`].
    CopyId,
    /// One lock on a copy, from its acquisition to its end.
    LockId,
    /// One annotation of a copy.
    AnnotationId,
    /// Whoever acts: a pseudonym, never a name.
    ActorId,
    /// The person whose copy it is: a pseudonym, never a name.
    SubjectId,
    /// A legal hold on what is kept of a subject.
    HoldId,
    /// The stream of what operators do to the ledger's views: there is one, [`OperationsId::ONLY`].
    OperationsId,
}

impl OperationsId {
    /// The id of the only such stream, the same in every ledger.
    pub const ONLY: Self = Self(Uuid::from_u128(0x6f70_6572_6174_8ea7_8000_6c65_6467_6572));
}

impl CopyId {
    /// The id of the copy with this anonymous id in this exam: UUIDv5 (RFC 9562, section 5.5) with the
    /// exam's id as name space. The same pair gives the same stream, so expecting sequence 0 is what
    /// keeps an anonymous id unique within its exam.
    #[must_use]
    pub fn of(exam: ExamId, anonymous_id: &AnonymousId) -> Self {
        Self(Uuid::new_v5(&exam.0, anonymous_id.as_str().as_bytes()))
    }
}

/// A text that is not a valid code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} takes 1 to {max} characters out of A-Z a-z 0-9 . _ -, starting with a letter or digit")]
pub struct InvalidCode {
    /// Which code it was to be.
    pub what: &'static str,
    /// The longest it may be, in characters.
    pub max: usize,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident($what:literal, $max:literal)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest such code, in characters.
            pub const MAX_CHARACTERS: usize = $max;

            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidCode;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                if is_code(&text, $max) {
                    Ok(Self(text))
                } else {
                    Err(InvalidCode { what: $what, max: $max })
                }
            }
        }

        impl FromStr for $name {
            type Err = InvalidCode;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

codes! {
    /// What stands on the copy instead of a name.
    AnonymousId("an anonymous id", 64),
    /// A question of a scheme, as printed on the paper: `1`, `2.a`.
    QuestionId("a question id", 32),
    /// The office's own code of an exam: `MATHS-2026-S1`.
    ExamCode("an exam code", 64),
    /// A sort of stream, as it stands in the column `aggregate_type`: `ExamCopy`.
    StreamSort("a sort of stream", 64),
}

/// Codes stand in events, URLs and logs, so they hold nothing that could be personal free text or need escaping.
fn is_code(text: &str, max: usize) -> bool {
    text.len() <= max
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
