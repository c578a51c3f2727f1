//! From a scan to a copy that can be marked: L2, L4 and L17 as far as the rules hold them.

use domain::copy::command::{Failure, MAX_PAGES, MAX_WARNINGS};
use domain::copy::event::{WorkError, WorkStage};
use domain::copy::state::Import;
use domain::copy::{CopyAction, CopyError, CopyEvent, CopyState, Page};
use domain::scheme::InvalidScheme;
use domain::{CopyId, Digest, Points, Question};

use crate::story::*;

fn import(story: &Story) -> Import {
    match story.copy().state {
        CopyState::Staging(staging) => staging.import,
        state => panic!("not staging: {state:?}"),
    }
}

// L2: the same exam and anonymous id are the same stream, so a second import expects what is not there.
#[test]
fn an_anonymous_id_is_taken_once_in_an_exam() {
    let id = |code: &str| CopyId::of(EXAM, &code.parse().unwrap());
    assert_eq!(id("A-001"), id("A-001"));
    assert_ne!(id("A-001"), id("A-002"));
    assert_eq!(Story::staging().refuses(OFFICE, request_import("A-001")), CopyError::AnonymousIdTaken);
    assert_eq!(Story::graded().refuses(OFFICE, request_import("A-001")), CopyError::AnonymousIdTaken);
    assert_eq!(Story::voided().refuses(OFFICE, request_import("A-001")), CopyError::AnonymousIdTaken);
}

// L4
#[test]
fn a_failed_import_is_an_event_and_counts() {
    let story = Story::staging();
    let failed = |attempt, will_retry| CopyEvent::CopyImportFailed {
        attempt,
        stage: WorkStage::Render,
        error_type: WorkError::Timeout,
        will_retry,
        duration_ms: 900,
    };
    assert_eq!(story.yields(WORKER, import_failure(1, WorkError::Timeout)), [failed(1, true)]);
    let story = story.then(WORKER, import_failure(1, WorkError::Timeout));
    assert_eq!(import(&story), Import::Pending { attempt: 2 });
    let story = story.then(WORKER, import_failure(2, WorkError::Timeout));
    assert_eq!(story.yields(WORKER, import_failure(3, WorkError::Timeout)), [failed(3, false)]);
    let story = story.then(WORKER, import_failure(3, WorkError::Timeout));
    assert_eq!(import(&story), Import::Failed { attempt: 3 });
}

// L4
#[test]
fn a_file_that_is_no_pdf_is_not_tried_again_by_itself() {
    for error_type in [WorkError::InvalidPdf, WorkError::EmptyResult] {
        let story = Story::staging().then(WORKER, import_failure(1, error_type));
        assert_eq!(import(&story), Import::Failed { attempt: 1 });
    }
    // Nor is a scan that took its worker down again and again.
    let failure = Failure { stage: WorkStage::Claim, error_type: WorkError::Unknown, duration_ms: 0 };
    let story = Story::staging().then(WORKER, CopyAction::RecordImportFailure { attempt: 1, failure });
    assert_eq!(import(&story), Import::Failed { attempt: 1 });
}

// L1, L16
#[test]
fn asking_for_another_attempt_is_an_act_of_its_own_and_the_count_goes_on() {
    let story = Story::staging().then(WORKER, import_failure(1, WorkError::InvalidPdf));
    let retried = CopyEvent::CopyImportRetried { attempt: 2, reason: Some(sealed("the disk was full")) };
    assert_eq!(story.yields(OFFICE, retry_import()), [retried]);
    let story = story.then(OFFICE, retry_import());
    let story = story.then(WORKER, record_import(2, pages()));
    assert_eq!(import(&story), Import::Done { pages: pages() });
}

#[test]
fn only_a_failed_import_is_retried() {
    let resting = Story::staging().then(WORKER, import_failure(1, WorkError::Timeout));
    assert_eq!(resting.refuses(OFFICE, retry_import()), CopyError::StillTried { work: "import", attempt: 2 });
    let pending = Story::staging().refuses(OFFICE, retry_import());
    assert_eq!(pending, CopyError::StillTried { work: "import", attempt: 1 });
    let done = Story::imported().refuses(OFFICE, retry_import());
    assert_eq!(done, CopyError::NothingToRetry { work: "import" });
}

