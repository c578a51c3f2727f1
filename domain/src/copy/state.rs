//! A copy as its events have made it. Illegal states cannot be written down.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{Breakdown, FinalisationCause, QuestionLine};
use super::mark::{Annotation, Page};
use crate::{
    ActorId, AnnotationId, AnonymousId, Commitment, CopyId, Digest, ExamId, LockId, Points, Question,
    QuestionId, SubjectId, Timestamp,
};

/// A copy: where it stands, and how many events brought it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExamCopy {
    /// How many events were folded: the sequence of the last one, 0 for a copy that does not exist.
    pub sequence: u64,
    /// Where it stands.
    pub state: CopyState,
    /// Whose it is, where somebody has said so.
    pub subject: Option<SubjectId>,
    /// The grader who is to mark it, where somebody is.
    pub assigned_to: Option<ActorId>,
}

/// Where a copy stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CopyState {
    /// No event yet.
    #[default]
    Absent,
    /// Being imported, or imported and not yet validated.
    Staging(Staging),
    /// Open to the next grader.
    Ready(Paper),
    /// In a grader's hands.
    Locked(Paper, Lock),
    /// Frozen, while its final PDF is made.
    Grading(Paper, Finalisation),
    /// Frozen no more: the final PDF could not be made.
    GradingFailed(Paper, Finalisation),
    /// Graded, with a final PDF.
    Graded(Paper, Grade),
    /// Out of the count.
    Voided(Identity, Void),
}

/// What never changes about a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The exam it belongs to.
    pub exam: ExamId,
    /// What stands on it instead of a name.
    pub anonymous_id: AnonymousId,
    /// SHA-256 of the scan.
    pub source: Digest,
    /// The scan's length, in bytes.
    pub source_bytes: u64,
    /// The name of its file, sealed.
    pub filename: Option<Commitment>,
}

/// A copy before it is validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staging {
    /// What it is.
    pub identity: Identity,
    /// How far its import is.
    pub import: Import,
}

/// How far an import is. That a worker has it in hand is not an event, so it is not a state either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Import {
    /// A worker is to read the scan.
    Pending {
        /// The attempt that comes next, from 1.
        attempt: u32,
    },
    /// Read.
    Done {
        /// The pages in order.
        pages: Vec<Page>,
    },
    /// Given up, until someone asks again.
    Failed {
        /// The attempt that failed last.
        attempt: u32,
    },
}

/// A validated copy with its marking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// What it is.
    pub identity: Identity,
    /// The pages in order.
    pub pages: Vec<Page>,
    /// The version of the scheme that validation pinned.
    pub scheme_version: u32,
    /// The questions of that scheme.
    pub questions: Vec<Question>,
    /// What graders did.
    pub marking: Marking,
    /// Which time of marking this is, from 1; reopening begins the next.
    pub cycle: u32,
    /// The lock that ended last, and how.
    pub last_lock: Option<EndedLock>,
}

/// What graders did to a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// The marks on its pages.
    pub annotations: BTreeMap<AnnotationId, Annotation>,
    /// The ids of those that were removed: an id is given once, so that a revision never means two things.
    pub removed: BTreeSet<AnnotationId>,
    /// How many annotations there ever were, the removed ones counted.
    pub annotations_added: u32,
    /// Points by question.
    pub scores: BTreeMap<QuestionId, Points>,
    /// Remarks by question, sealed.
    pub remarks: BTreeMap<QuestionId, Commitment>,
    /// The appreciation, sealed.
    pub appreciation: Option<Commitment>,
}

/// A lease on a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Its id.
    pub id: LockId,
    /// Whose it is.
    pub owner: ActorId,
    /// How long the lease was when it was given or last renewed, in seconds.
    pub ttl_seconds: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A lock that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedLock {
    /// Its id.
    pub id: LockId,
    /// Whether its lease ran out, rather than being given back or taken away.
    pub expired: bool,
}

/// A finalisation that runs, or that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finalisation {
    /// From 1.
    pub attempt: u32,
    /// What asked for it.
    pub cause: FinalisationCause,
    /// The sequence of the last event that it takes in.
    pub basis_sequence: u64,
    /// The total at that basis.
    pub total: Points,
    /// Once failed: whether a worker tries again without being asked.
    pub will_retry: bool,
}

/// The outcome of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// The basis it stands on.
    pub basis_sequence: u64,
    /// The total.
    pub total: Points,
    /// SHA-256 of the final PDF.
    pub pdf: Digest,
    /// The attempt that made it.
    pub attempt: u32,
}

/// Why a copy counts no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// Why, sealed.
    pub reason: Commitment,
    /// The copy that stands in its place.
    pub replaced_by: Option<CopyId>,
}

/// The six statuses that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CopyStatus {
    /// Being imported, or waiting for validation.
    Staging,
    /// Open to graders.
    Ready,
    /// In a grader's hands.
    Locked,
    /// Its final PDF is being made.
    GradingInProgress,
    /// Its final PDF could not be made.
    GradingFailed,
    /// Done.
    Graded,
}

impl CopyStatus {
    /// All of them, in the order of a copy's life.
    pub const ALL: [Self; 6] = [
        Self::Staging,
        Self::Ready,
        Self::Locked,
        Self::GradingInProgress,
        Self::GradingFailed,
        Self::Graded,
    ];

    /// As it stands in answers, metrics and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staging => "STAGING",
            Self::Ready => "READY",
            Self::Locked => "LOCKED",
            Self::GradingInProgress => "GRADING_IN_PROGRESS",
            Self::GradingFailed => "GRADING_FAILED",
            Self::Graded => "GRADED",
        }
    }
}

impl CopyState {
    /// The status that is counted; none for a copy that does not exist or is voided.
    #[must_use]
    pub const fn status(&self) -> Option<CopyStatus> {
        match self {
            Self::Absent | Self::Voided(..) => None,
            Self::Staging(_) => Some(CopyStatus::Staging),
            Self::Ready(_) => Some(CopyStatus::Ready),
            Self::Locked(..) => Some(CopyStatus::Locked),
            Self::Grading(..) => Some(CopyStatus::GradingInProgress),
            Self::GradingFailed(..) => Some(CopyStatus::GradingFailed),
            Self::Graded(..) => Some(CopyStatus::Graded),
        }
    }

    /// The validated copy, where there is one.
    #[must_use]
    pub const fn paper(&self) -> Option<&Paper> {
        match self {
            Self::Absent | Self::Staging(_) | Self::Voided(..) => None,
            Self::Ready(paper)
            | Self::Locked(paper, _)
            | Self::Grading(paper, _)
            | Self::GradingFailed(paper, _)
            | Self::Graded(paper, _) => Some(paper),
        }
    }

    /// What never changes about the copy.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Absent => None,
            Self::Staging(staging) => Some(&staging.identity),
            Self::Ready(paper)
            | Self::Locked(paper, _)
            | Self::Grading(paper, _)
            | Self::GradingFailed(paper, _)
            | Self::Graded(paper, _) => Some(&paper.identity),
            Self::Voided(identity, _) => Some(identity),
        }
    }
}

impl Paper {
    /// How the total comes about: the one sum there is (L8).
    #[must_use]
    pub fn breakdown(&self) -> Breakdown {
        let line = |question: &Question| QuestionLine {
            question: question.id.clone(),
            points: self.marking.scores.get(&question.id).copied(),
            maximum: question.maximum,
        };
        Breakdown {
            questions: self.questions.iter().map(line).collect(),
            annotations: self.marking.annotations.values().filter_map(|a| a.mark.points).sum(),
        }
    }
}
