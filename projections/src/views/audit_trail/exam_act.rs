//! What an exam's events say to an auditor.

use domain::exam::{Duty, ExamEvent};

use super::copy_act::questions;
use super::told::{Told, told};

/// What was done.
pub(super) const fn action(event: &ExamEvent) -> &'static str {
    match event {
        ExamEvent::ExamCreated { .. } => "EXAM_CREATE",
        ExamEvent::SchemePublished { .. } => "SCHEME_PUBLISH",
        ExamEvent::GraderEnrolled { .. } => "GRADER_ENROL",
        ExamEvent::GraderRemoved { .. } => "GRADER_REMOVE",
        ExamEvent::CopiesDispatched { .. } => "DISPATCH",
        ExamEvent::ResultsReleased {} => "RELEASE",
        ExamEvent::ResultsWithdrawn {} => "WITHDRAW",
        ExamEvent::ExamArchived {} => "ARCHIVE",
    }
}

/// The particulars.
pub(super) fn metadata(event: &ExamEvent) -> Told {
    match event {
        ExamEvent::ExamCreated { code } => told! { "code": code },
        ExamEvent::SchemePublished { version, questions: list } => {
            told! { "scheme_version": version, "questions": questions(list) }
        }
        // As rows have told it since before there were duties: a duty is told where it is another than to mark.
        ExamEvent::GraderEnrolled { grader, duty: Duty::Marker } | ExamEvent::GraderRemoved { grader } => {
            told! { "grader": grader }
        }
        ExamEvent::GraderEnrolled { grader, duty: duty @ Duty::Lead } => {
            told! { "grader": grader, "duty": duty }
        }
        ExamEvent::CopiesDispatched { run, seed, graders, copies } => told! {
            "run": run,
            "seed": seed,
            "graders": graders.iter().map(|(grader, held)| told! { "grader": grader, "held": held }).collect::<Vec<_>>(),
            "copies": copies,
        },
        ExamEvent::ResultsReleased {} | ExamEvent::ResultsWithdrawn {} | ExamEvent::ExamArchived {} => {
            told! {}
        }
    }
}
