//! What a copy's events say to an auditor.

use domain::copy::event::{Breakdown, WorkError, WorkStage};
use domain::copy::{CopyEvent, Mark};
use domain::{Commitment, PageBox, Points, Question};

use super::sealed::{sealed, whose};
use super::told::{Member, Told, number, object, told};

/// The particulars. An import is told with the name of its file, `imported_file`, which the copy's first event sealed.
pub(super) fn metadata(event: &CopyEvent, imported_file: Option<Commitment>) -> Told {
    use CopyEvent as E;
    match event {
        E::CopyImportRequested { exam, anonymous_id, source, source_bytes, filename } => told! {
            "exam_id": exam,
            "anonymous_id": anonymous_id,
            "filename": filename.map(sealed),
            "source_sha256": source,
            "source_bytes": source_bytes,
        },
        E::CopyImported { attempt, pages, renderer, warnings, duration_ms } => told! {
            "success": true,
            "filename": imported_file.map(sealed),
            "pages": pages.len(),
            "attempt": attempt,
            "renderer": renderer,
            "warnings": warnings,
            "duration_ms": duration_ms,
        },
        E::CopyImportFailed { attempt, stage, error_type, will_retry, duration_ms } => {
            let file = imported_file.map(sealed);
            failure(*attempt, (*stage, *error_type), *will_retry, *duration_ms, ("filename", &file))
        }
        // As rows have told it since before reasons were asked for: a reason is told where there is one.
        E::CopyImportRetried { attempt, reason: None } => told! { "attempt": attempt },
        E::CopyImportRetried { attempt, reason: Some(reason) } => {
            told! { "attempt": attempt, "reason": sealed(*reason) }
        }
        E::CopyValidated { scheme_version, questions: list } => {
            told! { "scheme_version": scheme_version, "questions": questions(list) }
        }
        E::LockAcquired { lock, owner, ttl_seconds, expires_at } => told! {
            "lock_id": lock, "owner": owner, "ttl_seconds": ttl_seconds, "expires_at": expires_at,
        },
        E::LockRenewed { lock, ttl_seconds, before, expires_at } => told! {
            "lock_id": lock, "ttl_seconds": ttl_seconds, "before": before, "expires_at": expires_at,
        },
        E::LockReleased { lock, owner } => told! { "lock_id": lock, "owner": owner, "reason": "released" },
        E::LockExpired { lock, owner, expired_at } => told! {
            "lock_id": lock, "owner": owner, "reason": "expired", "expired_at": expired_at,
        },
        E::LockForceReleased { lock, owner, reason } => told! {
            "lock_id": lock, "owner": owner, "reason": sealed(*reason), "forced": true,
        },
        E::AnnotationAdded { annotation, page_index, page, mark: drawn } => told! {
            "annotation_id": annotation, "page": page_index, "page_sha256": page, "after": mark(drawn),
        },
        E::AnnotationRevised { annotation, from_revision, before, after } => told! {
            "annotation_id": annotation,
            "from_revision": from_revision,
            "before": mark(before),
            "after": mark(after),
        },
        E::AnnotationRemoved { annotation, from_revision, before } => told! {
            "annotation_id": annotation, "from_revision": from_revision, "before": mark(before),
        },
        E::QuestionScored { question, before, after } => told! {
            "question": question, "before": before.map(points), "after": after.map(points),
        },
        E::RemarkSet { question, before, after } => told! {
            "question": question, "before": before.map(sealed), "after": after.map(sealed),
        },
        E::AppreciationSet { before, after } => {
            told! { "before": before.map(sealed), "after": after.map(sealed) }
        }
        E::FinalisationStarted { attempt, cause, basis_sequence, total, lock, reason: None } => told! {
            "attempt": attempt,
            "cause": cause,
            "basis_sequence": basis_sequence,
            "score": points(*total),
            "lock_id": lock,
        },
        E::FinalisationStarted { attempt, cause, basis_sequence, total, lock, reason: Some(reason) } => {
            told! {
                "attempt": attempt,
                "cause": cause,
                "basis_sequence": basis_sequence,
                "score": points(*total),
                "lock_id": lock,
                "reason": sealed(*reason),
            }
        }
        E::CopyGraded { attempt, basis_sequence, total, breakdown, pdf, pages, duration_ms } => told! {
            "success": true,
            "final_score": points(*total),
            "breakdown": lines(breakdown),
            "retries": attempt.saturating_sub(1),
            "attempt": attempt,
            "basis_sequence": basis_sequence,
            "pdf_sha256": pdf,
            "pages": pages,
            "duration_ms": duration_ms,
        },
        E::FinalisationFailed { attempt, basis_sequence, stage, error_type, will_retry, duration_ms } => {
            let basis = ("basis_sequence", basis_sequence as &dyn Member);
            failure(*attempt, (*stage, *error_type), *will_retry, *duration_ms, basis)
        }
        E::CopyIdentified { subject, method } => told! { "subject": whose(*subject), "method": method },
        E::CopyUnidentified { subject, reason } => {
            told! { "subject": whose(*subject), "reason": sealed(*reason) }
        }
        E::CopyAssigned { grader, before, run } => told! { "grader": grader, "before": before, "run": run },
        E::CopyUnassigned { grader } => told! { "grader": grader },
        E::CopyExported { format, sha256 } => told! { "format": format, "sha256": sha256 },
        E::ScoreCorrected { question, before, after, reason } => told! {
            "question": question,
            "before": before.map(points),
            "after": points(*after),
            "reason": sealed(*reason),
        },
        E::CopyReopened { cycle, reason } => told! { "cycle": cycle, "reason": sealed(*reason) },
        E::CopyVoided { reason, replaced_by, lock } => {
            told! { "reason": sealed(*reason), "replaced_by": replaced_by, "lock_id": lock }
        }
    }
}

