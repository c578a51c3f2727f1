//! What one page is drawn with: boxes, badges and shaped text, in points from the bottom left.

use pdf_writer::types::{BlendMode, RenderingIntent};
use pdf_writer::{Buf, Chunk, Content, Name, Ref, Settings};

use super::fonts::{FaceIndex, Fonts, Weight};
use super::outline::fill_outline;
use super::pen::Pen;
use super::shape::{MISSING_WIDTH, Piece};
use super::wrap::{Line, single_line};

/// How all objects are written: without indentation, which a scan of many pages would pay for.
pub(super) const COMPACT: Settings = Settings { pretty: false };

/// How far a curve's handle lies out for a quarter of a circle.
const QUARTER_CIRCLE: f32 = 0.552_285;

/// The face of the code in a box for a missing character.
const DIGITS: FaceIndex = 0;

/// A hundredth of a point is finer than any printer draws; more digits would only make the file longer.
pub(super) fn hundredth(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

/// A colour, red, green and blue in `0..=1`.
pub(super) type Colour = [f32; 3];

/// A box in points, its origin at its lower left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Area {
    pub(super) fn right(&self) -> f32 {
        self.x + self.width
    }

    pub(super) fn top(&self) -> f32 {
        self.y + self.height
    }

    /// The surface that both cover, in square points.
    pub(super) fn shared(&self, other: &Self) -> f32 {
        let width = self.right().min(other.right()) - self.x.max(other.x);
        let height = self.top().min(other.top()) - self.y.max(other.y);
        if width > 0.0 && height > 0.0 { width * height } else { 0.0 }
    }
}

/// How a filled area lets through what lies below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// A text marker: paper takes the colour, ink stays black.
    Marker,
    /// A slip of paper through which the page still shows.
    Slip,
}

impl Ink {
    const ALL: [Self; 2] = [Self::Marker, Self::Slip];

    fn resource_name(self) -> &'static [u8] {
        match self {
            Self::Marker => b"Marker",
            Self::Slip => b"Slip",
        }
    }

    fn write(self, chunk: &mut Chunk, number: Ref) {
        let mut state = chunk.ext_graphics(number);
        match self {
            Self::Marker => state.blend_mode(BlendMode::Multiply).non_stroking_alpha(0.4),
            Self::Slip => state.blend_mode(BlendMode::Normal).non_stroking_alpha(0.82),
        };
    }
}

/// The numbers of the graphics states, written once a document.
pub(super) struct Inks([Ref; 2]);

impl Inks {
    pub(super) fn write(chunk: &mut Chunk, mut number: impl FnMut() -> Ref) -> Self {
        Self(Ink::ALL.map(|ink| {
            let reference = number();
            ink.write(chunk, reference);
            reference
        }))
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (Name<'static>, Ref)> + '_ {
        Ink::ALL.into_iter().map(|ink| Name(ink.resource_name())).zip(self.0)
    }
}

/// The content of one page, while it is drawn.
pub(super) struct Canvas<'f> {
    content: Content,
    pub(super) fonts: &'f mut Fonts,
}

impl<'f> Canvas<'f> {
    pub(super) fn new(fonts: &'f mut Fonts) -> Self {
        let mut content = Content::with_settings(COMPACT);
        content.set_rendering_intent(RenderingIntent::RelativeColorimetric);
        Self { content, fonts }
    }

    pub(super) fn finish(self) -> Buf {
        self.content.finish()
    }

    /// Draws a form of the page's resources through a matrix, as it would stand alone.
    pub(super) fn form(&mut self, name: &str, matrix: [f32; 6]) {
        self.content.save_state();
        if matrix != [1.0, 0.0, 0.0, 1.0, 0.0, 0.0] {
            self.content.transform(matrix);
        }
        self.content.x_object(Name(name.as_bytes()));
        self.content.restore_state();
    }

    pub(super) fn fill_with(&mut self, area: Area, radius: f32, colour: Colour, ink: Ink) {
        self.content.save_state();
        self.content.set_parameters(Name(ink.resource_name()));
        self.fill(area, radius, colour);
        self.content.restore_state();
    }

    pub(super) fn fill(&mut self, area: Area, radius: f32, [red, green, blue]: Colour) {
        self.content.set_fill_rgb(red, green, blue);
        self.path(area, radius);
        self.content.fill_nonzero();
    }

