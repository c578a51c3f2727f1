//! Every kind of scan: clean for other readers, the same bytes each time, hardly larger than its source.

use fixtures::scans::{
    absurd_page, bilevel_g4_scan, bilevel_jbig2_scan, content_bomb, cut_short, grey_jpeg_scan, image_bomb,
    mixed_kinds, nested_forms, rgb_jpeg_scan, tiny_pages, unreadable_images, vector_mixed_orientation,
};
use gradeledger::pdf::finalise::finalise;
use gradeledger::pdf::overlay::{MarkKind, MarkOverlay};

use super::sample::{IN_THE_MIDDLE, mark, overlay, pdf_of, stream, with_mark};
use super::viewer::assert_clean;

const GROWTH_BYTES_MAXIMUM: usize = 100_000;

fn busy_mark() -> MarkOverlay {
    let text = "Erreur de signe ; λάθος ; خطأ في الإشارة ; ∫ ≠ ∑ ; revoir le cours.";
    MarkOverlay {
        points_hundredths: Some(-250),
        question: Some("Question 1".to_owned()),
        ..mark(MarkKind::Error, IN_THE_MIDDLE, text)
    }
}

#[test]
fn every_kind_of_scan_is_clean_reproducible_and_hardly_larger_than_its_source() {
    for (what, pages, source) in [
        ("grey JPEG", 2, grey_jpeg_scan(2, 7)),
        ("colour JPEG", 1, rgb_jpeg_scan(1, 7)),
        ("bilevel G4", 2, bilevel_g4_scan(2, 7)),
        ("bilevel JBIG2", 2, bilevel_jbig2_scan(2, 7)),
        ("vector", 9, vector_mixed_orientation()),
        ("mixed kinds", 4, mixed_kinds(7)),
    ] {
        let overlay = with_mark(&busy_mark(), 0..pages);
        let done = finalise(&source, &overlay).unwrap();
        assert_eq!(done.source_pages, pages, "{what}");
        assert_clean(&done.bytes, what);
        assert!(
            done.bytes.len() < source.len() + GROWTH_BYTES_MAXIMUM,
            "{what}: {} bytes from {}",
            done.bytes.len(),
            source.len()
        );
        assert_eq!(finalise(&source, &overlay).unwrap(), done, "{what}: the same bytes");
    }
}

#[test]
fn another_overlay_gives_another_file_identifier() {
    let source = vector_mixed_orientation();
    let identifier = |overlay| {
        let bytes = finalise(&source, &overlay).unwrap().bytes;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let start = text.rfind("/ID").expect("an identifier");
        text[start..start + 60].to_owned()
    };
    assert_eq!(identifier(overlay()), identifier(overlay()));
    let mut attempt_two = overlay();
    attempt_two.document.attempt = 2;
    assert_ne!(identifier(overlay()), identifier(attempt_two));
}

#[test]
fn what_pages_share_is_written_once() {
    const MARKER: &str = "shared-by-all-pages";
    let kids: Vec<String> = (5..25).map(|number| format!("{number} 0 R")).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count 20 /MediaBox [0 0 600 800] \
             /Resources << /XObject << /Shared 4 0 R >> >> >>",
            kids.join(" ")
        ),
        stream("", "/Shared Do"),
        stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 600 800]",
            &format!("% {MARKER} {}\n0 g 10 10 50 50 re f", "x".repeat(200_000)),
        ),
    ];
    objects.extend((0..20).map(|_| "<< /Type /Page /Parent 2 0 R /Contents 3 0 R >>".to_owned()));
    let source = pdf_of(&objects);
    let done = finalise(&source, &with_mark(&busy_mark(), 0..20)).unwrap();
    assert_eq!(done.source_pages, 20);
    assert_eq!(String::from_utf8_lossy(&done.bytes).matches(MARKER).count(), 1);
    assert!(done.bytes.len() < source.len() + GROWTH_BYTES_MAXIMUM);
    assert_clean(&done.bytes, "a shared form");
}

#[test]
fn nothing_of_a_source_but_its_drawing_goes_along() {
    let source = pdf_of(&[
        "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>"
            .to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 600 800] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /AA << /O << /S /URI /URI (http://example.org) >> >> \
         /Metadata 5 0 R >>"
            .to_owned(),
        stream("", "0 g 10 10 50 50 re f"),
        stream("/Type /Metadata /Subtype /XML", "<author>A student's name</author>"),
    ]);
    let done = finalise(&source, &overlay()).unwrap();
    let file = String::from_utf8_lossy(&done.bytes).into_owned();
    for left_behind in ["JavaScript", "app.alert", "example.org", "A student's name"] {
        assert!(!file.contains(left_behind), "{left_behind}");
    }
}

#[test]
fn odd_sources_give_a_clean_file_or_a_refusal_and_never_a_panic() {
    for (what, source) in [
        ("cut short", cut_short(2, 3)),
        ("absurd page", absurd_page(2_000_000.0)),
        ("nested forms", nested_forms(400)),
        ("image bomb", image_bomb(30_000)),
        ("content bomb", content_bomb(1 << 20)),
        ("unreadable images", unreadable_images(3, 1)),
        ("tiny pages", tiny_pages(40)),
        ("resources that are no resources", odd_resources()),
    ] {
        if let Ok(done) = finalise(&source, &with_mark(&busy_mark(), [0])) {
            assert_eq!(shown_pages(&done.bytes), done.page_count, "{what}");
        }
    }
}

fn shown_pages(bytes: &[u8]) -> usize {
    super::viewer::shown_sizes(bytes).len()
}

/// References to nothing, to themselves, to the page, and streams where none may be.
fn odd_resources() -> Vec<u8> {
    pdf_of(&[
        "<< /Type /Catalog /Pages 2 0 R /OCProperties 99 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 7 /MediaBox [0 0 600 800] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /Contents [4 0 R 99 0 R 5 0 R] /Annots [99 0 R 6 0 R 3] /Group 5 0 R \
         /Resources << /XObject << /A 3 0 R /B 99 0 R /C 5 0 R /D [1 2] >> /Font 7 0 R /ExtGState 12 \
         /Pattern << /P << /Self 3 0 R >> >> >> >>"
            .to_owned(),
        stream("", "q q q 1 0 0 1 0 0 cm /A Do /Nothing Do BT ("),
        "[5 0 R 5 0 R]".to_owned(),
        "<< /Subtype /Widget /Rect [0 0 0 0] /AP << /N << /On 4 0 R >> >> /AS /On >>".to_owned(),
        "<< /F1 << /Type /Font /Subtype /Type0 /DescendantFonts 7 0 R >> >>".to_owned(),
    ])
}
