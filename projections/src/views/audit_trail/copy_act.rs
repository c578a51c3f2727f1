//! What a copy's events say to an auditor.

use domain::copy::event::{Breakdown, WorkError, WorkStage};
use domain::copy::{CopyEvent, Mark, MarkKind};
use domain::{Commitment, PageBox, Question, QuestionId};
use serde::{Serialize, Serializer};

use super::sealed::{Sealed, sealed, whose};
use super::told::{Millionths, Worth, told};

/// The particulars. An import is told with the name of its file, `imported_file`, which the copy's first event sealed.
pub(super) fn metadata<S: Serializer>(
    event: &CopyEvent,
    imported_file: Option<Commitment>,
    to: S,
) -> Result<S::Ok, S::Error> {
    use CopyEvent as E;
    match event {
        E::CopyImportRequested { exam, anonymous_id, source, source_bytes, filename } => told!(to,
            "exam_id": exam,
            "anonymous_id": anonymous_id,
            "filename": filename.map(sealed),
            "source_sha256": source,
            "source_bytes": source_bytes,),
        E::CopyImported { attempt, pages, renderer, warnings, duration_ms } => told!(to,
            "success": true,
            "filename": imported_file.map(sealed),
            "pages": pages.len(),
            "attempt": attempt,
            "renderer": renderer,
            "warnings": warnings,
            "duration_ms": duration_ms,),
        E::CopyImportFailed { attempt, stage, error_type, will_retry, duration_ms } => {
            let file = imported_file.map(sealed);
            failure(*attempt, (*stage, *error_type), *will_retry, *duration_ms, ("filename", &file), to)
        }
        // As rows have told it since before reasons were asked for: a reason is told where there is one.
        E::CopyImportRetried { attempt, reason: None } => told!(to, "attempt": attempt),
        E::CopyImportRetried { attempt, reason: Some(reason) } => {
            told!(to, "attempt": attempt, "reason": sealed(*reason))
        }
        E::CopyValidated { scheme_version, questions: list } => {
            told!(to, "scheme_version": scheme_version, "questions": questions(list))
        }
        E::LockAcquired { lock, owner, ttl_seconds, expires_at } => told!(to,
            "lock_id": lock, "owner": owner, "ttl_seconds": ttl_seconds, "expires_at": expires_at,),
        E::LockRenewed { lock, ttl_seconds, before, expires_at } => told!(to,
            "lock_id": lock, "ttl_seconds": ttl_seconds, "before": before, "expires_at": expires_at,),
        E::LockReleased { lock, owner } => told!(to, "lock_id": lock, "owner": owner, "reason": "released"),
        E::LockExpired { lock, owner, expired_at } => told!(to,
            "lock_id": lock, "owner": owner, "reason": "expired", "expired_at": expired_at,),
        E::LockForceReleased { lock, owner, reason } => told!(to,
            "lock_id": lock, "owner": owner, "reason": sealed(*reason), "forced": true,),
        E::AnnotationAdded { annotation, page_index, page, mark: drawn } => told!(to,
            "annotation_id": annotation, "page": page_index, "page_sha256": page, "after": mark(drawn),),
        E::AnnotationRevised { annotation, from_revision, before, after } => told!(to,
            "annotation_id": annotation,
            "from_revision": from_revision,
            "before": mark(before),
            "after": mark(after),),
        E::AnnotationRemoved { annotation, from_revision, before } => told!(to,
            "annotation_id": annotation, "from_revision": from_revision, "before": mark(before),),
        E::QuestionScored { question, before, after } => told!(to,
            "question": question, "before": before.map(Worth), "after": after.map(Worth),),
        E::RemarkSet { question, before, after } => told!(to,
            "question": question, "before": before.map(sealed), "after": after.map(sealed),),
        E::AppreciationSet { before, after } => {
            told!(to, "before": before.map(sealed), "after": after.map(sealed))
        }
        E::FinalisationStarted { attempt, cause, basis_sequence, total, lock, reason: None } => told!(to,
            "attempt": attempt,
            "cause": cause,
            "basis_sequence": basis_sequence,
            "score": Worth(*total),
            "lock_id": lock,),
        E::FinalisationStarted { attempt, cause, basis_sequence, total, lock, reason: Some(reason) } => {
            told!(to,
                "attempt": attempt,
                "cause": cause,
                "basis_sequence": basis_sequence,
                "score": Worth(*total),
                "lock_id": lock,
                "reason": sealed(*reason),)
        }
        E::CopyGraded { attempt, basis_sequence, total, breakdown, pdf, pages, duration_ms } => told!(to,
            "success": true,
            "final_score": Worth(*total),
            "breakdown": lines(breakdown),
            "retries": attempt.saturating_sub(1),
            "attempt": attempt,
            "basis_sequence": basis_sequence,
            "pdf_sha256": pdf,
            "pages": pages,
            "duration_ms": duration_ms,),
        E::FinalisationFailed { attempt, basis_sequence, stage, error_type, will_retry, duration_ms } => {
            let basis = ("basis_sequence", basis_sequence);
            failure(*attempt, (*stage, *error_type), *will_retry, *duration_ms, basis, to)
        }
        E::CopyIdentified { subject, method } => told!(to, "subject": whose(*subject), "method": method),
        E::CopyUnidentified { subject, reason } => {
            told!(to, "subject": whose(*subject), "reason": sealed(*reason))
        }
        E::CopyAssigned { grader, before, run } => told!(to, "grader": grader, "before": before, "run": run),
        E::CopyUnassigned { grader } => told!(to, "grader": grader),
        E::CopyExported { format, sha256 } => told!(to, "format": format, "sha256": sha256),
        E::ScoreCorrected { question, before, after, reason } => told!(to,
            "question": question,
            "before": before.map(Worth),
            "after": Worth(*after),
            "reason": sealed(*reason),),
        E::CopyReopened { cycle, reason } => told!(to, "cycle": cycle, "reason": sealed(*reason)),
        E::CopyVoided { reason, replaced_by, lock } => {
            told!(to, "reason": sealed(*reason), "replaced_by": replaced_by, "lock_id": lock)
        }
    }
}

