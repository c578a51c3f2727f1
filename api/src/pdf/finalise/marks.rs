//! Draws the marks of one page where the grader drew them: a frame or a marker's stroke, a badge with the
//! number, a badge with the points, and a slip with the text beside it.
//!
//! What a student wrote stays readable: frames are thin, the marker multiplies, slips are translucent and
//! lie on no other mark. A text that finds no such place goes to the score sheet, and its badge says so.

use super::canvas::{Area, Canvas, Ink};
use super::fonts::Weight;
use super::labels::Labels;
use super::palette;
use super::slips::{Slip, Surface};
use super::source::Frame;
use super::wrap::single_line;
use crate::pdf::overlay::{MILLIONTHS, MarkBox, MarkKind, MarkOverlay, PageOverlay};

/// The short side of A4 in points: sizes below are for such a page and grow with the page.
const A4_SHORT_SIDE: f32 = 595.0;
const FRAME_WIDTH: f32 = 0.9;
const BADGE_HEIGHT: f32 = 11.0;
const BADGE_TEXT: f32 = 7.5;
const BADGE_PADDING: f32 = 3.0;

/// A text that its page had no room for.
pub(super) struct Spilled<'o> {
    pub(super) page_number: usize,
    pub(super) mark: &'o MarkOverlay,
}

/// One mark with its place on the page.
pub(super) struct PlacedMark<'o> {
    pub(super) mark: &'o MarkOverlay,
    pub(super) area: Area,
    /// Number and points, along the upper edge.
    badges: Area,
}

/// Draws all marks of a page; returns those whose text the score sheet must carry.
pub(super) fn draw_marks<'o>(
    canvas: &mut Canvas<'_>,
    frame: Frame,
    page: &'o PageOverlay,
    labels: &Labels,
) -> Vec<Spilled<'o>> {
    let unit = (frame.width.min(frame.height) / A4_SHORT_SIDE).max(0.05);
    let placed: Vec<PlacedMark<'o>> =
        page.marks.iter().map(|mark| place(canvas, frame, mark, unit, labels)).collect();
    let mut surface = Surface::new(frame, unit);
    for mark in &placed {
        surface.occupy(mark.area);
        surface.occupy(mark.badges);
    }
    let slips: Vec<Option<Slip>> =
        placed.iter().map(|mark| surface.find(canvas.fonts, mark, labels)).collect();

    for mark in &placed {
        draw_frame(canvas, mark, unit);
    }
    let mut spilled = Vec::new();
    for (mark, slip) in placed.iter().zip(&slips) {
        let has_text = !mark.mark.text.trim().is_empty();
        if let Some(slip) = slip {
            slip.draw(canvas, palette::of_kind(mark.mark.kind), unit);
        } else if has_text {
            spilled.push(Spilled { page_number: page.page_index + 1, mark: mark.mark });
        }
        draw_badges(canvas, mark, has_text && slip.is_none(), unit, labels);
    }
    spilled
}

fn place<'o>(
    canvas: &mut Canvas<'_>,
    frame: Frame,
    mark: &'o MarkOverlay,
    unit: f32,
    labels: &Labels,
) -> PlacedMark<'o> {
    let area = area_on(frame, mark.area);
    let height = BADGE_HEIGHT * unit;
    // As wide as it can become, so that no slip lies where a badge will.
    let width = badge_width(canvas, &number_text(mark, true), unit)
        + points_text(mark, labels).map_or(0.0, |points| badge_width(canvas, &points, unit) + unit);
    let x = (area.x - height / 2.0).clamp(0.0, (frame.width - width).max(0.0));
    let y = (area.top() - height / 2.0).clamp(0.0, (frame.height - height).max(0.0));
    PlacedMark { mark, area, badges: Area { x, y, width, height } }
}

/// From millionths with the origin at the top left to points with the origin at the bottom left.
fn area_on(frame: Frame, area: MarkBox) -> Area {
    let share =
        |millionths: u32, side: f32| (f64::from(millionths) / f64::from(MILLIONTHS) * f64::from(side)) as f32;
    let (width, height) = (share(area.width, frame.width), share(area.height, frame.height));
    Area {
        x: share(area.x, frame.width),
        y: frame.height - share(area.y, frame.height) - height,
        width,
        height,
    }
}

fn draw_frame(canvas: &mut Canvas<'_>, placed: &PlacedMark<'_>, unit: f32) {
    let colour = palette::of_kind(placed.mark.kind);
    match placed.mark.kind {
        MarkKind::Highlight => canvas.fill_with(placed.area, 0.0, palette::MARKER, Ink::Marker),
        MarkKind::Comment | MarkKind::Error | MarkKind::Bonus => {
            canvas.outline(placed.area, 1.5 * unit, colour, FRAME_WIDTH * unit);
        }
    }
}

fn draw_badges(canvas: &mut Canvas<'_>, placed: &PlacedMark<'_>, spilled: bool, unit: f32, labels: &Labels) {
    let colour = palette::of_kind(placed.mark.kind);
    let number = number_text(placed.mark, spilled);
    let mut badge = placed.badges;
    badge.width = badge_width(canvas, &number, unit);
    canvas.fill(badge, badge.height / 2.0, colour);
    badge_text(canvas, badge, &number, palette::WHITE, unit);
    if let Some(points) = points_text(placed.mark, labels) {
        badge.x = badge.right() + unit;
        badge.width = badge_width(canvas, &points, unit);
        canvas.fill(badge, badge.height / 2.0, palette::WHITE);
        canvas.outline(badge, badge.height / 2.0, colour, 0.8 * unit);
        badge_text(canvas, badge, &points, colour, unit);
    }
}

fn number_text(mark: &MarkOverlay, spilled: bool) -> String {
    format!("{}{}", mark.number, if spilled { "…" } else { "" })
}

fn points_text(mark: &MarkOverlay, labels: &Labels) -> Option<String> {
    mark.points_hundredths.map(|points| labels.signed_points(points))
}

fn badge_width(canvas: &Canvas<'_>, text: &str, unit: f32) -> f32 {
    let width = single_line(canvas.fonts, text, Weight::Bold).width * BADGE_TEXT / 1000.0;
    ((width + 2.0 * BADGE_PADDING) * unit).max(BADGE_HEIGHT * unit)
}

fn badge_text(canvas: &mut Canvas<'_>, badge: Area, text: &str, colour: [f32; 3], unit: f32) {
    let size = BADGE_TEXT * unit;
    let line = single_line(canvas.fonts, text, Weight::Bold);
    let x = badge.x + (badge.width - line.width * size / 1000.0) / 2.0;
    // Figures of these faces are 0.73 em high.
    canvas.text(&line, x, badge.y + (badge.height - 0.73 * size) / 2.0, size, colour);
}
