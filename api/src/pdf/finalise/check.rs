//! What must hold before anything is drawn: laws L7, L8 and L18 once more, at the last door.

use std::collections::HashSet;

use super::error::FinaliseError;
use crate::pdf::overlay::{Overlay, ScoreSheet};

/// Marks of one copy.
const MARKS_MAXIMUM: usize = 20_000;
/// Lines of the score sheet.
const LINES_MAXIMUM: usize = 20_000;
/// Bytes of all the text that is drawn.
const TEXT_BYTES_MAXIMUM: usize = 1 << 20;

/// Refuses an overlay that does not fit its source, or a score sheet that contradicts itself.
pub(super) fn check(overlay: &Overlay, source_pages: usize) -> Result<(), FinaliseError> {
    check_size(overlay)?;
    check_pages(overlay, source_pages)?;
    check_sums(&overlay.score_sheet)
}

fn check_size(overlay: &Overlay) -> Result<(), FinaliseError> {
    let marks = || overlay.pages.iter().flat_map(|page| &page.marks);
    let sheet = &overlay.score_sheet;
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let text_bytes = marks().map(|mark| mark.text.len() + length(&mark.question)).sum::<usize>()
        + sheet.questions.iter().map(|line| line.label.len() + length(&line.remark)).sum::<usize>()
        + sheet.annotations.iter().map(|line| length(&line.question)).sum::<usize>()
        + length(&sheet.appreciation)
        + length(&overlay.document.exam_title)
        + overlay.document.anonymous_id.len();
    for (what, count, maximum) in [
        ("marks", marks().count(), MARKS_MAXIMUM),
        ("lines on its score sheet", sheet.questions.len() + sheet.annotations.len(), LINES_MAXIMUM),
        ("bytes of text", text_bytes, TEXT_BYTES_MAXIMUM),
    ] {
        if count > maximum {
            return Err(FinaliseError::OverlayTooLarge { what, count, maximum });
        }
    }
    Ok(())
}

fn check_pages(overlay: &Overlay, source_pages: usize) -> Result<(), FinaliseError> {
    let mut seen = HashSet::new();
    let named = overlay.score_sheet.annotations.iter().map(|line| line.page_index);
    for page_index in overlay.pages.iter().map(|page| page.page_index).chain(named) {
        if page_index >= source_pages {
            return Err(FinaliseError::PageMissing {
                page_number: page_index.saturating_add(1),
                source_pages,
            });
        }
    }
    for page in &overlay.pages {
        let page_number = page.page_index + 1;
        if !seen.insert(page.page_index) {
            return Err(FinaliseError::PageListedTwice { page_number });
        }
        if let Some(mark) = page.marks.iter().find(|mark| !mark.area.is_inside_page()) {
            return Err(FinaliseError::MarkOutsidePage { page_number, number: mark.number });
        }
    }
    Ok(())
}

/// Sums in `i128`, so that no line can wrap the sum round to the total it should contradict.
fn check_sums(sheet: &ScoreSheet) -> Result<(), FinaliseError> {
    let questions = sheet.questions.iter().filter_map(|line| line.points_hundredths);
    let annotations = sheet.annotations.iter().map(|line| line.points_hundredths);
    let points = questions.chain(annotations).map(i128::from).sum();
    let maxima = sheet.questions.iter().map(|line| i128::from(line.maximum_hundredths)).sum();
    for (what, lines_hundredths, total_hundredths) in [
        ("points", points, sheet.total_hundredths),
        ("maximum points", maxima, sheet.maximum_total_hundredths),
    ] {
        if lines_hundredths != i128::from(total_hundredths) {
            return Err(FinaliseError::LinesDoNotAddUp { what, lines_hundredths, total_hundredths });
        }
    }
    Ok(())
}
