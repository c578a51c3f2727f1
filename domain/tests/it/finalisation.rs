//! L4, L6, L7, L12: from marks to a graded copy, and what may happen after.

use domain::copy::event::{ExportFormat, FinalisationCause, WorkError};
use domain::copy::{CopyAction, CopyError, CopyEvent, CopyState, CopyStatus, LockConflict, ShownLock};
use domain::{CopyId, Digest, LockId, Points};
use uuid::Uuid;

use crate::story::*;

fn started(attempt: u32, cause: FinalisationCause, basis_sequence: u64, lock: Option<LockId>) -> CopyEvent {
    CopyEvent::FinalisationStarted { attempt, cause, basis_sequence, total: Points(300), lock, reason: None }
}

// L6
#[test]
fn finalising_freezes_the_basis_and_ends_the_lock() {
    let story = Story::marked();
    assert_eq!(story.copy().sequence, 7);
    assert_eq!(story.yields(ADA, finalise()), [started(1, FinalisationCause::Requested, 7, Some(LOCK))]);
    let frozen = CopyError::WrongStatus { status: CopyStatus::GradingInProgress, needs: "LOCKED" };
    assert_eq!(Story::grading().refuses(ADA, score("1", Some(1))), frozen);
}

// L6
#[test]
fn a_pdf_drawn_from_another_basis_or_attempt_grades_nothing() {
    let record = |basis_sequence, attempt| CopyAction::RecordGraded {
        basis_sequence,
        attempt,
        pdf: final_pdf(),
        pages: 3,
        duration_ms: 1,
    };
    let story = Story::grading();
    assert_eq!(story.refuses(WORKER, record(6, 1)), CopyError::OtherBasis { drawn: 6, basis: 7 });
    assert_eq!(story.refuses(WORKER, record(7, 2)), CopyError::AttemptOver { reported: 2, current: 1 });
    // A worker that comes back after its work was done again grades nothing either.
    let failed = story.failed(WorkError::Timeout);
    let story = story.then(WORKER, failed);
    let again = story.clone().then(WORKER, CopyAction::Finalise { shown: ShownLock::None });
    assert_eq!(again.refuses(WORKER, record(7, 1)), CopyError::OtherBasis { drawn: 7, basis: 9 });
}

// L7
#[test]
fn a_graded_copy_has_a_pdf_and_the_pdf_has_every_page() {
    let story = Story::grading();
    for pages in [0, 2, 4] {
        let missing = CopyError::MissingPages { drawn: pages, imported: 3 };
        assert_eq!(story.refuses(WORKER, story.made(pages)), missing);
    }
    let empty = CopyAction::RecordGraded {
        basis_sequence: 7,
        attempt: 1,
        pdf: Digest::ZERO,
        pages: 3,
        duration_ms: 1,
    };
    assert_eq!(story.refuses(WORKER, empty), CopyError::NoPdf);

    let events = story.yields(WORKER, story.made(3));
    let [CopyEvent::CopyGraded { attempt: 1, basis_sequence: 7, total, breakdown, pdf, pages: 3, .. }] =
        events.as_slice()
    else {
        panic!("not graded: {events:?}");
    };
    assert_eq!((*total, breakdown.total(), *pdf), (Points(300), Points(300), final_pdf()));
}

// L4
#[test]
fn a_failed_finalisation_is_an_event_that_names_its_attempt() {
    let story = Story::grading();
    let events = story.yields(WORKER, story.failed(WorkError::Timeout));
    assert!(matches!(
        events.as_slice(),
        [CopyEvent::FinalisationFailed { attempt: 1, basis_sequence: 7, will_retry: true, .. }]
    ));
}

// L4: the incident was a count that stayed at 1.
#[test]
fn attempts_count_on_and_the_third_failure_is_the_last_that_is_retried_by_itself() {
    let mut story = Story::grading();
    let mut seen = vec![];
    for _ in 0..4 {
        let failed = story.failed(WorkError::Unknown);
        story = story.then(WORKER, failed);
        if let Some(CopyEvent::FinalisationFailed { attempt, will_retry, .. }) = story.events.last() {
            seen.push((*attempt, *will_retry));
        }
        let retry = story.yields(WORKER, CopyAction::Finalise { shown: ShownLock::None });
        assert!(matches!(
            retry.as_slice(),
            [CopyEvent::FinalisationStarted { cause: FinalisationCause::Retry, lock: None, .. }]
        ));
        story.events.extend(retry);
    }
    assert_eq!(seen, [(1, true), (2, true), (3, false), (4, false)]);
}

// L16
#[test]
fn an_administrator_has_a_failed_finalisation_tried_again_with_a_reason_and_without_a_lock() {
    let story = Story::grading_failed();
    let events = story.yields(OFFICE, retry_finalisation());
    let retried = CopyEvent::FinalisationStarted {
        attempt: 2,
        cause: FinalisationCause::Retry,
        basis_sequence: 9,
        total: Points(300),
        lock: None,
        reason: Some(sealed("the disk was full")),
    };
    assert_eq!(events, [retried]);
    let story = story.then(OFFICE, retry_finalisation());
    let made = story.made(3);
    assert_eq!(story.then(WORKER, made).copy().state.status(), Some(CopyStatus::Graded));
}

