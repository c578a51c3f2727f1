//! What differs between a copy at two moments: state against state, whatever happened in between.

use std::collections::{BTreeMap, BTreeSet};

use domain::copy::event::Breakdown;
use domain::copy::state::{Finalisation, Grade, Lock, Void};
use domain::copy::{CopyStatus, Page};
use domain::{ActorId, AnnotationId, Commitment, CopyId, Points, QuestionId, SubjectId};

use super::CopyThen;
use crate::views::annotations::AnnotationRow;
use crate::views::copies::{CopyBody, CopyRow, ImportStanding, LastFailure};
use crate::views::copy_locks::LockRow;

/// What stood, and what stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs<T> {
    /// At the earlier moment.
    pub before: T,
    /// At the later one.
    pub after: T,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its status; none is that of a voided copy.
    Status(Differs<Option<CopyStatus>>),
    /// Whose it is.
    Subject(Differs<Option<SubjectId>>),
    /// Who is to mark it.
    AssignedTo(Differs<Option<ActorId>>),
    /// How far the import is; none once it is voided.
    Import(Differs<Option<ImportStanding>>),
    /// How import or finalisation failed last.
    LastFailure(Differs<Option<LastFailure>>),
    /// Its pages.
    Pages(Differs<Vec<Page>>),
    /// The version of the scheme that is pinned.
    Scheme(Differs<Option<u32>>),
    /// Which time of marking it is.
    Cycle(Differs<Option<u32>>),
    /// The points of a question.
    Score(QuestionId, Differs<Option<Points>>),
    /// The remark on a question, sealed.
    Remark(QuestionId, Differs<Option<Commitment>>),
    /// The appreciation, sealed.
    Appreciation(Differs<Option<Commitment>>),
    /// An annotation that stands since.
    AnnotationAdded(Box<AnnotationRow>),
    /// An annotation that stands at another revision.
    AnnotationRevised(Box<Differs<AnnotationRow>>),
    /// An annotation that stands no more.
    AnnotationRemoved(Box<AnnotationRow>),
    /// The total.
    Total(Differs<Option<Points>>),
    /// The lock that stands.
    Lock(Differs<Option<LockRow>>),
    /// The finalisation that runs or has failed.
    Finalisation(Differs<Option<Finalisation>>),
    /// The outcome.
    Grade(Differs<Option<Grade>>),
    /// Why it counts no more.
    Void(Differs<Option<Void>>),
}

/// What differs between two states of one copy, in the order in which a copy's answer shows it. Empty where, and only
/// where, a reader would be shown the same copy, annotations and lock.
#[must_use]
pub fn changes(copy: CopyId, before: &CopyThen, after: &CopyThen) -> Vec<Change> {
    let mut found = Vec::new();
    if let (Some(before), Some(after)) = (before.row(copy), after.row(copy)) {
        found = of_rows(before, after);
    }
    let lock = locks(before.lock(), after.lock());
    found.extend(annotations(&before.annotations(), &after.annotations()));
    found.extend(lock);
    found
}

fn of_rows(before: CopyRow, after: CopyRow) -> Vec<Change> {
    let last_failure = differs(before.last_failure, after.last_failure);
    let (before, after) = (before.body, after.body);
    let mut found: Vec<Change> = [
        differs(before.status, after.status).map(Change::Status),
        differs(before.subject, after.subject).map(Change::Subject),
        differs(before.assigned_to, after.assigned_to).map(Change::AssignedTo),
        differs(before.import, after.import).map(Change::Import),
        last_failure.map(Change::LastFailure),
    ]
    .into_iter()
    .flatten()
    .collect();
    let (before, after) = (Compared::of(before), Compared::of(after));
    // That a voided copy shows its marks no more is said once, by its status, and not line by line.
    if after.void.is_none() {
        found.extend(of_marking(&before, &after));
    }
    found.extend(differs(before.total, after.total).map(Change::Total));
    found.extend(differs(before.finalisation, after.finalisation).map(Change::Finalisation));
    found.extend(differs(before.grade, after.grade).map(Change::Grade));
    found.extend(differs(before.void, after.void).map(Change::Void));
    found
}

