//! The table of acts and parties.

use super::{Act, Scope, Scopes};
use crate::Role;

/// Who is told apart by the table. A lead is a grader whom an exam has enrolled as its lead; all others are what their
/// token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Runs the office and the service.
    Admin,
    /// A grader, in an exam that they lead.
    Lead,
    /// A grader, in an exam that they mark.
    Grader,
    /// Takes scans in, says whose they are, opens them to marking.
    Clerk,
    /// Reads all, and knows people by pseudonyms.
    Auditor,
    /// Reads their own released copies.
    Student,
    /// A program, with scopes.
    Service,
    /// The ledger's own workers. They hold no token and never come through a door.
    System,
}

impl Party {
    /// Those who come through a door, in the order of the table.
    pub const ALL: [Self; 7] =
        [Self::Admin, Self::Lead, Self::Grader, Self::Clerk, Self::Auditor, Self::Student, Self::Service];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Lead => "lead",
            Self::Grader => "grader",
            Self::Clerk => "clerk",
            Self::Auditor => "auditor",
            Self::Student => "student",
            Self::Service => "service",
            Self::System => "system",
        }
    }

    /// The parties that a token's role makes its holder, the weakest last.
    #[must_use]
    pub const fn of(role: Role) -> &'static [Self] {
        match role {
            Role::Admin => &[Self::Admin],
            Role::Grader => &[Self::Lead, Self::Grader],
            Role::Clerk => &[Self::Clerk],
            Role::Auditor => &[Self::Auditor],
            Role::Student => &[Self::Student],
            Role::Service => &[Self::Service],
            Role::System => &[Self::System],
        }
    }
}

/// What the table says of an act and a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Never.
    No,
    /// Always.
    Yes,
    /// On what is theirs: a lead in the exams they lead; a grader in the exams they are enrolled in and, where the exam
    /// assigns its copies, on those that are assigned to them; a student on their own released copies.
    Theirs,
    /// With one of these scopes.
    With(&'static [Scope]),
}

/// What the table says.
#[must_use]
pub const fn rule(act: Act, party: Party) -> Rule {
    let [admin, lead, grader, clerk, auditor, student, service] = row(act);
    match party {
        Party::Admin => admin,
        Party::Lead => lead,
        Party::Grader => grader,
        Party::Clerk => clerk,
        Party::Auditor => auditor,
        Party::Student => student,
        Party::Service => service,
        Party::System => Rule::No,
    }
}

/// Whether a caller with this role and these scopes may do it at all; on what, [`rule`] says.
#[must_use]
pub fn may(act: Act, role: Role, scopes: Scopes) -> bool {
    Party::of(role).iter().any(|party| match rule(act, *party) {
        Rule::No => false,
        Rule::Yes | Rule::Theirs => true,
        Rule::With(any) => any.iter().any(|scope| scopes.has(*scope)),
    })
}

const NO: Rule = Rule::No;
const YES: Rule = Rule::Yes;
const OWN: Rule = Rule::Theirs;
const METRICS: Rule = Rule::With(&[Scope::MetricsRead]);
const EVENTS: Rule = Rule::With(&[Scope::EventsRead]);
const EXPORT: Rule = Rule::With(&[Scope::Export]);
const IMPORT: Rule = Rule::With(&[Scope::Import]);
const EITHER: Rule = Rule::With(&[Scope::Export, Scope::Import]);

#[rustfmt::skip]
const fn row(act: Act) -> [Rule; 7] {
    match act {
        //                         admin lead grader clerk auditor student service
        Act::Open               => [YES, YES, YES, YES, YES, YES, YES],
        Act::Scrape             => [YES, NO,  NO,  NO,  YES, NO,  METRICS],
        Act::ReadApi            => [YES, YES, YES, YES, YES, YES, YES],
        Act::SeeService         => [YES, NO,  NO,  NO,  YES, NO,  NO],
        Act::RepairViews        => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        // Events tell who marked what in every exam.
        Act::FollowEvents       => [YES, NO,  NO,  NO,  YES, NO,  EVENTS],
        Act::CreateExams        => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::ReadExams          => [YES, OWN, OWN, YES, YES, NO,  EITHER],
        Act::PublishScheme      => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        Act::EnrolGraders       => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        // Else a lead could make themselves successors whom the office never saw.
        Act::NameLeads          => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::AssignCopies       => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        Act::ReleaseResults     => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        Act::ArchiveExams       => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::ImportCopies       => [YES, NO,  NO,  YES, NO,  NO,  IMPORT],
        Act::PrepareCopies      => [YES, NO,  NO,  YES, NO,  NO,  NO],
        Act::IdentifyCopies     => [YES, NO,  NO,  YES, NO,  NO,  NO],
        // Who marks must not know whose it is, a lead included.
        Act::SeeWhose           => [YES, NO,  NO,  YES, YES, NO,  NO],
        Act::VoidCopies         => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::ReadCopies         => [YES, OWN, OWN, YES, YES, NO,  EITHER],
        Act::ReadPages          => [YES, OWN, OWN, YES, YES, NO,  NO],
        Act::ReadMarks          => [YES, OWN, OWN, NO,  YES, NO,  NO],
        Act::ReadTexts          => [YES, OWN, OWN, NO,  NO,  NO,  NO],
        Act::OpenTexts          => [YES, NO,  NO,  NO,  YES, NO,  NO],
        // The name of a file may be a student's.
        Act::ReadFileNames      => [YES, NO,  NO,  YES, NO,  NO,  NO],
        Act::MarkCopies         => [YES, OWN, OWN, NO,  NO,  NO,  NO],
        Act::TakeLocks          => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        Act::CorrectGrades      => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        Act::RetryFinalisations => [YES, OWN, NO,  NO,  NO,  NO,  NO],
        Act::ReadFinalPdfs      => [YES, OWN, OWN, NO,  YES, NO,  EXPORT],
        Act::ExportCopies       => [YES, NO,  NO,  NO,  NO,  NO,  EXPORT],
        Act::RegisterSubjects   => [YES, NO,  NO,  YES, NO,  NO,  NO],
        Act::ReadSubjects       => [YES, NO,  NO,  YES, YES, NO,  NO],
        Act::ReadIdentities     => [YES, NO,  NO,  YES, NO,  NO,  NO],
        Act::SignStudentsIn     => [YES, NO,  NO,  YES, NO,  NO,  NO],
        Act::HoldSubjects       => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::ExportSubjects     => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::EraseSubjects      => [YES, NO,  NO,  NO,  NO,  NO,  NO],
        Act::ReadAccessLog      => [YES, NO,  NO,  NO,  YES, NO,  NO],
        Act::ReadOwnResults     => [NO,  NO,  NO,  NO,  NO,  OWN, NO],
    }
}
