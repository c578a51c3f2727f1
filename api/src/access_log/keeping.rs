//! Which accesses are recorded, and how surely.

use domain::access::Act;

/// What becomes of a read that shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing is recorded: it shows nothing of anybody, or it is an event of the ledger.
    Nothing,
    /// It is queued before the answer leaves.
    Queued,
    /// It is committed before the answer leaves.
    Committed,
}

impl Keeping {
    /// How an act is kept. Every act is named, so that a new one cannot be forgotten.
    #[must_use]
    pub const fn of(act: Act) -> Self {
        match act {
            // Who somebody is, all there is of somebody, and what was sealed or said in confidence.
            Act::OpenTexts
            | Act::ReadFileNames
            | Act::ReadSubjects
            | Act::ReadIdentities
            | Act::ExportSubjects
            | Act::ReadAccessLog => Self::Committed,
            // It changes what the key store has, and is no event.
            Act::SignStudentsIn => Self::Committed,
            // Events, whose answers say who it is, also where there was nothing to change.
            Act::RegisterSubjects | Act::HoldSubjects | Act::EraseSubjects => Self::Committed,
            // Marks and pages, by pseudonyms and in volume.
            Act::FollowEvents
            | Act::SeeWhose
            | Act::ReadCopies
            | Act::ReadPages
            | Act::ReadMarks
            | Act::ReadTexts
            | Act::ReadFinalPdfs
            | Act::ExportCopies
            | Act::ReadOwnResults => Self::Queued,
            // Nothing of anybody's copy.
            Act::Open | Act::Scrape | Act::ReadApi | Act::SeeService | Act::ReadExams => Self::Nothing,
            // In the ledger.
            Act::RepairViews
            | Act::CreateExams
            | Act::PublishScheme
            | Act::EnrolGraders
            | Act::NameLeads
            | Act::AssignCopies
            | Act::ReleaseResults
            | Act::ArchiveExams
            | Act::ImportCopies
            | Act::PrepareCopies
            | Act::IdentifyCopies
            | Act::VoidCopies
            | Act::MarkCopies
            | Act::TakeLocks
            | Act::CorrectGrades
            | Act::RetryFinalisations => Self::Nothing,
        }
    }
}