/// The parts of a body that are compared one by one. Taking the body apart without a rest has whoever adds a field to
/// it decide how a difference in it is told.
struct Compared {
    pages: Vec<Page>,
    scheme_version: Option<u32>,
    cycle: Option<u32>,
    total: Option<Points>,
    scores: BTreeMap<QuestionId, Points>,
    remarks: BTreeMap<QuestionId, Commitment>,
    appreciation: Option<Commitment>,
    finalisation: Option<Finalisation>,
    grade: Option<Grade>,
    void: Option<Void>,
}

impl Compared {
    fn of(body: CopyBody) -> Self {
        let CopyBody {
            // These never change.
            exam: _,
            anonymous_id: _,
            source: _,
            source_bytes: _,
            filename: _,
            // These were compared already, or are compared as rows of their own views.
            status: _,
            subject: _,
            assigned_to: _,
            import: _,
            annotations: _,
            lock: _,
            // How far the copy has come is not how it stands.
            sequence: _,
            pages,
            scheme_version,
            cycle,
            total,
            breakdown,
            remarks,
            appreciation,
            finalisation,
            grade,
            void,
        } = body;
        let scores = breakdown.map(scores).unwrap_or_default();
        Self { pages, scheme_version, cycle, total, scores, remarks, appreciation, finalisation, grade, void }
    }
}

fn scores(breakdown: Breakdown) -> BTreeMap<QuestionId, Points> {
    breakdown.questions.into_iter().filter_map(|line| Some((line.question, line.points?))).collect()
}

fn of_marking(before: &Compared, after: &Compared) -> Vec<Change> {
    let mut found = Vec::new();
    found.extend(differs(before.pages.clone(), after.pages.clone()).map(Change::Pages));
    found.extend(differs(before.scheme_version, after.scheme_version).map(Change::Scheme));
    found.extend(differs(before.cycle, after.cycle).map(Change::Cycle));
    found.extend(by_question(&before.scores, &after.scores, Change::Score));
    found.extend(by_question(&before.remarks, &after.remarks, Change::Remark));
    found.extend(differs(before.appreciation, after.appreciation).map(Change::Appreciation));
    found
}

fn differs<T: PartialEq>(before: T, after: T) -> Option<Differs<T>> {
    (before != after).then_some(Differs { before, after })
}

fn by_question<T: Copy + PartialEq>(
    before: &BTreeMap<QuestionId, T>,
    after: &BTreeMap<QuestionId, T>,
    change: impl Fn(QuestionId, Differs<Option<T>>) -> Change,
) -> Vec<Change> {
    let questions: BTreeSet<&QuestionId> = before.keys().chain(after.keys()).collect();
    let told = |question: &QuestionId| {
        let found = differs(before.get(question).copied(), after.get(question).copied())?;
        Some(change(question.clone(), found))
    };
    questions.into_iter().filter_map(told).collect()
}

/// Annotations by their numbers. A revision counts even where it ended as it began: its number tells readers apart.
fn annotations(before: &[&AnnotationRow], after: &[&AnnotationRow]) -> Vec<Change> {
    let by_id = |rows: &[&AnnotationRow]| -> BTreeMap<AnnotationId, AnnotationRow> {
        rows.iter().map(|row| (row.annotation, (*row).clone())).collect()
    };
    let (mut earlier, later) = (by_id(before), by_id(after));
    let mut found: Vec<(u32, Change)> = Vec::new();
    for (id, after) in later {
        let number = after.number;
        match earlier.remove(&id) {
            None => found.push((number, Change::AnnotationAdded(Box::new(after)))),
            Some(before) if (before.revision, &before.mark) != (after.revision, &after.mark) => {
                found.push((number, Change::AnnotationRevised(Box::new(Differs { before, after }))));
            }
            Some(_) => {}
        }
    }
    let removed = |before: AnnotationRow| (before.number, Change::AnnotationRemoved(Box::new(before)));
    found.extend(earlier.into_values().map(removed));
    found.sort_unstable_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, change)| change).collect()
}

fn locks(before: Option<&LockRow>, after: Option<&LockRow>) -> Option<Change> {
    let held = |lock: &LockRow| Lock {
        id: lock.lock,
        owner: lock.owner,
        ttl_seconds: lock.ttl_seconds,
        expires_at: lock.expires_at,
    };
    let differs = before.map(held) != after.map(held);
    differs.then(|| Change::Lock(Differs { before: before.cloned(), after: after.cloned() }))
}
