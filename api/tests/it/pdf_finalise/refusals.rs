//! What is refused, and in which words.

use fixtures::scans::{damaged, encrypted, tiny_pages, vector_mixed_orientation, without_pages};
use gradeledger::pdf::finalise::{FinaliseError, finalise};
use gradeledger::pdf::overlay::{AnnotationPointsLine, MarkBox, MarkKind, Overlay, QuestionLine};

use super::sample::{IN_THE_MIDDLE, mark, overlay, with_mark};

#[track_caller]
fn refusal(overlay: &Overlay) -> FinaliseError {
    finalise(&vector_mixed_orientation(), overlay).expect_err("it must be refused")
}

#[test]
fn lines_that_do_not_add_up_to_the_total_are_refused() {
    let mut overlay = overlay();
    overlay.score_sheet.total_hundredths += 1;
    let error = refusal(&overlay);
    assert_eq!(
        error.to_string(),
        "the lines of the score sheet give 450 hundredths of points, its total says 451"
    );
    assert_eq!(error.stage(), "check");
}

#[test]
fn points_of_annotations_belong_to_the_sum() {
    let mut overlay = overlay();
    overlay.score_sheet.annotations.push(AnnotationPointsLine {
        page_index: 0,
        number: 1,
        kind: MarkKind::Error,
        question: None,
        points_hundredths: -250,
    });
    assert!(matches!(
        refusal(&overlay),
        FinaliseError::LinesDoNotAddUp { what: "points", lines_hundredths: 200, total_hundredths: 450 }
    ));
    overlay.score_sheet.total_hundredths -= 250;
    assert!(finalise(&vector_mixed_orientation(), &overlay).is_ok());
}

#[test]
fn maxima_that_do_not_add_up_are_refused() {
    let mut overlay = overlay();
    overlay.score_sheet.maximum_total_hundredths -= 50;
    assert!(matches!(refusal(&overlay), FinaliseError::LinesDoNotAddUp { what: "maximum points", .. }));
}

#[test]
fn a_sum_that_would_wrap_round_is_refused_too() {
    let mut overlay = overlay();
    let line = |points_hundredths| QuestionLine {
        label: "Q".to_owned(),
        points_hundredths: Some(points_hundredths),
        maximum_hundredths: 0,
        remark: None,
    };
    overlay.score_sheet.questions.extend([line(i64::MAX), line(i64::MAX), line(2)]);
    assert!(matches!(refusal(&overlay), FinaliseError::LinesDoNotAddUp { .. }));
}

#[test]
fn a_page_that_the_source_does_not_have_is_refused_never_skipped() {
    let overlay = with_mark(&mark(MarkKind::Error, IN_THE_MIDDLE, ""), [9]);
    assert_eq!(refusal(&overlay).to_string(), "the overlay names page 10, but the source has 9");
    let twice = with_mark(&mark(MarkKind::Error, IN_THE_MIDDLE, ""), [3, 3]);
    assert!(matches!(refusal(&twice), FinaliseError::PageListedTwice { page_number: 4 }));
}

#[test]
fn a_mark_outside_its_page_is_refused() {
    let outside = MarkBox { x: 900_000, width: 100_001, ..IN_THE_MIDDLE };
    let overlay = with_mark(&mark(MarkKind::Error, outside, ""), [0]);
    assert!(matches!(refusal(&overlay), FinaliseError::MarkOutsidePage { page_number: 1, number: 1 }));
}

#[test]
fn more_text_than_a_copy_can_hold_is_refused() {
    let overlay = with_mark(&mark(MarkKind::Comment, IN_THE_MIDDLE, &"a".repeat(2 << 20)), [0]);
    assert!(matches!(refusal(&overlay), FinaliseError::OverlayTooLarge { what: "bytes of text", .. }));
}

#[test]
fn a_source_that_is_no_readable_pdf_is_refused_at_the_door() {
    for (what, source, stage) in [
        ("nothing", Vec::new(), "open"),
        ("damaged", damaged(), "open"),
        ("encrypted", encrypted(), "open"),
        ("without pages", without_pages(), "open"),
        ("501 pages", tiny_pages(501), "limits"),
    ] {
        let error = finalise(&source, &overlay()).expect_err(what);
        assert_eq!(error.stage(), stage, "{what}: {error}");
        assert!(error.is_invalid_pdf(), "{what}: {error}");
    }
}
