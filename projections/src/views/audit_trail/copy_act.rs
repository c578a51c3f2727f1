//! What a copy's events say to an auditor.

use std::str::FromStr;

use domain::copy::event::{Breakdown, WorkError, WorkStage};
use domain::copy::{CopyEvent, Mark};
use domain::{Commitment, PageBox, Points, Question};
use serde_json::{Map, Number, Value, json};

use super::sealed::sealed;

/// The particulars. An import is told with the name of its file, `imported_file`, which the copy's first event sealed.
pub(super) fn metadata(event: &CopyEvent, imported_file: Option<Commitment>) -> Value {
    use CopyEvent as E;
    match event {
        E::CopyImportRequested { exam, anonymous_id, source, source_bytes, filename } => json!({
            "exam_id": exam,
            "anonymous_id": anonymous_id,
            "filename": filename.map(sealed),
            "source_sha256": source,
            "source_bytes": source_bytes,
        }),
        E::CopyImported { attempt, pages, renderer, warnings, duration_ms } => json!({
            "success": true,
            "filename": imported_file.map(sealed),
            "pages": pages.len(),
            "attempt": attempt,
            "renderer": renderer,
            "warnings": warnings,
            "duration_ms": duration_ms,
        }),
        E::CopyImportFailed { attempt, stage, error_type, will_retry, duration_ms } => {
            let mut told = failure(*attempt, *stage, *error_type, *will_retry, *duration_ms);
            told.insert("filename".into(), imported_file.map_or(Value::Null, sealed));
            told.into()
        }
        E::CopyImportRetried { attempt } => json!({ "attempt": attempt }),
        E::CopyValidated { scheme_version, questions: list } => {
            json!({ "scheme_version": scheme_version, "questions": questions(list) })
        }
        E::LockAcquired { lock, owner, ttl_seconds, expires_at } => json!({
            "lock_id": lock, "owner": owner, "ttl_seconds": ttl_seconds, "expires_at": expires_at,
        }),
        E::LockRenewed { lock, ttl_seconds, before, expires_at } => json!({
            "lock_id": lock, "ttl_seconds": ttl_seconds, "before": before, "expires_at": expires_at,
        }),
        E::LockReleased { lock, owner } => json!({ "lock_id": lock, "owner": owner, "reason": "released" }),
        E::LockExpired { lock, owner, expired_at } => json!({
            "lock_id": lock, "owner": owner, "reason": "expired", "expired_at": expired_at,
        }),
        E::LockForceReleased { lock, owner, reason } => json!({
            "lock_id": lock, "owner": owner, "reason": sealed(*reason), "forced": true,
        }),
        E::AnnotationAdded { annotation, page_index, page, mark: drawn } => json!({
            "annotation_id": annotation, "page": page_index, "page_sha256": page, "after": mark(drawn),
        }),
        E::AnnotationRevised { annotation, from_revision, before, after } => json!({
            "annotation_id": annotation,
            "from_revision": from_revision,
            "before": mark(before),
            "after": mark(after),
        }),
        E::AnnotationRemoved { annotation, from_revision, before } => json!({
            "annotation_id": annotation, "from_revision": from_revision, "before": mark(before),
        }),
        E::QuestionScored { question, before, after } => json!({
            "question": question, "before": before.map(points), "after": after.map(points),
        }),
        E::RemarkSet { question, before, after } => json!({
            "question": question, "before": before.map(sealed), "after": after.map(sealed),
        }),
        E::AppreciationSet { before, after } => {
            json!({ "before": before.map(sealed), "after": after.map(sealed) })
        }
        E::FinalisationStarted { attempt, cause, basis_sequence, total, lock } => json!({
            "attempt": attempt,
            "cause": cause,
            "basis_sequence": basis_sequence,
            "score": points(*total),
            "lock_id": lock,
        }),
        E::CopyGraded { attempt, basis_sequence, total, breakdown, pdf, pages, duration_ms } => json!({
            "success": true,
            "final_score": points(*total),
            "breakdown": lines(breakdown),
            "retries": attempt.saturating_sub(1),
            "attempt": attempt,
            "basis_sequence": basis_sequence,
            "pdf_sha256": pdf,
            "pages": pages,
            "duration_ms": duration_ms,
        }),
        E::FinalisationFailed { attempt, basis_sequence, stage, error_type, will_retry, duration_ms } => {
            let mut told = failure(*attempt, *stage, *error_type, *will_retry, *duration_ms);
            told.insert("basis_sequence".into(), json!(basis_sequence));
            told.into()
        }
        E::CopyExported { format, sha256 } => json!({ "format": format, "sha256": sha256 }),
        E::ScoreCorrected { question, before, after, reason } => json!({
            "question": question,
            "before": before.map(points),
            "after": points(*after),
            "reason": sealed(*reason),
        }),
        E::CopyReopened { cycle, reason } => json!({ "cycle": cycle, "reason": sealed(*reason) }),
        E::CopyVoided { reason, replaced_by, lock } => {
            json!({ "reason": sealed(*reason), "replaced_by": replaced_by, "lock_id": lock })
        }
    }
}

/// How a worker failed, in words and in the names that metrics have.
fn failure(
    attempt: u32,
    stage: WorkStage,
    error_type: WorkError,
    will_retry: bool,
    duration_ms: u64,
) -> Map<String, Value> {
    let (stage, error_type) = (stage.as_str(), error_type.as_str());
    Map::from_iter([
        ("success".to_owned(), json!(false)),
        ("error".to_owned(), json!(format!("{error_type} while at the stage {stage}"))),
        ("error_type".to_owned(), json!(error_type)),
        ("stage".to_owned(), json!(stage)),
        ("retries".to_owned(), json!(attempt.saturating_sub(1))),
        ("attempt".to_owned(), json!(attempt)),
        ("will_retry".to_owned(), json!(will_retry)),
        ("duration_ms".to_owned(), json!(duration_ms)),
    ])
}

fn mark(mark: &Mark) -> Value {
    let Mark { area: PageBox { x, y, width, height }, kind, points: worth, question, text } = mark;
    json!({
        "box": {
            "x": millionths(*x), "y": millionths(*y), "width": millionths(*width), "height": millionths(*height),
        },
        "kind": kind,
        "points": worth.map(points),
        "question": question,
        "text": text.map(sealed),
    })
}

/// Questions and their maxima.
pub(super) fn questions(questions: &[Question]) -> Value {
    questions
        .iter()
        .map(|question| json!({ "id": question.id, "maximum": points(question.maximum) }))
        .collect()
}

fn lines(breakdown: &Breakdown) -> Value {
    let questions: Vec<Value> = breakdown
        .questions
        .iter()
        .map(|line| {
            json!({
                "question": line.question,
                "points": line.points.map(points),
                "maximum": points(line.maximum),
            })
        })
        .collect();
    json!({ "questions": questions, "annotations": points(breakdown.annotations) })
}

/// Points as a decimal number, through its text, so that no arithmetic on floats comes near a mark.
fn points(points: Points) -> Value {
    decimal(&points.to_string())
}

/// Millionths of a page as a decimal number from 0 to 1.
fn millionths(millionths: u32) -> Value {
    let text = format!("{}.{:06}", millionths / PageBox::PAGE, millionths % PageBox::PAGE);
    decimal(text.trim_end_matches('0').trim_end_matches('.'))
}

fn decimal(text: &str) -> Value {
    Number::from_str(text).map_or_else(|_| Value::String(text.to_owned()), Value::Number)
}
