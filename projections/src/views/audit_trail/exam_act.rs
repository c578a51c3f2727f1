//! What an exam's events say to an auditor.

use domain::exam::{Duty, ExamEvent};
use serde_json::{Value, json};

use super::copy_act::questions;

/// What was done.
pub(super) const fn action(event: &ExamEvent) -> &'static str {
    match event {
        ExamEvent::ExamCreated { .. } => "EXAM_CREATE",
        ExamEvent::SchemePublished { .. } => "SCHEME_PUBLISH",
        ExamEvent::GraderEnrolled { .. } => "GRADER_ENROL",
        ExamEvent::GraderRemoved { .. } => "GRADER_REMOVE",
        ExamEvent::ResultsReleased {} => "RELEASE",
        ExamEvent::ResultsWithdrawn {} => "WITHDRAW",
        ExamEvent::ExamArchived {} => "ARCHIVE",
    }
}

/// The particulars.
pub(super) fn metadata(event: &ExamEvent) -> Value {
    match event {
        ExamEvent::ExamCreated { code } => json!({ "code": code }),
        ExamEvent::SchemePublished { version, questions: list } => {
            json!({ "scheme_version": version, "questions": questions(list) })
        }
        // As rows have told it since before there were duties: a duty is told where it is another than to mark.
        ExamEvent::GraderEnrolled { grader, duty: Duty::Marker } | ExamEvent::GraderRemoved { grader } => {
            json!({ "grader": grader })
        }
        ExamEvent::GraderEnrolled { grader, duty: duty @ Duty::Lead } => {
            json!({ "grader": grader, "duty": duty })
        }
        ExamEvent::ResultsReleased {} | ExamEvent::ResultsWithdrawn {} | ExamEvent::ExamArchived {} => {
            json!({})
        }
    }
}