// L16: what a worker still tries is the worker's, and a repair takes no attempt from it.
#[test]
fn only_a_finalisation_that_was_given_up_is_retried() {
    let running = Story::grading();
    let still = |attempt| CopyError::StillTried { work: "finalisation", attempt };
    assert_eq!(running.refuses(OFFICE, retry_finalisation()), still(1));
    let failed = running.failed(WorkError::Timeout);
    assert_eq!(running.then(WORKER, failed).refuses(OFFICE, retry_finalisation()), still(2));
    let done = Story::graded().refuses(OFFICE, retry_finalisation());
    assert_eq!(done, CopyError::NothingToRetry { work: "finalisation" });
}

// L6: whoever locks a copy whose finalisation failed may mark it, and the retry of a worker is too late.
#[test]
fn a_grader_who_takes_a_failed_copy_begins_a_finalisation_of_their_own() {
    let lock = LockId(Uuid::from_u128(0x30c));
    let story = Story::grading_failed().then(BLAISE, acquire(lock));
    let late = story.refuses(WORKER, CopyAction::Finalise { shown: ShownLock::None });
    assert_eq!(late, LockConflict::OwnerMismatch.into());
    let events = story.yields(BLAISE, CopyAction::Finalise { shown: ShownLock::Of(lock) });
    assert_eq!(events, [started(1, FinalisationCause::Requested, 10, Some(lock))]);
}

// L7, L12
#[test]
fn a_correction_has_a_reason_and_makes_a_new_pdf() {
    let story = Story::graded();
    let events = story.yields(OFFICE, correct("1", 800));
    let corrected = CopyEvent::ScoreCorrected {
        question: question("1"),
        before: Some(Points(500)),
        after: Points(800),
        reason: sealed("miscounted"),
    };
    let finalising = CopyEvent::FinalisationStarted {
        attempt: 1,
        cause: FinalisationCause::Correction,
        basis_sequence: story.copy().sequence + 1,
        total: Points(600),
        lock: None,
        reason: None,
    };
    assert_eq!(events, [corrected, finalising]);
    let story = story.then(OFFICE, correct("1", 800));
    let made = story.made(3);
    let story = story.then(WORKER, made);
    assert!(matches!(&story.copy().state, CopyState::Graded(_, grade) if grade.total == Points(600)));
}

// L12
#[test]
fn a_question_that_was_never_scored_can_be_corrected_even_to_zero() {
    let events = Story::graded().yields(OFFICE, correct("2.a", 0));
    assert!(matches!(
        events.first(),
        Some(CopyEvent::ScoreCorrected { before: None, after: Points::ZERO, .. })
    ));
    let nothing = CopyError::NothingToCorrect { question: question("1"), points: Points(500) };
    assert_eq!(Story::graded().refuses(OFFICE, correct("1", 500)), nothing);
}

// L12
#[test]
fn after_grading_only_a_correction_or_reopening_changes_the_marks() {
    let story = Story::graded();
    assert_eq!(story.refuses(ADA, finalise()), LockConflict::AlreadyGraded.into());
    assert_eq!(story.refuses(ADA, score("1", Some(1))), LockConflict::AlreadyGraded.into());
    assert!(story.asked(OFFICE, correct("1", 1)).is_ok());
    assert!(story.asked(OFFICE, reopen()).is_ok());
}

// L12
#[test]
fn a_reopened_copy_keeps_its_marks_and_counts_its_cycles() {
    let story = Story::graded();
    let reopened = |cycle| CopyEvent::CopyReopened { cycle, reason: sealed("page 2 overlooked") };
    assert_eq!(story.yields(OFFICE, reopen()), [reopened(2)]);
    let lock = LockId(Uuid::from_u128(0x40c));
    let story = story.then(OFFICE, reopen());
    assert_eq!(story.total(), Points(300));
    assert_eq!(story.refuses(ADA, finalise()), LockConflict::Missing.into(), "the old lock is over");
    let story = story.then(ADA, acquire(lock)).then(ADA, CopyAction::Finalise { shown: ShownLock::Of(lock) });
    let made = story.made(3);
    let story = story.then(WORKER, made);
    assert_eq!(story.yields(OFFICE, reopen()), [reopened(3)]);
}

// L7: what leaves the house is what the ledger says.
#[test]
fn an_exported_pdf_is_the_final_pdf_and_leaves_a_trace() {
    let export = |format, sha256| CopyAction::Export { format, sha256 };
    let story = Story::graded();
    let exported = CopyEvent::CopyExported { format: ExportFormat::Pdf, sha256: final_pdf() };
    assert_eq!(story.yields(OFFICE, export(ExportFormat::Pdf, final_pdf())), [exported]);
    let other = story.refuses(OFFICE, export(ExportFormat::Pdf, Digest::of(b"an older one")));
    assert_eq!(other, CopyError::NotTheFinalPdf { graded: final_pdf() });
    assert!(story.asked(OFFICE, export(ExportFormat::Json, Digest::of(b"{}"))).is_ok());
}

// L16
#[test]
fn a_copy_is_voided_with_a_reason_and_may_name_the_one_in_its_place() {
    let other = CopyId::of(EXAM, &"A-002".parse().unwrap());
    let own = CopyId::of(EXAM, &"A-001".parse().unwrap());
    let by = |id| CopyAction::Void { reason: sealed("scanned twice"), replaced_by: Some(id) };
    let voided =
        CopyEvent::CopyVoided { reason: sealed("scanned twice"), replaced_by: Some(other), lock: None };
    assert_eq!(Story::graded().yields(OFFICE, by(other)), [voided]);
    assert_eq!(Story::graded().refuses(OFFICE, by(own)), CopyError::ReplacedByItself);
    assert_eq!(Story::voided().copy().state.status(), None, "a voided copy is counted in no status");
}
