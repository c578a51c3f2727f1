//! The life of one copy, told event by event.

use domain::copy::event::{Breakdown, ExportFormat, FinalisationCause, QuestionLine, WorkError, WorkStage};
use domain::copy::{CopyEvent, Mark, MarkKind};
use domain::{ActorId, AnnotationId, CopyId, Digest, ExamId, LockId, PageBox, Points, QuestionId, Timestamp};
use uuid::Uuid;

use crate::ledger::ADA;
use crate::life::{pages, scheme, sealed};

pub(crate) const EXAM: ExamId = ExamId(Uuid::from_u128(0xe1));
pub(crate) const LOCK: LockId = LockId(Uuid::from_u128(0x10c));
pub(crate) const BLAISE: ActorId = ActorId(Uuid::from_u128(0xb1a));

pub(crate) fn copy_id(anonymous_id: &str) -> CopyId {
    CopyId::of(EXAM, &anonymous_id.parse().unwrap())
}

pub(crate) fn annotation(number: u128) -> AnnotationId {
    AnnotationId(Uuid::from_u128(0xa000 + number))
}

pub(crate) fn question(id: &str) -> QuestionId {
    id.parse().unwrap()
}

pub(crate) fn requested(anonymous_id: &str) -> CopyEvent {
    CopyEvent::CopyImportRequested {
        exam: EXAM,
        anonymous_id: anonymous_id.parse().unwrap(),
        source: Digest::of(b"scan"),
        source_bytes: 4_711,
        filename: Some(sealed("Zoé.pdf")),
    }
}

pub(crate) fn imported(count: u32) -> CopyEvent {
    CopyEvent::CopyImported {
        attempt: 1,
        pages: pages(count),
        renderer: "hayro 0.9".to_owned(),
        warnings: vec!["font".to_owned()],
        duration_ms: 120,
    }
}

pub(crate) fn import_failed(attempt: u32, will_retry: bool) -> CopyEvent {
    CopyEvent::CopyImportFailed {
        attempt,
        stage: WorkStage::Render,
        error_type: WorkError::Timeout,
        will_retry,
        duration_ms: 120_000,
    }
}

pub(crate) fn validated() -> CopyEvent {
    CopyEvent::CopyValidated { scheme_version: 1, questions: scheme() }
}

pub(crate) fn locked(expires_at: Timestamp) -> CopyEvent {
    CopyEvent::LockAcquired { lock: LOCK, owner: ADA, ttl_seconds: 600, expires_at }
}

pub(crate) fn mark(points: Option<i64>) -> Mark {
    Mark {
        area: PageBox { x: 100_000, y: 250_000, width: 1_000, height: 50_000 },
        kind: MarkKind::Error,
        points: points.map(Points),
        question: Some(question("1")),
        text: Some(sealed("wrong sign")),
    }
}

pub(crate) fn annotated(number: u128, points: i64) -> CopyEvent {
    CopyEvent::AnnotationAdded {
        annotation: annotation(number),
        page_index: 1,
        page: pages(2)[1].sha256,
        mark: mark(Some(points)),
    }
}

pub(crate) fn started(attempt: u32) -> CopyEvent {
    CopyEvent::FinalisationStarted {
        attempt,
        cause: FinalisationCause::Requested,
        basis_sequence: 5,
        total: Points(-250),
        lock: Some(LOCK),
        reason: None,
    }
}

pub(crate) fn failed(attempt: u32, will_retry: bool) -> CopyEvent {
    CopyEvent::FinalisationFailed {
        attempt,
        basis_sequence: 5,
        stage: WorkStage::Store,
        error_type: WorkError::Unknown,
        will_retry,
        duration_ms: 33,
    }
}

pub(crate) fn graded(attempt: u32, total: i64) -> CopyEvent {
    let line = QuestionLine { question: question("1"), points: Some(Points(1_250)), maximum: Points(2_000) };
    CopyEvent::CopyGraded {
        attempt,
        basis_sequence: 5,
        total: Points(total),
        breakdown: Breakdown { questions: vec![line], annotations: Points(total - 1_250) },
        pdf: Digest::of(b"final"),
        pages: 2,
        duration_ms: 12,
    }
}

pub(crate) fn exported() -> CopyEvent {
    CopyEvent::CopyExported { format: ExportFormat::Pdf, sha256: Digest::of(b"final") }
}

/// From the scan to a lock that lapsed long ago.
pub(crate) fn to_locked(anonymous_id: &str) -> Vec<CopyEvent> {
    let long_ago = "2026-05-18T08:10:00Z".parse().unwrap();
    vec![requested(anonymous_id), imported(2), validated(), locked(long_ago)]
}
