//! From a text to lines of a width: paragraphs, line breaks (UAX #14) and visual order (UAX #9).

use std::ops::Range;

use unicode_bidi::{BidiInfo, ParagraphInfo};
use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use super::fonts::{Fonts, Weight};
use super::shape::{Piece, shape_run};

/// One line, ready to draw at any size; widths in thousandths of an em.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) pieces: Vec<Piece>,
    pub(super) width: f32,
    /// Whether its paragraph reads from right to left, and so aligns right.
    pub(super) right_to_left: bool,
}

/// Every character that ends a paragraph or asks for a new line, so that none reaches a font.
pub(super) const LINE_ENDS: [char; 10] =
    ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// A text as one line, however long: line ends become spaces.
pub(super) fn single_line(fonts: &Fonts, text: &str, weight: Weight) -> Line {
    let text = text.replace(LINE_ENDS, " ").replace('\t', " ");
    let bidi = BidiInfo::new(&text, None);
    bidi.paragraphs
        .first()
        .map(|whole| shape_line(fonts, &bidi, whole, 0..text.len(), weight))
        .unwrap_or_default()
}

/// A text as lines of at most `width_thousandths` of an em; nothing is lost, an empty paragraph is an empty line.
pub(super) fn wrap(fonts: &Fonts, text: &str, weight: Weight, width_thousandths: f32) -> Vec<Line> {
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    text.trim_end()
        .split(LINE_ENDS)
        .flat_map(|paragraph| wrap_paragraph(fonts, paragraph, weight, width_thousandths))
        .collect()
}

fn wrap_paragraph(fonts: &Fonts, text: &str, weight: Weight, width: f32) -> Vec<Line> {
    let bidi = BidiInfo::new(text, None);
    let Some(whole) = bidi.paragraphs.first() else { return vec![Line::default()] };
    let reach = reach(fonts, &bidi, weight);
    let measure = |range: Range<usize>| reach[range.end] - reach[range.start];

    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut start, mut fitting) = (0, 0);
    let mut line_width = 0.0;
    for (opportunity, _) in linebreaks(text) {
        let segment = fitting..opportunity;
        let without_space = fitting..fitting + text[segment.clone()].trim_end().len();
        let (whole_width, bare_width) = (measure(segment.clone()), measure(without_space));
        if line_width + bare_width > width && fitting > start {
            ranges.push(start..fitting);
            (start, line_width) = (fitting, 0.0);
        }
        if bare_width > width {
            let pieces = break_anywhere(text, segment.clone(), width, &measure);
            if let Some((last, full)) = pieces.split_last() {
                ranges.extend_from_slice(full);
                (start, line_width) = (last.start, measure(last.clone()));
            }
        } else {
            line_width += whole_width;
        }
        fitting = opportunity;
    }
    if start < text.len() {
        ranges.push(start..text.len());
    }
    ranges.into_iter().map(|range| shape_line(fonts, &bidi, whole, range, weight)).collect()
}

/// How far a paragraph reaches from its first byte to each of its bytes, were it one line. Its order on the
/// line does not matter for that, and a line break changes it by no more than the join of two letters.
fn reach(fonts: &Fonts, bidi: &BidiInfo<'_>, weight: Weight) -> Vec<f32> {
    let mut widths = vec![0.0_f32; bidi.text.len() + 1];
    let mut start = 0;
    for levels in bidi.levels.chunk_by(|one, next| one == next) {
        let run = start..start + levels.len();
        let right_to_left = levels.first().is_some_and(unicode_bidi::Level::is_rtl);
        for piece in shape_run(fonts, &bidi.text[run], weight, right_to_left) {
            match &piece {
                Piece::Missing { start: at, .. } => widths[start + at + 1] += piece.width(),
                Piece::Glyphs { clusters, .. } => {
                    for cluster in clusters {
                        let width: f32 = cluster.glyphs.iter().map(|glyph| glyph.advance).sum();
                        widths[start + cluster.start + 1] += width;
                    }
                }
            }
        }
        start += levels.len();
    }
    widths
        .iter()
        .scan(0.0, |reached, width| {
            *reached += f64::from(*width);
            Some(*reached as f32)
        })
        .collect()
}

/// Cuts a segment that has no place to break into parts that fit, at least one grapheme each.
fn break_anywhere(
    text: &str,
    segment: Range<usize>,
    width: f32,
    measure: &impl Fn(Range<usize>) -> f32,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = segment.start;
    let mut part_width = 0.0;
    for (offset, grapheme) in text[segment.clone()].grapheme_indices(true) {
        let at = segment.start + offset;
        let grapheme_width = measure(at..at + grapheme.len());
        if part_width + grapheme_width > width && at > start {
            parts.push(start..at);
            (start, part_width) = (at, 0.0);
        }
        part_width += grapheme_width;
    }
    parts.push(start..segment.end);
    parts
}

fn shape_line(
    fonts: &Fonts,
    bidi: &BidiInfo<'_>,
    whole: &ParagraphInfo,
    range: Range<usize>,
    weight: Weight,
) -> Line {
    let right_to_left = whole.level.is_rtl();
    let range = range.start..range.start + bidi.text[range].trim_end().len();
    if range.is_empty() {
        return Line { right_to_left, ..Line::default() };
    }
    let (levels, runs) = bidi.visual_runs(whole, range);
    let pieces: Vec<Piece> = runs
        .into_iter()
        .flat_map(|run| {
            let run_is_rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
            shape_run(fonts, &bidi.text[run], weight, run_is_rtl)
        })
        .collect();
    let width = pieces.iter().map(Piece::width).sum();
    Line { pieces, width, right_to_left }
}
