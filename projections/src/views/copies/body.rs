//! A copy as a client reads it.

use std::collections::BTreeMap;

use domain::copy::event::Breakdown;
use domain::copy::state::{CopyState, Finalisation, Grade, Import, Lock, Void};
use domain::copy::{CopyStatus, ExamCopy, Page};
use domain::{ActorId, AnonymousId, Commitment, Digest, ExamId, Points, QuestionId, SubjectId};
use serde::{Deserialize, Serialize};

/// A copy as it stands: a pure function of the domain's own fold, for a read from the view and for the answer to a
/// write alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyBody {
    /// The exam it belongs to.
    pub exam: ExamId,
    /// What stands on it instead of a name.
    pub anonymous_id: AnonymousId,
    /// Whose it is, where somebody has said so.
    pub subject: Option<SubjectId>,
    /// The grader who is to mark it, where somebody is.
    pub assigned_to: Option<ActorId>,
    /// Its status; none once it is voided.
    pub status: Option<CopyStatus>,
    /// SHA-256 of the scan.
    pub source: Digest,
    /// The scan's length, in bytes.
    pub source_bytes: u64,
    /// The name of the scan's file, sealed.
    pub filename: Option<Commitment>,
    /// How far its import is; none once it is voided.
    pub import: Option<ImportStanding>,
    /// Its pages in order; empty until it is imported.
    pub pages: Vec<Page>,
    /// The version of the scheme that validation pinned.
    pub scheme_version: Option<u32>,
    /// Which time of marking this is, from 1; none before validation.
    pub cycle: Option<u32>,
    /// The total as marked so far; none before validation.
    pub total: Option<Points>,
    /// How that total comes about.
    pub breakdown: Option<Breakdown>,
    /// How many annotations stand on it.
    pub annotations: u32,
    /// Remarks by question, sealed.
    pub remarks: BTreeMap<QuestionId, Commitment>,
    /// The appreciation, sealed.
    pub appreciation: Option<Commitment>,
    /// The lock, where it is locked.
    pub lock: Option<Lock>,
    /// The finalisation that runs or has failed.
    pub finalisation: Option<Finalisation>,
    /// The outcome, where it is graded.
    pub grade: Option<Grade>,
    /// Why it counts no more.
    pub void: Option<Void>,
    /// How many events brought it there.
    pub sequence: u64,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ImportStanding {
    /// A worker is to read the scan.
    Pending {
        /// The attempt that comes next, from 1.
        attempt: u32,
    },
    /// Read.
    Done,
    /// Given up, until someone asks again.
    Failed {
        /// The attempt that failed last.
        attempt: u32,
    },
}

impl CopyBody {
    /// The copy as it stands; none where there is no copy.
    #[must_use]
    pub fn of(copy: &ExamCopy) -> Option<Self> {
        let identity = copy.state.identity()?;
        let mut body = Self {
            exam: identity.exam,
            anonymous_id: identity.anonymous_id.clone(),
            subject: copy.subject,
            assigned_to: copy.assigned_to,
            status: copy.state.status(),
            source: identity.source,
            source_bytes: identity.source_bytes,
            filename: identity.filename,
            import: None,
            pages: Vec::new(),
            scheme_version: None,
            cycle: None,
            total: None,
            breakdown: None,
            annotations: 0,
            remarks: BTreeMap::new(),
            appreciation: None,
            lock: None,
            finalisation: None,
            grade: None,
            void: None,
            sequence: copy.sequence,
        };
        body.put_paper(&copy.state);
        match &copy.state {
            CopyState::Absent | CopyState::Ready(_) => {}
            CopyState::Staging(staging) => body.put_import(&staging.import),
            CopyState::Locked(_, lock) => body.lock = Some(lock.clone()),
            CopyState::Grading(_, run) | CopyState::GradingFailed(_, run) => {
                body.finalisation = Some(run.clone());
            }
            CopyState::Graded(_, grade) => body.grade = Some(grade.clone()),
            CopyState::Voided(_, void) => body.void = Some(void.clone()),
        }
        Some(body)
    }

    fn put_import(&mut self, import: &Import) {
        self.import = Some(match import {
            Import::Pending { attempt } => ImportStanding::Pending { attempt: *attempt },
            Import::Failed { attempt } => ImportStanding::Failed { attempt: *attempt },
            Import::Done { pages } => {
                self.pages.clone_from(pages);
                ImportStanding::Done
            }
        });
    }

    fn put_paper(&mut self, state: &CopyState) {
        let Some(paper) = state.paper() else { return };
        let breakdown = paper.breakdown();
        self.import = Some(ImportStanding::Done);
        self.pages.clone_from(&paper.pages);
        self.scheme_version = Some(paper.scheme_version);
        self.cycle = Some(paper.cycle);
        self.total = Some(breakdown.total());
        self.breakdown = Some(breakdown);
        self.annotations = u32::try_from(paper.marking.annotations.len()).unwrap_or(u32::MAX);
        self.remarks.clone_from(&paper.marking.remarks);
        self.appreciation = paper.marking.appreciation;
    }
}
