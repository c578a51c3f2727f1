//! Finds room beside a mark for what the grader wrote, and draws it there.

use super::canvas::{Area, Canvas, Colour, Ink};
use super::fonts::{Fonts, Weight};
use super::labels::Labels;
use super::marks::PlacedMark;
use super::palette;
use super::source::Frame;
use super::wrap::{Line, wrap};

const TEXT_SIZE: f32 = 7.5;
const LINE_HEIGHT: f32 = 9.6;
const PADDING: f32 = 3.0;
/// Between a mark and its slip, and between a slip and the page's edge.
const GAP: f32 = 4.0;
/// Shares of the page's width that a slip may take; the first that holds the text is taken.
const WIDTH_SHARES: [f32; 3] = [0.20, 0.28, 0.38];
/// Lines that a slip may have, its heading among them; more would hide too much of the page.
const LINES_MAXIMUM: usize = 8;
/// Bytes of text beyond which no slip is tried, so that a long remark is not wrapped three times in vain.
const TEXT_BYTES_MAXIMUM: usize = 1_500;
/// Steps up and down beside a mark that are tried.
const STEPS: i32 = 12;

/// A text with its place on the page.
pub(super) struct Slip {
    area: Area,
    heading: Vec<Line>,
    text: Vec<Line>,
    /// Where a thin line leads back to the mark, if the slip does not touch its surroundings.
    leader: Option<((f32, f32), (f32, f32))>,
}

/// What of a page is taken already.
pub(super) struct Surface {
    frame: Frame,
    unit: f32,
    taken: Vec<Area>,
}

impl Surface {
    pub(super) fn new(frame: Frame, unit: f32) -> Self {
        Self { frame, unit, taken: Vec::new() }
    }

    pub(super) fn occupy(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// A slip that lies on no mark and on no other slip, taken from now on; `None` if there is nothing to
    /// write or no room for it.
    pub(super) fn find(&mut self, fonts: &Fonts, placed: &PlacedMark<'_>, labels: &Labels) -> Option<Slip> {
        let mark = placed.mark;
        let text = mark.text.trim();
        if (text.is_empty() && mark.question.is_none()) || text.len() > TEXT_BYTES_MAXIMUM {
            return None;
        }
        let heading = match &mark.question {
            Some(question) => format!("{} · {question}", labels.kind(mark.kind)),
            None => labels.kind(mark.kind).to_owned(),
        };
        WIDTH_SHARES.into_iter().find_map(|share| {
            let width = share * self.frame.width.min(1.4 * self.frame.height);
            let size = TEXT_SIZE * self.unit;
            let room = (width - 2.0 * PADDING * self.unit) * 1000.0 / size;
            let heading = wrap(fonts, &heading, Weight::Bold, room);
            let text = if text.is_empty() { Vec::new() } else { wrap(fonts, text, Weight::Regular, room) };
            let lines = heading.len() + text.len();
            if lines > LINES_MAXIMUM {
                return None;
            }
            let widest = heading.iter().chain(&text).map(|line| line.width).fold(0.0, f32::max);
            let width = widest * size / 1000.0 + 2.0 * PADDING * self.unit;
            let height = (lines as f32 * LINE_HEIGHT + 2.0 * PADDING) * self.unit;
            let area = self.free_place(placed.area, width, height)?;
            self.occupy(area);
            Some(Slip { area, heading, text, leader: self.leader(placed.area, area) })
        })
    }

    /// Right of the mark, left, below, above; then the same a little higher or lower.
    fn free_place(&self, mark: Area, width: f32, height: f32) -> Option<Area> {
        let gap = GAP * self.unit;
        let step = 2.0 * LINE_HEIGHT * self.unit;
        let top = mark.top() - height;
        let beside = [mark.right() + gap, mark.x - gap - width];
        let around = [
            (mark.x, mark.y - gap - height),
            (mark.right() - width, mark.y - gap - height),
            (mark.x, mark.top() + 2.0 * gap),
            (mark.right() - width, mark.top() + 2.0 * gap),
        ];
        let near = beside.into_iter().map(move |x| (x, top));
        let shifted = (1..=STEPS)
            .flat_map(move |steps| [steps, -steps])
            .flat_map(move |steps| beside.map(|x| (x, top - steps as f32 * step)));
        near.chain(around).chain(shifted).map(|(x, y)| Area { x, y, width, height }).find(|area| {
            self.is_on_page(area, gap) && self.taken.iter().all(|taken| taken.shared(area) == 0.0)
        })
    }

    fn is_on_page(&self, area: &Area, margin: f32) -> bool {
        area.x >= margin
            && area.y >= margin
            && area.right() <= self.frame.width - margin
            && area.top() <= self.frame.height - margin
    }

    /// From the nearer side of the mark to the slip, where the two stand apart.
    fn leader(&self, mark: Area, slip: Area) -> Option<((f32, f32), (f32, f32))> {
        let overlaps = slip.y < mark.top() && slip.top() > mark.y;
        if overlaps {
            return None;
        }
        let across = slip.x >= mark.right();
        let aside = slip.right() <= mark.x;
        let y_of = |area: Area| if slip.y >= mark.top() { area.top() } else { area.y };
        let slip_y = if slip.y >= mark.top() { slip.y } else { slip.top() };
        let apart = (slip_y - y_of(mark)).abs() > 2.5 * GAP * self.unit || across || aside;
        apart.then(|| {
            let mark_x = if across { mark.right() } else { mark.x };
            let slip_x = if aside { slip.right() } else { slip.x };
            ((mark_x, y_of(mark)), (slip_x, slip_y))
        })
    }
}

impl Slip {
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, colour: Colour, unit: f32) {
        if let Some((from, to)) = self.leader {
            canvas.line(from, to, colour, 0.4 * unit);
        }
        canvas.fill_with(self.area, 1.5 * unit, palette::WHITE, Ink::Slip);
        canvas.fill(Area { width: 1.2 * unit, ..self.area }, 0.0, colour);
        let size = TEXT_SIZE * unit;
        let mut baseline = self.area.top() - PADDING * unit - 0.78 * size;
        let heading = self.heading.iter().map(|line| (line, colour));
        for (line, colour) in heading.chain(self.text.iter().map(|line| (line, palette::TEXT))) {
            let width = line.width * size / 1000.0;
            let x = if line.right_to_left {
                self.area.right() - PADDING * unit - width
            } else {
                self.area.x + PADDING * unit
            };
            canvas.text(line, x, baseline, size, colour);
            baseline -= LINE_HEIGHT * unit;
        }
    }
}
