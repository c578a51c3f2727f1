//! Glyphs as drawn paths, where what is seen and what is read must part.

use pdf_writer::Content;
use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};

use super::canvas::hundredth;
use super::fonts::FontFace;

/// Fills a glyph's outline, its origin at `origin`, in the current colour; a glyph without one draws nothing.
pub(super) fn fill_outline(
    content: &mut Content,
    face: &FontFace,
    glyph: u16,
    origin: (f32, f32),
    size: f32,
) {
    let scale = face.scale_to_thousandths() * size / 1000.0;
    let mut outline = Outline { content, scale, origin, last: origin };
    if face.face.outline_glyph(GlyphId(glyph), &mut outline).is_some() {
        content.fill_nonzero();
    }
}

/// Turns a glyph's outline into a path on the page.
struct Outline<'c> {
    content: &'c mut Content,
    scale: f32,
    origin: (f32, f32),
    last: (f32, f32),
}

impl Outline<'_> {
    fn on_page(&self, x: f32, y: f32) -> (f32, f32) {
        (hundredth(self.origin.0 + x * self.scale), hundredth(self.origin.1 + y * self.scale))
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.last = self.on_page(x, y);
        self.content.move_to(self.last.0, self.last.1);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.last = self.on_page(x, y);
        self.content.line_to(self.last.0, self.last.1);
    }

    /// PDF has cubic curves only: the same curve has its handles two thirds of the way to the quadratic one's.
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (handle, end) = (self.on_page(x1, y1), self.on_page(x, y));
        let towards = |from: (f32, f32)| {
            (from.0 + (handle.0 - from.0) * 2.0 / 3.0, from.1 + (handle.1 - from.1) * 2.0 / 3.0)
        };
        let (first, second) = (towards(self.last), towards(end));
        self.content.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
        self.last = end;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, end) = (self.on_page(x1, y1), self.on_page(x2, y2), self.on_page(x, y));
        self.content.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
        self.last = end;
    }

    fn close(&mut self) {
        self.content.close_path();
    }
}
