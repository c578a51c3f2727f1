//! What is asked.

/// One thing to ask of a ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    ColdCommand,
    WarmCommand,
    Audit,
    History,
    Copies,
    CopiesReady,
    CopiesVoided,
    CopiesOfExam,
    ReadyOfExam,
    CopiesOfGrader,
    ReadyOfGrader,
    CopiesOfBusyGrader,
    ExamsOfGrader,
    Exams,
    Subjects,
    OfSubject,
    Queue,
    Accesses,
    AccessesRefused,
    AccessesOfCopy,
    AccessesUntil,
    Events,
    EventsOfType,
    Status,
}

impl Ask {
    pub(super) const ALL: [Self; 24] = [
        Self::ColdCommand,
        Self::WarmCommand,
        Self::Audit,
        Self::History,
        Self::Copies,
        Self::CopiesReady,
        Self::CopiesVoided,
        Self::CopiesOfExam,
        Self::ReadyOfExam,
        Self::CopiesOfGrader,
        Self::ReadyOfGrader,
        Self::CopiesOfBusyGrader,
        Self::ExamsOfGrader,
        Self::Exams,
        Self::Subjects,
        Self::OfSubject,
        Self::Queue,
        Self::Accesses,
        Self::AccessesRefused,
        Self::AccessesOfCopy,
        Self::AccessesUntil,
        Self::Events,
        Self::EventsOfType,
        Self::Status,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ColdCommand => "command, copy read anew",
            Self::WarmCommand => "command, copy in memory",
            Self::Audit => "audit trail of a copy",
            Self::History => "history of a copy",
            Self::Copies => "copies",
            Self::CopiesReady => "copies, ready",
            Self::CopiesVoided => "copies, voided",
            Self::CopiesOfExam => "copies of an exam",
            Self::ReadyOfExam => "copies of an exam, ready",
            Self::CopiesOfGrader => "copies of a grader of 3 exams",
            Self::ReadyOfGrader => "the same, ready",
            Self::CopiesOfBusyGrader => "copies of a grader of each 6th exam",
            Self::ExamsOfGrader => "exams of a grader",
            Self::Exams => "exams",
            Self::Subjects => "subjects",
            Self::OfSubject => "copies of a subject",
            Self::Queue => "work that is due",
            Self::Accesses => "log of accesses",
            Self::AccessesRefused => "log of accesses, refused",
            Self::AccessesOfCopy => "log of accesses, of a copy",
            Self::AccessesUntil => "log of accesses, until a time",
            Self::Events => "events",
            Self::EventsOfType => "events of a type",
            Self::Status => "status",
        }
    }

    /// Whether its cost is that of what it shows: a grader's is also that of their exams, which are more in a longer ledger.
    pub(super) fn is_flat(self) -> bool {
        self != Self::CopiesOfBusyGrader
    }
}
