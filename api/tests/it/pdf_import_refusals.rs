//! Importing bad PDFs: each gets its error type and a sentence, and the next import works.

use std::convert::Infallible;

use bytes::Bytes;
use fixtures::scans;
use gradeledger::pdf::{ImportError, PdfError, PdfErrorType, PdfLimits, PdfStage};

use crate::pdf_import::worker;

const MEBIBYTE: u64 = 1024 * 1024;

async fn refusal(source: Vec<u8>, limits: PdfLimits) -> PdfError {
    let worker = worker(limits);
    let outcome = worker.import(Bytes::from(source), |_| async { Ok::<_, Infallible>(()) }).await;
    let error = match outcome {
        Ok(imported) => panic!("{} pages were imported", imported.pages.len()),
        Err(ImportError::Page(never)) => match never {},
        Err(ImportError::Pdf(error)) => error,
    };
    // Whatever became of that child, the next one works.
    let good = scans::tiny_pages(2);
    let next = worker.import(Bytes::from(good), |_| async { Ok::<_, Infallible>(()) }).await.unwrap();
    assert_eq!(next.pages.len(), 2);
    error
}

async fn assert_refused(source: Vec<u8>, stage: PdfStage, error_type: PdfErrorType, sentence_part: &str) {
    let error = refusal(source, PdfLimits::default()).await;
    assert_eq!((error.stage, error.error_type), (stage, error_type), "{error}");
    assert!(error.detail.contains(sentence_part), "{error}");
}

#[tokio::test]
async fn what_is_not_a_pdf_is_refused() {
    let invalid = PdfErrorType::InvalidPdf;
    assert_refused(Vec::new(), PdfStage::Open, invalid, "not a PDF").await;
    assert_refused(b"\x89PNG\r\n\x1a\n".repeat(500), PdfStage::Open, invalid, "not a PDF").await;
    assert_refused(b"%PDF-1.7\n%%EOF".to_vec(), PdfStage::Open, invalid, "damaged").await;
}

#[tokio::test]
async fn a_damaged_pdf_is_refused() {
    assert_refused(scans::damaged(), PdfStage::Open, PdfErrorType::InvalidPdf, "damaged").await;
}

#[tokio::test]
async fn a_pdf_cut_short_is_refused_instead_of_losing_its_last_pages() {
    assert_refused(scans::cut_short(3, 1), PdfStage::Open, PdfErrorType::InvalidPdf, "cut short").await;
}

#[tokio::test]
async fn an_encrypted_pdf_is_refused() {
    assert_refused(scans::encrypted(), PdfStage::Open, PdfErrorType::InvalidPdf, "encrypted").await;
}

#[tokio::test]
async fn a_pdf_without_pages_is_an_empty_result() {
    assert_refused(scans::without_pages(), PdfStage::Limits, PdfErrorType::EmptyResult, "no pages").await;
}

#[tokio::test]
async fn a_pdf_of_which_no_page_can_be_read_is_an_empty_result() {
    let source = scans::unreadable_images(2, 2);
    assert_refused(source, PdfStage::Render, PdfErrorType::EmptyResult, "every page is blank").await;
}

#[tokio::test]
async fn five_hundred_pages_are_imported_and_one_more_is_refused() {
    let count = |page_count| scans::tiny_pages(page_count);
    let worker = worker(PdfLimits::default());
    let whole = worker.import(Bytes::from(count(500)), |_| async { Ok::<_, Infallible>(()) }).await.unwrap();
    assert_eq!(whole.pages.len(), 500);
    assert_refused(count(501), PdfStage::Limits, PdfErrorType::InvalidPdf, "501 pages").await;
}

#[tokio::test]
async fn a_file_over_the_limit_of_bytes_is_refused() {
    let source = scans::tiny_pages(1);
    let mut limits = PdfLimits { source_bytes_max: source.len() as u64, ..PdfLimits::default() };
    let fitting = worker(limits.clone());
    fitting.import(Bytes::from(source.clone()), |_| async { Ok::<_, Infallible>(()) }).await.unwrap();
    limits.source_bytes_max -= 1;
    let outcome = worker(limits).import(Bytes::from(source), |_| async { Ok::<_, Infallible>(()) }).await;
    let Err(ImportError::Pdf(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.stage, error.error_type), (PdfStage::Limits, PdfErrorType::InvalidPdf));
}

#[tokio::test]
async fn a_page_of_absurd_size_is_refused() {
    let invalid = PdfErrorType::InvalidPdf;
    assert_refused(scans::absurd_page(1e9), PdfStage::Limits, invalid, "larger than 200 inches").await;
    assert_refused(scans::absurd_page(14_000.0), PdfStage::Limits, invalid, "40 megapixels").await;
    assert_refused(scans::absurd_page(0.0), PdfStage::Limits, invalid, "no area").await;
}

#[tokio::test]
async fn content_that_never_ends_is_stopped_at_the_time_limit() {
    let limits = PdfLimits { import_seconds_max: 1, ..PdfLimits::default() };
    let error = refusal(scans::nested_forms(12), limits).await;
    assert_eq!((error.stage, error.error_type), (PdfStage::Render, PdfErrorType::Timeout), "{error}");
    assert!(error.detail.contains("within 1 s"), "{error}");
}

#[tokio::test]
async fn nesting_deeper_than_any_reader_follows_does_no_harm() {
    // hayro stops at a depth of its own; should it not, the child's stack ends the child and no one else.
    for source in [scans::form_chain(100_000), scans::nested_arrays(4_000_000)] {
        let worker = worker(PdfLimits::default());
        let outcome = worker.import(Bytes::from(source), |_| async { Ok::<_, Infallible>(()) }).await;
        assert_eq!(outcome.unwrap().pages.len(), 1);
    }
}

#[tokio::test]
async fn an_image_or_content_larger_than_memory_is_stopped_at_the_memory_limit() {
    let limits = PdfLimits { memory_bytes_max: 256 * MEBIBYTE, ..PdfLimits::default() };
    for source in [scans::image_bomb(20_000), scans::content_bomb(400 * MEBIBYTE)] {
        let error = refusal(source, limits.clone()).await;
        assert_eq!(error.error_type, PdfErrorType::Unknown, "{error}");
        assert!(error.detail.contains("memory limit (256 MiB)"), "{error}");
    }
}
