//! Where things lie: pages keep their look, marks lie where they were drawn.

use fixtures::scans::{ORIENTATIONS, vector_mixed_orientation};
use gradeledger::pdf::finalise::{FinaliseWarning, finalise};
use gradeledger::pdf::overlay::MarkKind;

use super::sample::{IN_THE_MIDDLE, mark, overlay, pdf_of, stream, with_mark};
use super::viewer::{assert_clean, pictures, shown_sizes};

/// Fine enough that the thin frame on the smallest page has pixels of its own colour alone.
const SCALE: f32 = 4.0;
/// Of a bonus's frame, as drawn.
const GREEN: [u8; 3] = [20, 115, 61];

#[test]
fn every_source_page_is_one_final_page_of_the_same_shown_size() {
    let source = vector_mixed_orientation();
    let done = finalise(&source, &overlay()).unwrap();
    assert_eq!(done.source_pages, ORIENTATIONS.len());
    let sizes = shown_sizes(&done.bytes);
    assert_eq!(sizes.len(), done.page_count);
    assert_eq!(done.page_count, done.source_pages + 1, "one page of score sheet");
    for (orientation, (width, height)) in ORIENTATIONS.iter().zip(sizes) {
        let off =
            (width - orientation.shown_width_points).abs() + (height - orientation.shown_height_points).abs();
        assert!(off < 0.02, "{}: {width} x {height}", orientation.name);
    }
}

#[test]
fn a_page_without_marks_looks_as_in_the_source_whatever_its_orientation() {
    let source = vector_mixed_orientation();
    let done = finalise(&source, &overlay()).unwrap();
    assert_same_look(&source, &done.bytes);
}

#[test]
fn a_mark_lies_where_it_was_drawn_on_the_shown_page_whatever_its_orientation() {
    let source = vector_mixed_orientation();
    let overlay = with_mark(&mark(MarkKind::Bonus, IN_THE_MIDDLE, ""), 0..ORIENTATIONS.len());
    let done = finalise(&source, &overlay).unwrap();
    for (orientation, picture) in ORIENTATIONS.iter().zip(pictures(&done.bytes, SCALE)) {
        let found = picture.bounds_of(GREEN).expect(orientation.name);
        let (width, height) = (orientation.shown_width_points, orientation.shown_height_points);
        // The badge with the number sits on the upper left corner: half of it lies outside the box.
        let overhang = 5.5 * width.min(height) / 595.0;
        let expected = [0.3 * width - overhang, 0.4 * height - overhang, 0.5 * width, 0.5 * height];
        for (edge, (found, expected)) in
            found.into_iter().zip(expected.map(|points| points * SCALE)).enumerate()
        {
            let off = (found as f32 - expected).abs();
            assert!(off <= SCALE, "{}: edge {edge} at {found}, expected {expected}", orientation.name);
        }
        let inside = picture.at((0.4 * width * SCALE) as usize, (0.45 * height * SCALE) as usize);
        assert_ne!(inside, GREEN, "{}: the frame hides what it frames", orientation.name);
    }
}

#[test]
fn a_highlight_colours_the_paper_and_leaves_the_ink() {
    let source = page_with("0 0 0 rg 300 400 20 100 re f", "");
    let area = gradeledger::pdf::overlay::MarkBox { x: 450_000, y: 450_000, width: 150_000, height: 50_000 };
    let done = finalise(&source, &with_mark(&mark(MarkKind::Highlight, area, ""), [0])).unwrap();
    let picture = &pictures(&done.bytes, 1.0)[0];
    assert_eq!(picture.at(310, 380), [0, 0, 0], "ink under the marker");
    let [red, _, blue] = picture.at(335, 380);
    assert!(red == 255 && blue < 220, "paper under the marker");
    assert_eq!(picture.at(400, 380), [255, 255, 255], "paper beside it");
}

#[test]
fn the_sources_own_stamps_are_shown_as_the_grader_saw_them() {
    for rotate in [0, 90, 180, 270] {
        let source =
            page_with("0.8 g 50 50 100 100 re f", &format!("/Rotate {rotate} /Annots [6 0 R 7 0 R]"));
        let done = finalise(&source, &overlay()).unwrap();
        assert!(pictures(&source, 1.0)[0].bounds_of([255, 0, 255]).is_some(), "the source shows its stamp");
        assert_same_look(&source, &done.bytes);
        assert_clean(&done.bytes, "a page with a stamp");
    }
}

#[test]
fn a_layer_that_is_switched_off_stays_off() {
    let source =
        page_with("/OC /Hidden BDC 1 0 0 rg 100 100 300 300 re f EMC 0 0 1 rg 450 100 50 50 re f", "");
    let done = finalise(&source, &overlay()).unwrap();
    assert!(pictures(&done.bytes, 1.0)[0].bounds_of([255, 0, 0]).is_none());
    assert!(pictures(&done.bytes, 1.0)[0].bounds_of([0, 0, 255]).is_some());
    assert_same_look(&source, &done.bytes);
}

#[test]
fn a_user_unit_goes_along() {
    let source = page_with("0 g 10 10 50 50 re f", "/UserUnit 2.5");
    let done = finalise(&source, &overlay()).unwrap();
    let page = String::from_utf8_lossy(&done.bytes).into_owned();
    assert_eq!(page.matches("/UserUnit 2.5").count(), 1);
}

#[test]
fn a_page_that_cannot_be_read_is_still_a_page_and_the_file_says_so() {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 6 0 R >>".to_owned(),
        stream("", "0 g 10 10 50 50 re f"),
        stream("/Filter /FlateDecode", "this was never deflated"),
    ];
    let done = finalise(&pdf_of(&objects), &overlay()).unwrap();
    assert_eq!((done.source_pages, done.page_count), (2, 3));
    assert_eq!(done.warnings, [FinaliseWarning::PageIncomplete { page_index: 1 }]);
}

fn assert_same_look(source: &[u8], done: &[u8]) {
    for (number, (source, done)) in pictures(source, 1.5).iter().zip(pictures(done, 1.5)).enumerate() {
        assert_eq!((source.width, source.height), (done.width, done.height), "page {number}");
        let differing = source.pixels.iter().zip(&done.pixels).filter(|(one, other)| {
            one.iter().zip(other.iter()).any(|(one, other)| one.abs_diff(*other) > 24)
        });
        // Where a matrix is rounded, the edge of a line may fall a hair aside.
        let count = differing.count();
        assert!(count * 2_000 < source.pixels.len(), "page {number}: {count} pixels differ");
    }
}

/// One page of 600 by 800 points with a stamp, a hidden stamp and a layer that is off, for those who use them.
fn page_with(content: &str, entries: &str) -> Vec<u8> {
    pdf_of(&[
        "<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [5 0 R] /D << /OFF [5 0 R] >> >> >>"
            .to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 600 800] >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R {entries} \
             /Resources << /Properties << /Hidden 5 0 R >> >> >>"
        ),
        stream("", content),
        "<< /Type /OCG /Name (Hidden) >>".to_owned(),
        "<< /Type /Annot /Subtype /Stamp /F 4 /Rect [200 300 400 360] /AP << /N 8 0 R >> >>".to_owned(),
        "<< /Type /Annot /Subtype /Stamp /F 2 /Rect [10 300 90 360] /AP << /N 8 0 R >> >>".to_owned(),
        // Turned by a quarter, and without the words that make it a form.
        stream("/BBox [0 0 30 100] /Matrix [0 1 -1 0 0 0]", "1 0 1 rg 0 0 30 100 re f 0 g 0 0 10 10 re f"),
    ])
}
