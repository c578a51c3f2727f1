//! What an exam's events say to an auditor.

use domain::exam::ExamEvent;
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
        ExamEvent::GraderEnrolled { grader } | ExamEvent::GraderRemoved { grader } => {
            json!({ "grader": grader })
        }
        ExamEvent::ResultsReleased {} | ExamEvent::ResultsWithdrawn {} | ExamEvent::ExamArchived {} => {
            json!({})
        }
    }
}
