//! The part of the workers in these tests, one step at a time and by the real PDF child: so that a test can stand
//! between two steps.

use domain::copy::command::Failure;
use domain::copy::event::{WorkError, WorkStage};
use domain::copy::{CopyAction, CopyCommand, CopyState, ExamCopy, Page};
use domain::{CopyId, Digest, Role};
use gradeledger::app::{App, SYSTEM};
use gradeledger::ledger::{By, Order};
use gradeledger::pdf::overlay::{
    AnnotationPointsLine, DocumentFacts, MarkKind, Overlay, QuestionLine, ScoreSheet,
};
use gradeledger::pdf::{AskedBy, PdfLimits, PdfWorker};

fn children() -> PdfWorker {
    PdfWorker {
        program: env!("CARGO_BIN_EXE_gradeledger").into(),
        limits: PdfLimits::default(),
        asked_by: AskedBy::default(),
    }
}

async fn record(app: &App, copy: CopyId, action: CopyAction) {
    let order = Order::<ExamCopy> {
        by: By {
            actor: SYSTEM,
            role: Role::System,
            request_id: "the-worker".to_owned(),
            causation_id: None,
            traceparent: None,
        },
        idempotency: None,
        vault: Vec::new(),
        command: &|at| CopyCommand { actor: SYSTEM, at, action: action.clone() },
        answer: &|_| serde_json::Value::Null,
    };
    app.ledger.execute(copy.0, order).await.unwrap();
}

/// Reads the scan and records its pages.
pub(crate) async fn import(app: &App, copy: CopyId) {
    import_attempt(app, copy, 1).await;
}

/// The same at a later attempt.
pub(crate) async fn import_attempt(app: &App, copy: CopyId, attempt: u32) {
    let standing = app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let source = standing.state.identity().unwrap().source;
    let source = app.blobs.get(copy, source).await.unwrap();
    let imported = children()
        .import(source, |page| async { app.blobs.put(copy, page.png).await.map(drop) })
        .await
        .unwrap();
    let page = |page: &gradeledger::pdf::ImportedPage| Page {
        sha256: Digest(page.sha256),
        width: page.width_pixels,
        height: page.height_pixels,
    };
    let action = CopyAction::RecordImport {
        attempt,
        pages: imported.pages.iter().map(page).collect(),
        renderer: imported.renderer.to_owned(),
        warnings: Vec::new(),
        duration_ms: 1,
    };
    record(app, copy, action).await;
}

/// Gives an import up.
pub(crate) async fn fail_import(app: &App, copy: CopyId) {
    let failure = Failure { stage: WorkStage::Open, error_type: WorkError::InvalidPdf, duration_ms: 1 };
    record(app, copy, CopyAction::RecordImportFailure { attempt: 1, failure }).await;
}

/// Makes the final PDF and records it.
pub(crate) async fn finalise(app: &App, copy: CopyId) {
    let standing = app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let CopyState::Grading(paper, run) = &standing.state else { panic!("{standing:?}") };
    let source = app.blobs.get(copy, paper.identity.source).await.unwrap();
    let pdf = children()
        .finalise(source.clone(), paper.identity.source.0, &overlay(copy, &standing))
        .await
        .unwrap();
    let pdf = app.blobs.put(copy, pdf.bytes).await.unwrap();
    let action = CopyAction::RecordGraded {
        basis_sequence: run.basis_sequence,
        attempt: run.attempt,
        pdf,
        pages: u32::try_from(paper.pages.len()).unwrap(),
        duration_ms: 1,
    };
    record(app, copy, action).await;
}

/// Gives a finalisation up.
pub(crate) async fn fail_finalisation(app: &App, copy: CopyId) {
    let standing = app.ledger.load::<ExamCopy>(copy.0).await.unwrap().state;
    let CopyState::Grading(_, run) = &standing.state else { panic!("{standing:?}") };
    let failure = Failure { stage: WorkStage::Write, error_type: WorkError::InvalidPdf, duration_ms: 1 };
    let action = CopyAction::RecordFinalisationFailure {
        basis_sequence: run.basis_sequence,
        attempt: run.attempt,
        failure,
    };
    record(app, copy, action).await;
}

fn overlay(copy: CopyId, standing: &ExamCopy) -> Overlay {
    let paper = standing.state.paper().unwrap();
    let breakdown = paper.breakdown();
    let annotations = paper.marking.annotations.values().filter_map(|annotation| {
        Some(AnnotationPointsLine {
            page_index: annotation.page_index as usize,
            number: annotation.number,
            kind: MarkKind::Error,
            question: None,
            points_hundredths: annotation.mark.points?.0,
        })
    });
    let questions = breakdown.questions.iter().map(|line| QuestionLine {
        label: line.question.to_string(),
        points_hundredths: line.points.map(|points| points.0),
        maximum_hundredths: line.maximum.0,
        remark: None,
    });
    Overlay {
        document: DocumentFacts {
            exam_title: None,
            anonymous_id: paper.identity.anonymous_id.to_string(),
            copy_id: copy.to_string(),
            basis_sequence: standing.sequence,
            attempt: 1,
        },
        pages: Vec::new(),
        score_sheet: ScoreSheet {
            questions: questions.collect(),
            annotations: annotations.collect(),
            total_hundredths: breakdown.total().0,
            maximum_total_hundredths: breakdown.maximum().0,
            appreciation: None,
        },
    }
}
