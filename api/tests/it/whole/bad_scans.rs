//! Scans that only the worker finds to be bad: each becomes an event and a status, and the server goes on.

use std::collections::HashMap;

use fixtures::scans;
use gradeledger::pdf::PdfLimits;
use serde_json::json;

use super::place::Place;
use super::seen;
use super::session::of;

const MEBIBYTE: u64 = 1024 * 1024;

/// A scan that is bad in its way, and what is to be said of it.
struct Bad {
    name: &'static str,
    pdf: Vec<u8>,
    error_type: &'static str,
    stage: &'static str,
    /// A file does not become a PDF by waiting: one attempt. A limit may have been met by bad luck: three.
    attempts: usize,
}

fn bad(name: &'static str, pdf: Vec<u8>, error_type: &'static str, stage: &'static str) -> Bad {
    let attempts = if matches!(error_type, "timeout" | "unknown") { 3 } else { 1 };
    Bad { name, pdf, error_type, stage, attempts }
}

/// Sends all of them and a good one, and sees each refused in an event and a status while the good one is read.
async fn assert_refused(limits: impl FnOnce(&mut PdfLimits), scans: Vec<Bad>) {
    let place = Place::new().await;
    let office = place.service_with(|settings| limits(&mut settings.pdf.limits)).await;
    let desk = &office.desk;
    let exam = desk.exam().await;
    let mut sent = Vec::new();
    for bad in scans {
        sent.push((desk.send(exam, bad.name, bad.pdf.clone()).await, bad));
    }
    let good = desk.send(exam, "good", scans::tiny_pages(1)).await;
    let mut errors = HashMap::<_, f64>::new();
    for (copy, Bad { name, error_type, stage, attempts, .. }) in sent {
        let failed = desk.import_ended(copy).await;
        let status = (&failed["status"], &failed["import"]["state"]);
        assert_eq!(status, (&json!("STAGING"), &json!("failed")), "{name}");
        let trail = desk.trail(copy).await;
        let told = of(&trail, "IMPORT");
        assert_eq!(told.len(), attempts, "{name}");
        for line in told {
            let told = &line["metadata"];
            assert_eq!(line["event_type"], "CopyImportFailed", "{name}");
            let said = (&told["success"], &told["error_type"], &told["stage"]);
            assert_eq!(said, (&json!(false), &json!(error_type), &json!(stage)), "{name}");
            *errors.entry(error_type).or_default() += 1.0;
        }
        let marked = desk.post(&desk.admin, &format!("/api/copies/{copy}/ready"), json!({})).await;
        assert_eq!(marked.status, 409, "{name}");
    }
    assert_eq!(desk.import_ended(good).await["import"]["state"], "done");
    for (error_type, count) in errors {
        let series = format!("grading_ocr_errors_total{{error_type=\"{error_type}\"}}");
        // The figure moves when the outcome is recorded, a moment after readers can see it.
        seen(&series, async || (desk.metrics().await.of(&series) >= count).then_some(())).await;
        assert!((desk.metrics().await.of(&series) - count).abs() < f64::EPSILON, "{series}");
    }
    office.stop().await;
    place.assert_sound().await;
}

#[tokio::test]
async fn every_bad_scan_ends_as_a_failed_import_with_its_reason_and_the_next_good_one_is_read() {
    let cases = vec![
        bad("damaged", scans::damaged(), "invalid_pdf", "open"),
        bad("cut-short", scans::cut_short(1, 1), "invalid_pdf", "open"),
        bad("encrypted", scans::encrypted(), "invalid_pdf", "open"),
        bad("no-pages", scans::without_pages(), "empty_result", "limits"),
        bad("too-many-pages", scans::tiny_pages(501), "invalid_pdf", "limits"),
        bad("absurd-page", scans::absurd_page(1e9), "invalid_pdf", "limits"),
        bad("memory-bomb", scans::image_bomb(20_000), "unknown", "render"),
    ];
    assert_refused(|limits| limits.memory_bytes_max = 256 * MEBIBYTE, cases).await;
}

#[tokio::test]
async fn a_scan_whose_content_never_ends_is_given_up_after_three_times_its_limit() {
    let cases = vec![bad("never-ends", scans::nested_forms(12), "timeout", "render")];
    assert_refused(|limits| limits.import_seconds_max = 1, cases).await;
}
