//! What an event says to an auditor, in a sentence. The one place of it.

use domain::copy::event::{ExportFormat, FinalisationCause, WorkError, WorkStage};
use domain::copy::{CopyEvent, Mark};
use domain::{AnnotationId, Commitment, Digest, Points, Question};

use super::{CopyThen, Sentence};

/// What an event says; `after` is the copy right after it.
#[must_use]
pub fn words_of(event: &CopyEvent, after: &CopyThen) -> Sentence {
    use CopyEvent as E;
    match event {
        E::CopyImportRequested { anonymous_id, source, source_bytes, .. } => Sentence::of(format_args!(
            "Scan received for {anonymous_id}: {source_bytes} bytes, SHA-256 {}",
            short(source)
        )),
        E::CopyImported { attempt, pages, warnings, .. } => imported(pages.len(), *attempt, warnings.len()),
        E::CopyImportFailed { attempt, stage, error_type, will_retry, .. } => {
            failed("Import", *attempt, *stage, *error_type, *will_retry)
        }
        E::CopyImportRetried { attempt, reason } => {
            because(Sentence::of(format_args!("Another import asked for: attempt {attempt}")), *reason)
        }
        E::CopyValidated { scheme_version, questions } => validated(*scheme_version, questions),
        E::LockAcquired { owner, expires_at, .. } => {
            Sentence::of("Lock taken by ").actor(*owner).words(", until ").at(*expires_at)
        }
        E::LockRenewed { before, expires_at, .. } => {
            Sentence::of("Lock renewed until ").at(*expires_at).words(" (was ").at(*before).words(")")
        }
        E::LockReleased { owner, .. } => Sentence::of("Lock of ").actor(*owner).words(" given back"),
        E::LockExpired { owner, expired_at, .. } => {
            Sentence::of("Lock of ").actor(*owner).words(" expired at ").at(*expired_at)
        }
        E::LockForceReleased { owner, reason, .. } => {
            Sentence::of("Lock of ").actor(*owner).words(" taken away, because ").sealed(*reason)
        }
        E::AnnotationAdded { annotation, mark, .. } => {
            of_mark(format!("{} added", named(after, *annotation)), mark)
        }
        E::AnnotationRevised { annotation, before, after: mark, .. } => {
            revised(&named(after, *annotation), before, mark)
        }
        E::AnnotationRemoved { annotation, before, .. } => {
            of_mark(format!("{} removed", named(after, *annotation)), before)
        }
        E::QuestionScored { question, before, after } => Sentence::of(format_args!(
            "Question {question}: {} → {} points",
            or_none(*before),
            or_none(*after)
        )),
        E::RemarkSet { question, before, after } => {
            let sentence = Sentence::of(format_args!("Remark on question {question}: "));
            sentence.text(*before).words(" → ").text(*after)
        }
        E::AppreciationSet { before, after } => {
            Sentence::of("Appreciation: ").text(*before).words(" → ").text(*after)
        }
        E::FinalisationStarted { attempt, cause, basis_sequence, total, reason, .. } => {
            let frozen = Sentence::of(format_args!(
                "Marking frozen at sequence {basis_sequence} with {total} points, {} (attempt {attempt})",
                asked_by(*cause)
            ));
            because(frozen, *reason)
        }
        E::CopyGraded { total, pages, pdf, .. } => Sentence::of(format_args!(
            "Graded: {total} points, final PDF of {pages} {}, SHA-256 {}",
            plural(*pages as usize, "page"),
            short(pdf)
        )),
        E::FinalisationFailed { attempt, stage, error_type, will_retry, .. } => {
            failed("Final PDF", *attempt, *stage, *error_type, *will_retry)
        }
        E::CopyIdentified { subject, method } => {
            let said = Sentence::of("Identified as that of ").subject(*subject);
            said.words(format_args!(" ({})", method.as_str()))
        }
        E::CopyUnidentified { subject, reason } => {
            let said = Sentence::of("Said to be that of ").subject(*subject);
            said.words(" no more, because ").sealed(*reason)
        }
        E::CopyAssigned { grader, before, .. } => {
            let assigned = Sentence::of("Assigned to ").actor(*grader);
            match before {
                Some(before) => assigned.words(" (was ").actor(*before).words(")"),
                None => assigned,
            }
        }
        E::CopyUnassigned { grader } => Sentence::of("Assigned to ").actor(*grader).words(" no more"),
        E::CopyExported { format, sha256 } => {
            Sentence::of(format_args!("Handed out as {}, SHA-256 {}", form(*format), short(sha256)))
        }
        E::ScoreCorrected { question, before, after, reason } => Sentence::of(format_args!(
            "Question {question} corrected: {} → {after} points, because ",
            or_none(*before)
        ))
        .sealed(*reason),
        E::CopyReopened { cycle, reason } => {
            Sentence::of(format_args!("Reopened, marking {cycle} begins, because ")).sealed(*reason)
        }
        E::CopyVoided { reason, replaced_by, .. } => {
            let sentence = Sentence::of("Voided, because ").sealed(*reason);
            match replaced_by {
                Some(copy) => sentence.words(format_args!("; copy {copy} stands in its place")),
                None => sentence,
            }
        }
    }
}

