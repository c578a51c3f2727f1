//! What an exam's events say to an auditor.

use domain::ActorId;
use domain::exam::{Duty, ExamEvent};
use serde::{Serialize, Serializer};

use super::copy_act::questions;
use super::told::told;

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
pub(super) fn metadata<S: Serializer>(event: &ExamEvent, to: S) -> Result<S::Ok, S::Error> {
    match event {
        ExamEvent::ExamCreated { code } => told!(to, "code": code),
        ExamEvent::SchemePublished { version, questions: list } => {
            told!(to, "scheme_version": version, "questions": questions(list))
        }
        // As rows have told it since before there were duties: a duty is told where it is another than to mark.
        ExamEvent::GraderEnrolled { grader, duty: Duty::Marker } | ExamEvent::GraderRemoved { grader } => {
            told!(to, "grader": grader)
        }
        ExamEvent::GraderEnrolled { grader, duty: duty @ Duty::Lead } => {
            told!(to, "grader": grader, "duty": duty)
        }
        ExamEvent::CopiesDispatched { run, seed, graders, copies } => told!(
            to,
            "run": run,
            "seed": seed,
            "graders": graders.iter().map(|(grader, held)| Holds { grader, held: *held }).collect::<Vec<_>>(),
            "copies": copies,
        ),
        ExamEvent::ResultsReleased {} | ExamEvent::ResultsWithdrawn {} | ExamEvent::ExamArchived {} => {
            told!(to)
        }
    }
}

/// How many copies a grader held when copies were dealt out.
#[derive(Serialize)]
struct Holds<'a> {
    grader: &'a ActorId,
    held: u64,
}