/// How a worker failed, in words and in the names that metrics have, and one particular more.
fn failure<S: Serializer>(
    attempt: u32,
    (stage, error_type): (WorkStage, WorkError),
    will_retry: bool,
    duration_ms: u64,
    (name, more): (&'static str, &impl Serialize),
    to: S,
) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;

    let (stage, error_type) = (stage.as_str(), error_type.as_str());
    let mut members = to.serialize_map(None)?;
    members.serialize_entry("success", &false)?;
    members.serialize_entry("error", &format_args!("{error_type} while at the stage {stage}"))?;
    members.serialize_entry("error_type", error_type)?;
    members.serialize_entry("stage", stage)?;
    members.serialize_entry("retries", &attempt.saturating_sub(1))?;
    members.serialize_entry("attempt", &attempt)?;
    members.serialize_entry("will_retry", &will_retry)?;
    members.serialize_entry("duration_ms", &duration_ms)?;
    members.serialize_entry(name, more)?;
    members.end()
}

/// A mark as an auditor reads it.
#[derive(Serialize)]
struct Marked<'a> {
    #[serde(rename = "box")]
    area: Area,
    kind: MarkKind,
    points: Option<Worth>,
    question: Option<&'a QuestionId>,
    text: Option<Sealed>,
}

#[derive(Serialize)]
struct Area {
    x: Millionths,
    y: Millionths,
    width: Millionths,
    height: Millionths,
}

fn mark(mark: &Mark) -> Marked<'_> {
    let Mark { area: PageBox { x, y, width, height }, kind, points, question, text } = mark;
    Marked {
        area: Area {
            x: Millionths(*x),
            y: Millionths(*y),
            width: Millionths(*width),
            height: Millionths(*height),
        },
        kind: *kind,
        points: points.map(Worth),
        question: question.as_ref(),
        text: text.map(sealed),
    }
}

/// A question and its maximum.
#[derive(Serialize)]
pub(super) struct Asked<'a> {
    id: &'a QuestionId,
    maximum: Worth,
}

/// Questions and their maxima.
pub(super) fn questions(questions: &[Question]) -> Vec<Asked<'_>> {
    questions.iter().map(|question| Asked { id: &question.id, maximum: Worth(question.maximum) }).collect()
}

/// How a total comes about.
#[derive(Serialize)]
struct Lines<'a> {
    questions: Vec<Line<'a>>,
    annotations: Worth,
}

#[derive(Serialize)]
struct Line<'a> {
    question: &'a QuestionId,
    points: Option<Worth>,
    maximum: Worth,
}

fn lines(breakdown: &Breakdown) -> Lines<'_> {
    let lines = breakdown.questions.iter().map(|line| Line {
        question: &line.question,
        points: line.points.map(Worth),
        maximum: Worth(line.maximum),
    });
    Lines { questions: lines.collect(), annotations: Worth(breakdown.annotations) }
}
