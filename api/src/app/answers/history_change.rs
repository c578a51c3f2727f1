//! One thing that differs between two moments of a copy, as answers show it: each side in the shape that the copy's own
//! answers have for it.

use domain::copy::CopyStatus;
use domain::{CopyId, Points, Timestamp};
use projections::history::{Change, Differs};
use serde::Serialize;
use serde_json::Value;

use super::super::execute::json;
use super::annotation::AnnotationAnswer;
use super::copy::VOIDED;
use super::copy_parts::{
    FailureAnswer, FinalisationAnswer, GradeAnswer, ImportAnswer, PageAnswer, VoidAnswer,
};
use super::decimal::DecimalPoints;
use super::history::{ChangeAnswer, LockThenAnswer};
use super::sealed::{SealedText, Whose};

/// The two sides of a change, texts sealed.
struct Sides {
    what: &'static str,
    before: Value,
    after: Value,
}

impl ChangeAnswer {
    /// A change of a copy with its sentence; leases are judged at the two instants.
    #[must_use]
    pub(crate) fn of(copy: CopyId, change: &Change, at: &Differs<Timestamp>, words: String) -> Self {
        let Sides { what, before, after } = sides(copy, change, at);
        let (question, annotation) = match change {
            Change::Score(question, _) | Change::Remark(question, _) => (Some(question.to_string()), None),
            Change::AnnotationAdded(row) | Change::AnnotationRemoved(row) => (None, Some(row.annotation.0)),
            Change::AnnotationRevised(differs) => (None, Some(differs.after.annotation.0)),
            Change::Status(_)
            | Change::Subject(_)
            | Change::AssignedTo(_)
            | Change::Import(_)
            | Change::LastFailure(_)
            | Change::Pages(_)
            | Change::Scheme(_)
            | Change::Cycle(_)
            | Change::Appreciation(_)
            | Change::Total(_)
            | Change::Lock(_)
            | Change::Finalisation(_)
            | Change::Grade(_)
            | Change::Void(_) => (None, None),
        };
        Self { what, question, annotation_id: annotation, before, after, words }
    }
}

fn sides(copy: CopyId, change: &Change, at: &Differs<Timestamp>) -> Sides {
    let points = |points: &Option<Points>| points.map(DecimalPoints);
    match change {
        Change::Status(differs) => {
            both("status", differs, |status| status.map_or(VOIDED, CopyStatus::as_str))
        }
        Change::Subject(differs) => both("subject_id", differs, |subject| subject.map(Whose)),
        Change::AssignedTo(differs) => both("assigned_to", differs, |grader| grader.map(|grader| grader.0)),
        Change::Import(differs) => both("import", differs, |import| import.map(ImportAnswer::of)),
        Change::LastFailure(differs) => {
            both("last_failure", differs, |failure| failure.map(FailureAnswer::of))
        }
        Change::Pages(differs) => both("pages", differs, |pages| -> Vec<PageAnswer> {
            pages.iter().enumerate().map(|(index, page)| PageAnswer::of(copy, index, page)).collect()
        }),
        Change::Scheme(differs) => both("scheme_version", differs, Clone::clone),
        Change::Cycle(differs) => both("cycle", differs, Clone::clone),
        Change::Score(_, differs) => both("score", differs, points),
        Change::Remark(_, differs) => both("remark", differs, |text| text.map(SealedText)),
        Change::Appreciation(differs) => both("appreciation", differs, |text| text.map(SealedText)),
        Change::AnnotationAdded(row) => Sides {
            what: "annotation_added",
            before: Value::Null,
            after: json(&AnnotationAnswer::of_row(row.as_ref().clone())),
        },
        Change::AnnotationRevised(differs) => {
            both("annotation_revised", differs, |row| AnnotationAnswer::of_row(row.clone()))
        }
        Change::AnnotationRemoved(row) => Sides {
            what: "annotation_removed",
            before: json(&AnnotationAnswer::of_row(row.as_ref().clone())),
            after: Value::Null,
        },
        Change::Total(differs) => both("total", differs, points),
        Change::Lock(Differs { before, after }) => Sides {
            what: "lock",
            before: json(&before.as_ref().map(|lock| LockThenAnswer::of(lock, at.before))),
            after: json(&after.as_ref().map(|lock| LockThenAnswer::of(lock, at.after))),
        },
        Change::Finalisation(differs) => {
            both("finalisation", differs, |run| run.as_ref().map(FinalisationAnswer::of))
        }
        Change::Grade(differs) => both("grade", differs, |grade| grade.as_ref().map(GradeAnswer::of)),
        Change::Void(differs) => both("voided", differs, |void| void.as_ref().map(VoidAnswer::of)),
    }
}

fn both<T, S: Serialize>(what: &'static str, differs: &Differs<T>, shown: impl Fn(&T) -> S) -> Sides {
    Sides { what, before: json(&shown(&differs.before)), after: json(&shown(&differs.after)) }
}