/// How a worker failed, in words and in the names that metrics have, and one particular more.
fn failure(
    attempt: u32,
    (stage, error_type): (WorkStage, WorkError),
    will_retry: bool,
    duration_ms: u64,
    more: (&str, &dyn Member),
) -> Told {
    let (stage, error_type) = (stage.as_str(), error_type.as_str());
    object(&[
        ("success", &false),
        ("error", &format!("{error_type} while at the stage {stage}")),
        ("error_type", &error_type),
        ("stage", &stage),
        ("retries", &attempt.saturating_sub(1)),
        ("attempt", &attempt),
        ("will_retry", &will_retry),
        ("duration_ms", &duration_ms),
        more,
    ])
}

fn mark(mark: &Mark) -> Told {
    let Mark { area: PageBox { x, y, width, height }, kind, points: worth, question, text } = mark;
    told! {
        "box": told! {
            "x": millionths(*x), "y": millionths(*y), "width": millionths(*width), "height": millionths(*height),
        },
        "kind": kind,
        "points": worth.map(points),
        "question": question,
        "text": text.map(sealed),
    }
}

/// Questions and their maxima.
pub(super) fn questions(questions: &[Question]) -> Vec<Told> {
    questions
        .iter()
        .map(|question| told! { "id": question.id, "maximum": points(question.maximum) })
        .collect()
}

fn lines(breakdown: &Breakdown) -> Told {
    let questions: Vec<Told> = breakdown
        .questions
        .iter()
        .map(|line| {
            told! {
                "question": line.question,
                "points": line.points.map(points),
                "maximum": points(line.maximum),
            }
        })
        .collect();
    told! { "questions": questions, "annotations": points(breakdown.annotations) }
}

/// Points as a decimal number, through its text, so that no arithmetic on floats comes near a mark.
fn points(points: Points) -> Told {
    number(&points.to_string())
}

/// Millionths of a page as a decimal number from 0 to 1.
fn millionths(millionths: u32) -> Told {
    let text = format!("{}.{:06}", millionths / PageBox::PAGE, millionths % PageBox::PAGE);
    number(text.trim_end_matches('0').trim_end_matches('.'))
}
