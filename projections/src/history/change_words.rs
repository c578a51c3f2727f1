//! What a difference between two states says to an auditor, in a sentence.

use domain::copy::CopyStatus;
use domain::copy::state::{Finalisation, Grade, Void};
use domain::{ActorId, SubjectId};

use super::words::{asked_by, of_mark, on_page, or_none, plural, revised, short};
use super::{Change, Differs, Sentence};
use crate::views::copies::{FailedWork, ImportStanding, LastFailure};
use crate::views::copy_locks::LockRow;

/// What a difference says.
#[must_use]
pub fn words_of(change: &Change) -> Sentence {
    match change {
        Change::Status(Differs { before, after }) => {
            Sentence::of(format_args!("Status: {} → {}", status(*before), status(*after)))
        }
        Change::Subject(Differs { before, after }) => {
            let known = |said: Sentence, subject: Option<SubjectId>| match subject {
                Some(subject) => said.subject(subject),
                None => said.words("nobody"),
            };
            known(known(Sentence::of("Whose it is: "), *before).words(" → "), *after)
        }
        Change::AssignedTo(Differs { before, after }) => {
            let known = |said: Sentence, grader: Option<ActorId>| match grader {
                Some(grader) => said.actor(grader),
                None => said.words("nobody"),
            };
            known(known(Sentence::of("Assigned to: "), *before).words(" → "), *after)
        }
        Change::Import(Differs { before, after }) => {
            Sentence::of(format_args!("Import: {} → {}", import(*before), import(*after)))
        }
        Change::LastFailure(Differs { before, after }) => {
            Sentence::of(format_args!("Last failure: {} → {}", failure(*before), failure(*after)))
        }
        Change::Pages(Differs { before, after }) => Sentence::of(format_args!(
            "Pages: {} → {} {}",
            before.len(),
            after.len(),
            plural(after.len(), "page")
        )),
        Change::Scheme(Differs { before, after }) => {
            Sentence::of(format_args!("Pinned scheme: {} → {}", number(*before), number(*after)))
        }
        Change::Cycle(Differs { before, after }) => {
            Sentence::of(format_args!("Time of marking: {} → {}", number(*before), number(*after)))
        }
        Change::Score(question, Differs { before, after }) => Sentence::of(format_args!(
            "Question {question}: {} → {} points",
            or_none(*before),
            or_none(*after)
        )),
        Change::Remark(question, Differs { before, after }) => {
            let sentence = Sentence::of(format_args!("Remark on question {question}: "));
            sentence.text(*before).words(" → ").text(*after)
        }
        Change::Appreciation(Differs { before, after }) => {
            Sentence::of("Appreciation: ").text(*before).words(" → ").text(*after)
        }
        Change::AnnotationAdded(row) => {
            of_mark(format!("{} added", on_page(row.number, row.page_index)), &row.mark)
        }
        Change::AnnotationRevised(differs) => {
            let Differs { before, after } = differs.as_ref();
            revised(&on_page(after.number, after.page_index), &before.mark, &after.mark)
        }
        Change::AnnotationRemoved(row) => {
            of_mark(format!("{} removed", on_page(row.number, row.page_index)), &row.mark)
        }
        Change::Total(Differs { before, after }) => {
            Sentence::of(format_args!("Total: {} → {} points", or_none(*before), or_none(*after)))
        }
        Change::Lock(Differs { before, after }) => lock(before.as_ref(), after.as_ref()),
        Change::Finalisation(Differs { before, after }) => finalisation(before.as_ref(), after.as_ref()),
        Change::Grade(Differs { before, after }) => {
            Sentence::of(format_args!("Outcome: {} → {}", grade(before.as_ref()), grade(after.as_ref())))
        }
        Change::Void(Differs { before, after }) => voided(before.as_ref(), after.as_ref()),
    }
}

fn status(status: Option<CopyStatus>) -> &'static str {
    status.map_or("VOIDED", CopyStatus::as_str)
}

fn import(import: Option<ImportStanding>) -> String {
    match import {
        Some(ImportStanding::Pending { attempt }) => format!("attempt {attempt} to come"),
        Some(ImportStanding::Failed { attempt }) => format!("failed at attempt {attempt}"),
        Some(ImportStanding::Done) => "done".to_owned(),
        None => "none".to_owned(),
    }
}

fn failure(failure: Option<LastFailure>) -> String {
    let Some(failure) = failure else { return "none".to_owned() };
    let work = match failure.work {
        FailedWork::Import => "import",
        FailedWork::Finalisation => "final PDF",
    };
    let LastFailure { attempt, stage, error_type, .. } = failure;
    format!("{work} at stage {}: {} (attempt {attempt})", stage.as_str(), error_type.as_str())
}

fn number(number: Option<u32>) -> String {
    number.map_or("none".to_owned(), |number| number.to_string())
}

fn lock(before: Option<&LockRow>, after: Option<&LockRow>) -> Sentence {
    match (before, after) {
        (Some(before), Some(after)) if before.lock == after.lock => {
            let sentence = Sentence::of("Lock of ").actor(after.owner).words(" runs until ");
            sentence.at(after.expires_at).words(" (was ").at(before.expires_at).words(")")
        }
        (before, after) => {
            let held = |sentence: Sentence, lock: Option<&LockRow>| match lock {
                Some(lock) => sentence.actor(lock.owner).words(", until ").at(lock.expires_at),
                None => sentence.words("none"),
            };
            held(held(Sentence::of("Lock: "), before).words(" → "), after)
        }
    }
}

fn finalisation(before: Option<&Finalisation>, after: Option<&Finalisation>) -> Sentence {
    let shown = |run: Option<&Finalisation>| match run {
        Some(run) => {
            format!("attempt {} at sequence {}, {}", run.attempt, run.basis_sequence, asked_by(run.cause))
        }
        None => "none".to_owned(),
    };
    Sentence::of(format_args!("Finalisation: {} → {}", shown(before), shown(after)))
}

fn grade(grade: Option<&Grade>) -> String {
    match grade {
        Some(grade) => format!("{} points, final PDF {}", grade.total, short(&grade.pdf)),
        None => "none".to_owned(),
    }
}

fn voided(before: Option<&Void>, after: Option<&Void>) -> Sentence {
    match after.or(before) {
        Some(void) => Sentence::of("Voided, because ").sealed(void.reason),
        None => Sentence::of("Not voided"),
    }
}