// L2: two workers on one scan; the second to end does not count.
#[test]
fn a_report_about_an_attempt_that_is_over_is_refused() {
    let story = Story::staging().then(WORKER, import_failure(1, WorkError::Timeout));
    let over = CopyError::AttemptOver { reported: 1, current: 2 };
    assert_eq!(story.refuses(WORKER, record_import(1, pages())), over);
    assert_eq!(story.refuses(WORKER, import_failure(1, WorkError::Timeout)), over);
    let done = Story::imported().refuses(WORKER, record_import(1, pages()));
    assert_eq!(done, CopyError::NotImported("done already"));
}

// L17
#[test]
fn an_import_has_pages_and_not_more_than_the_limit() {
    let page = || Page { sha256: Digest::of(b"p"), width: 10, height: 10 };
    let import_of = |pages: usize| record_import(1, vec![page(); pages]);
    assert_eq!(Story::staging().refuses(WORKER, import_of(0)), CopyError::NoPages);
    let too_many = CopyError::TooManyPages { pages: MAX_PAGES + 1, max: MAX_PAGES };
    assert_eq!(Story::staging().refuses(WORKER, import_of(MAX_PAGES + 1)), too_many);
    assert_eq!(Story::staging().yields(WORKER, import_of(MAX_PAGES)).len(), 1);
    let flat = record_import(1, vec![page(), Page { height: 0, ..page() }]);
    assert_eq!(Story::staging().refuses(WORKER, flat), CopyError::EmptyPage { page_index: 1 });
}

#[test]
fn what_a_renderer_says_about_a_strangers_file_is_a_label_and_no_free_text() {
    let import = |renderer: &str, warnings: Vec<String>| CopyAction::RecordImport {
        attempt: 1,
        pages: pages(),
        renderer: renderer.to_owned(),
        warnings,
        duration_ms: 1,
    };
    let not_a_label = |what| CopyError::NotALabel { what, max: 64 };
    let long = "x".repeat(65);
    for text in ["", "Zoë", "two\nlines", &long] {
        let story = Story::staging();
        assert_eq!(story.refuses(WORKER, import(text, vec![])), not_a_label("the renderer"));
        let warned = import("hayro 0.9", vec!["fine".to_owned(), text.to_owned()]);
        assert_eq!(story.refuses(WORKER, warned), not_a_label("a warning"));
    }
    let noisy = import("hayro 0.9", vec!["w".to_owned(); MAX_WARNINGS + 1]);
    assert_eq!(Story::staging().refuses(WORKER, noisy), CopyError::TooManyWarnings(MAX_WARNINGS));
}

// L9: the scheme is pinned with its maxima.
#[test]
fn validation_pins_the_scheme() {
    let validated = CopyEvent::CopyValidated { scheme_version: 1, questions: scheme() };
    assert_eq!(Story::imported().yields(OFFICE, validate()), [validated]);
    assert_eq!(Story::ready().copy().state.paper().unwrap().questions, scheme());
}

#[test]
fn a_copy_is_validated_once_its_pages_are_there() {
    let pending = CopyError::NotImported("pending; wait until it is done");
    assert_eq!(Story::staging().refuses(OFFICE, validate()), pending);
    let failed = Story::staging().then(WORKER, import_failure(1, WorkError::InvalidPdf));
    let refusal = CopyError::NotImported("failed; retry it, or void the copy");
    assert_eq!(failed.refuses(OFFICE, validate()), refusal);
    let empty = CopyAction::Validate { scheme_version: 1, questions: vec![] };
    assert_eq!(Story::imported().refuses(OFFICE, empty), InvalidScheme::Count(0).into());
    let worthless = vec![Question { id: question("1"), maximum: Points::ZERO }];
    let refusal = InvalidScheme::Maximum(question("1")).into();
    let worthless = CopyAction::Validate { scheme_version: 1, questions: worthless };
    assert_eq!(Story::imported().refuses(OFFICE, worthless), refusal);
}
