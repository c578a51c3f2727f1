//! What can be permitted.

use std::fmt::{self, Write as _};

/// An act that somebody may or may not do. A route cannot be written down without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Have an answer without a token: is the process alive, is it ready.
    Open,
    /// Scrape figures; without a token from the machine itself.
    Scrape,
    /// Read the document of the API.
    ReadApi,
    /// See how the service stands: its parts, views, queues.
    SeeService,
    /// Repair views: retry, park, unpark.
    RepairViews,
    /// Follow the events of the whole ledger.
    FollowEvents,
    /// Create exams.
    CreateExams,
    /// Read exams: scheme, graders, whether results are out.
    ReadExams,
    /// Publish an exam's scheme.
    PublishScheme,
    /// Enrol graders in an exam and remove them.
    EnrolGraders,
    /// Say who leads an exam.
    NameLeads,
    /// Deal an exam's copies out to its graders, and move one from hand to hand.
    AssignCopies,
    /// Release an exam's results and take them back.
    ReleaseResults,
    /// Close an exam.
    ArchiveExams,
    /// Take scans in.
    ImportCopies,
    /// Validate copies and try failed imports again.
    PrepareCopies,
    /// Say whose a copy is, and take it back.
    IdentifyCopies,
    /// Know which pseudonym a copy belongs to.
    SeeWhose,
    /// Take a copy out of the count.
    VoidCopies,
    /// Read lists of copies, and a copy with its status and outcome.
    ReadCopies,
    /// Look at the pages of a copy.
    ReadPages,
    /// Read the marks of a copy, its trail and its history.
    ReadMarks,
    /// Read what people wrote: comments, remarks, reasons.
    ReadTexts,
    /// Read what people wrote after saying why; the reason is recorded.
    OpenTexts,
    /// Read the names of the files that scans came in.
    ReadFileNames,
    /// Lock, mark and finalise copies.
    MarkCopies,
    /// Take a copy out of someone's hands.
    TakeLocks,
    /// Correct a grade or open a graded copy again.
    CorrectGrades,
    /// Try a failed finalisation again.
    RetryFinalisations,
    /// Read the final PDF of a copy.
    ReadFinalPdfs,
    /// Record that a graded copy was handed out, and take it.
    ExportCopies,
    /// Register subjects and rectify who they are.
    RegisterSubjects,
    /// Read the list of subjects, and what is kept of one of them.
    ReadSubjects,
    /// Read who a subject is.
    ReadIdentities,
    /// Give a subject a token to sign in with.
    SignStudentsIn,
    /// Place and lift legal holds.
    HoldSubjects,
    /// Hand out all that the ledger holds about one person.
    ExportSubjects,
    /// Ask for, approve or take back the erasure of a subject.
    EraseSubjects,
    /// Read who read what.
    ReadAccessLog,
    /// Read one's own released copies.
    ReadOwnResults,
}

impl Act {
    /// Every act, in the order of the table.
    pub const ALL: [Self; 40] = [
        Self::Open,
        Self::Scrape,
        Self::ReadApi,
        Self::SeeService,
        Self::RepairViews,
        Self::FollowEvents,
        Self::CreateExams,
        Self::ReadExams,
        Self::PublishScheme,
        Self::EnrolGraders,
        Self::NameLeads,
        Self::AssignCopies,
        Self::ReleaseResults,
        Self::ArchiveExams,
        Self::ImportCopies,
        Self::PrepareCopies,
        Self::IdentifyCopies,
        Self::SeeWhose,
        Self::VoidCopies,
        Self::ReadCopies,
        Self::ReadPages,
        Self::ReadMarks,
        Self::ReadTexts,
        Self::OpenTexts,
        Self::ReadFileNames,
        Self::MarkCopies,
        Self::TakeLocks,
        Self::CorrectGrades,
        Self::RetryFinalisations,
        Self::ReadFinalPdfs,
        Self::ExportCopies,
        Self::RegisterSubjects,
        Self::ReadSubjects,
        Self::ReadIdentities,
        Self::SignStudentsIn,
        Self::HoldSubjects,
        Self::ExportSubjects,
        Self::EraseSubjects,
        Self::ReadAccessLog,
        Self::ReadOwnResults,
    ];

    /// Whether it changes something: a write is told to the audit log.
    #[must_use]
    pub const fn writes(self) -> bool {
        match self {
            Self::Open
            | Self::Scrape
            | Self::ReadApi
            | Self::SeeService
            | Self::FollowEvents
            | Self::ReadExams
            | Self::SeeWhose
            | Self::ReadCopies
            | Self::ReadPages
            | Self::ReadMarks
            | Self::ReadTexts
            | Self::OpenTexts
            | Self::ReadFileNames
            | Self::ReadFinalPdfs
            | Self::ReadSubjects
            | Self::ReadIdentities
            | Self::ExportSubjects
            | Self::ReadAccessLog
            | Self::ReadOwnResults => false,
            Self::RepairViews
            | Self::CreateExams
            | Self::PublishScheme
            | Self::EnrolGraders
            | Self::NameLeads
            | Self::AssignCopies
            | Self::ReleaseResults
            | Self::ArchiveExams
            | Self::ImportCopies
            | Self::PrepareCopies
            | Self::IdentifyCopies
            | Self::VoidCopies
            | Self::MarkCopies
            | Self::TakeLocks
            | Self::CorrectGrades
            | Self::RetryFinalisations
            | Self::ExportCopies
            | Self::RegisterSubjects
            | Self::SignStudentsIn
            | Self::HoldSubjects
            | Self::EraseSubjects => true,
        }
    }
}

impl fmt::Display for Act {
    /// In words, as the table of permissions prints it and the log of accesses keeps it: `read marks`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in format!("{self:?}").char_indices() {
            if at > 0 && letter.is_ascii_uppercase() {
                f.write_char(' ')?;
            }
            f.write_char(letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}