    pub(super) fn outline(&mut self, area: Area, radius: f32, [red, green, blue]: Colour, line_width: f32) {
        self.content.set_stroke_rgb(red, green, blue).set_line_width(hundredth(line_width));
        self.path(area, radius);
        self.content.stroke();
    }

    pub(super) fn line(
        &mut self,
        from: (f32, f32),
        to: (f32, f32),
        [red, green, blue]: Colour,
        line_width: f32,
    ) {
        self.content.set_stroke_rgb(red, green, blue).set_line_width(hundredth(line_width));
        let [from, to] = [from, to].map(|(x, y)| (hundredth(x), hundredth(y)));
        self.content.move_to(from.0, from.1).line_to(to.0, to.1).stroke();
    }

    fn path(&mut self, area: Area, radius: f32) {
        let area = Area {
            x: hundredth(area.x),
            y: hundredth(area.y),
            width: hundredth(area.width),
            height: hundredth(area.height),
        };
        let radius = hundredth(radius.min(area.width / 2.0).min(area.height / 2.0));
        if radius <= 0.0 {
            self.content.rect(area.x, area.y, area.width, area.height);
            return;
        }
        let (left, bottom, right, top) = (area.x, area.y, area.right(), area.top());
        let handle = hundredth(radius * (1.0 - QUARTER_CIRCLE));
        let [inner_left, outer_left, inner_right, outer_right] =
            [left + radius, left + handle, right - radius, right - handle].map(hundredth);
        let [inner_bottom, outer_bottom, inner_top, outer_top] =
            [bottom + radius, bottom + handle, top - radius, top - handle].map(hundredth);
        let (right, top) = (hundredth(right), hundredth(top));
        self.content
            .move_to(inner_left, bottom)
            .line_to(inner_right, bottom)
            .cubic_to(outer_right, bottom, right, outer_bottom, right, inner_bottom)
            .line_to(right, inner_top)
            .cubic_to(right, outer_top, outer_right, top, inner_right, top)
            .line_to(inner_left, top)
            .cubic_to(outer_left, top, left, outer_top, left, inner_top)
            .line_to(left, inner_bottom)
            .cubic_to(left, outer_bottom, outer_left, bottom, inner_left, bottom)
            .close_path();
    }

    /// Draws a line of text whose baseline begins at `(x, y)`.
    pub(super) fn text(&mut self, line: &Line, x: f32, y: f32, size: f32, colour: Colour) {
        let [red, green, blue] = colour;
        let mut pen = x;
        for piece in &line.pieces {
            match piece {
                Piece::Glyphs { face, clusters, right_to_left } => {
                    self.content.set_fill_rgb(red, green, blue);
                    Pen::new(&mut self.content, self.fonts, *face, size, (pen, y))
                        .run(clusters, *right_to_left);
                }
                Piece::Missing { character, .. } => self.missing(*character, pen, y, size, colour),
            }
            pen += piece.width() * size / 1000.0;
        }
    }

    /// A box with the character's code in it; a reader of the text still gets the character itself.
    fn missing(&mut self, character: char, x: f32, y: f32, size: f32, colour: Colour) {
        let frame = Area { x: x + 0.06 * size, y: y - 0.16 * size, width: 0.88 * size, height: 0.94 * size };
        self.outline(frame, 0.0, colour, 0.04 * size);
        let [red, green, blue] = colour;
        self.content.set_fill_rgb(red, green, blue);
        let code = format!("{:04X}", u32::from(character));
        let (upper, lower) = code.split_at(code.len() / 2);
        let digit_size = if code.len() > 4 { 0.36 } else { 0.46 } * size;
        for (row, digits) in [upper, lower].into_iter().enumerate() {
            let line = single_line(self.fonts, digits, Weight::Regular);
            let mut pen = x + (size - line.width * digit_size / 1000.0) / 2.0;
            let baseline = y + (0.37 - 0.44 * row as f32) * size;
            for digit in digits.chars() {
                let face = self.fonts.face(DIGITS);
                let glyph = face.face.glyph_index(digit).map_or(0, |glyph| glyph.0);
                fill_outline(&mut self.content, face, glyph, (pen, baseline), digit_size);
                pen += face.width_thousandths(glyph) * digit_size / 1000.0;
            }
        }
        let mut pen = Pen::new(&mut self.content, self.fonts, DIGITS, size, (x, y));
        pen.unseen_notdef(character, MISSING_WIDTH);
    }
}
