//! What one row says.

use domain::access::Act;
use domain::{ActorId, CopyId, ExamId, Role, SubjectId};

use super::SealedReason;

/// How an access ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was shown.
    Shown,
    /// The caller may not, or is nobody.
    Refused,
    /// A reason was given, and nothing could be shown for another cause.
    Failed,
    /// So many refusals were counted and not written.
    LeftOut,
    /// So many rows were older than they are kept, and were deleted.
    Pruned,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Shown, Self::Refused, Self::Failed, Self::LeftOut, Self::Pruned];

    /// As it stands in the column `outcome`, and in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::LeftOut => "left_out",
            Self::Pruned => "pruned",
        }
    }
}

/// A row: pseudonyms, words of closed sets, and ids.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who, in which role; none where nobody was recognised.
    pub caller: Option<(ActorId, Role)>,
    /// What they wanted, by which method and template of a path; none where the row is about many.
    pub what: Option<(Act, &'static str, &'static str)>,
    /// Of which copy.
    pub copy: Option<CopyId>,
    /// Of which exam.
    pub exam: Option<ExamId>,
    /// Of which subject.
    pub subject: Option<SubjectId>,
    /// How it ended.
    pub outcome: Outcome,
    /// The status and, of an error, the code that it was answered with.
    pub answered: Option<(u16, Option<&'static str>)>,
    /// The request.
    pub request_id: Option<String>,
    /// How many accesses or rows it is about.
    pub times: u64,
    /// Why they said they wanted it.
    pub reason: Option<SealedReason>,
}

impl Access {
    /// A row about many at once.
    #[must_use]
    pub const fn of_many(caller: Option<(ActorId, Role)>, outcome: Outcome, times: u64) -> Self {
        Self {
            caller,
            what: None,
            copy: None,
            exam: None,
            subject: None,
            outcome,
            answered: None,
            request_id: None,
            times,
            reason: None,
        }
    }
}