/// The reason, where one was given.
fn because(said: Sentence, reason: Option<Commitment>) -> Sentence {
    match reason {
        Some(reason) => said.words(", because ").sealed(reason),
        None => said,
    }
}

fn imported(pages: usize, attempt: u32, warnings: usize) -> Sentence {
    let mut said = format!("Imported: {pages} {}", plural(pages, "page"));
    if attempt > 1 {
        said.push_str(&format!(", at attempt {attempt}"));
    }
    if warnings > 0 {
        said.push_str(&format!(", {warnings} {}", plural(warnings, "warning")));
    }
    Sentence::of(said)
}

fn validated(version: u32, questions: &[Question]) -> Sentence {
    let maximum: Points = questions.iter().map(|question| question.maximum).sum();
    let count = questions.len();
    Sentence::of(format_args!(
        "Opened to marking by scheme {version}: {count} {}, {maximum} points",
        plural(count, "question")
    ))
}

fn failed(work: &str, attempt: u32, stage: WorkStage, error: WorkError, will_retry: bool) -> Sentence {
    let then = if will_retry { "a worker tries again" } else { "given up until someone asks again" };
    Sentence::of(format_args!(
        "{work} failed at stage {}: {} (attempt {attempt}; {then})",
        stage.as_str(),
        error.as_str()
    ))
}

/// What a revision changed, field by field.
pub(super) fn revised(name: &str, before: &Mark, after: &Mark) -> Sentence {
    let mut fields = Vec::new();
    if before.kind != after.kind {
        fields.push(format!("{} → {}", before.kind.as_str(), after.kind.as_str()));
    }
    if before.points != after.points {
        fields.push(format!("{} → {} points", or_none(before.points), or_none(after.points)));
    }
    if before.question != after.question {
        let shown = |mark: &Mark| mark.question.as_ref().map_or("none".to_owned(), ToString::to_string);
        fields.push(format!("question {} → {}", shown(before), shown(after)));
    }
    if before.area != after.area {
        fields.push("moved".to_owned());
    }
    let sentence = Sentence::of(format_args!("{name} revised: {}", fields.join(", ")));
    if before.text == after.text {
        return if fields.is_empty() { sentence.words("as it was") } else { sentence };
    }
    let sentence = if fields.is_empty() { sentence } else { sentence.words(", ") };
    sentence.words("text ").text(before.text).words(" → ").text(after.text)
}

/// An annotation with what stands there.
pub(super) fn of_mark(words: String, mark: &Mark) -> Sentence {
    let mut facts = vec![mark.kind.as_str().to_owned()];
    facts.extend(mark.points.map(|points| format!("{points} points")));
    facts.extend(mark.question.as_ref().map(|question| format!("question {question}")));
    let sentence = Sentence::of(format_args!("{words} ({})", facts.join(", ")));
    match mark.text {
        Some(text) => sentence.words(": ").sealed(text),
        None => sentence,
    }
}

/// The number and the page are what people know an annotation by; the fold knows them by its id.
fn named(after: &CopyThen, annotation: AnnotationId) -> String {
    match after.known().of(annotation) {
        Some(row) => on_page(row.number, row.page_index),
        None => format!("Annotation {annotation}"),
    }
}

/// An annotation as people speak of it.
pub(super) fn on_page(number: u32, page_index: u32) -> String {
    format!("Annotation {number} on page {}", page_index.saturating_add(1))
}

pub(super) fn or_none(points: Option<Points>) -> String {
    points.map_or("none".to_owned(), |points| points.to_string())
}

/// As much of a digest as tells it from others in one copy's history.
pub(super) fn short(digest: &Digest) -> String {
    let mut text = digest.to_string();
    text.truncate(12);
    text.push('…');
    text
}

pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

pub(super) const fn asked_by(cause: FinalisationCause) -> &'static str {
    match cause {
        FinalisationCause::Requested => "as its grader asked",
        FinalisationCause::Retry => "after a failed attempt",
        FinalisationCause::Correction => "for a correction",
    }
}

const fn form(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Pdf => "PDF",
        ExportFormat::Json => "JSON",
    }
}
