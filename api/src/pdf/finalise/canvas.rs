//! What one page is drawn with: boxes, badges and shaped text, in points from the bottom left.

use pdf_writer::types::{BlendMode, RenderingIntent};
use pdf_writer::{Buf, Chunk, Content, Name, Ref, Settings, Str, TextStr};

use super::fonts::{Fonts, Weight, resource_name};
use super::shape::{Cluster, Piece};
use super::wrap::{Line, single_line};

/// How all objects are written: without indentation, which a scan of many pages would pay for.
pub(super) const COMPACT: Settings = Settings { pretty: false };

/// Thousandths of an em that a glyph may stand off before it is worth placing it by itself.
const NUDGE_THOUSANDTHS: f32 = 0.5;
/// How far a curve's handle lies out for a quarter of a circle.
const QUARTER_CIRCLE: f32 = 0.552_285;

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
            Self::Slip => state.blend_mode(BlendMode::Normal).non_stroking_alpha(0.86),
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
        self.content.set_stroke_rgb(red, green, blue).set_line_width(line_width);
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
        self.content.set_stroke_rgb(red, green, blue).set_line_width(line_width);
        self.content.move_to(from.0, from.1).line_to(to.0, to.1).stroke();
    }

    fn path(&mut self, area: Area, radius: f32) {
        let radius = radius.min(area.width / 2.0).min(area.height / 2.0);
        if radius <= 0.0 {
            self.content.rect(area.x, area.y, area.width, area.height);
            return;
        }
        let (left, bottom, right, top) = (area.x, area.y, area.right(), area.top());
        let handle = radius * (1.0 - QUARTER_CIRCLE);
        self.content
            .move_to(left + radius, bottom)
            .line_to(right - radius, bottom)
            .cubic_to(right - handle, bottom, right, bottom + handle, right, bottom + radius)
            .line_to(right, top - radius)
            .cubic_to(right, top - handle, right - handle, top, right - radius, top)
            .line_to(left + radius, top)
            .cubic_to(left + handle, top, left, top - handle, left, top - radius)
            .line_to(left, bottom + radius)
            .cubic_to(left, bottom + handle, left + handle, bottom, left + radius, bottom)
            .close_path();
    }

    /// Draws a line of text whose baseline begins at `(x, y)`.
    pub(super) fn text(&mut self, line: &Line, x: f32, y: f32, size: f32, colour: Colour) {
        let [red, green, blue] = colour;
        let mut pen = x;
        for piece in &line.pieces {
            match piece {
                Piece::Glyphs { face, clusters } => {
                    self.content.set_fill_rgb(red, green, blue);
                    self.glyphs(*face, clusters, pen, y, size);
                }
                Piece::Missing(character) => self.missing(*character, pen, y, size, colour),
            }
            pen += piece.width() * size / 1000.0;
        }
    }

    fn glyphs(&mut self, face: usize, clusters: &[Cluster], x: f32, y: f32, size: f32) {
        let font = resource_name(face);
        self.content.begin_text();
        self.content.set_font(Name(font.as_bytes()), size);
        self.content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        // In thousandths of an em from `x`: where the next glyph belongs, and where the reader's pen stands.
        let (mut place, mut pen) = (0.0_f32, 0.0_f32);
        let mut waiting = Waiting::default();
        for cluster in clusters {
            let numbers: Vec<u16> =
                cluster.glyphs.iter().map(|glyph| self.fonts.use_glyph(face, glyph.id)).collect();
            let needs_actual_text = match numbers[..] {
                [number] => !self.fonts.means(face, number, &cluster.text),
                _ => true,
            };
            if needs_actual_text {
                waiting.show(&mut self.content);
                self.content
                    .begin_marked_content_with_properties(Name(b"Span"))
                    .properties()
                    .actual_text(TextStr(&cluster.text));
            }
            for (glyph, number) in cluster.glyphs.iter().zip(numbers) {
                let wanted = place + glyph.x_offset;
                if glyph.y_offset.abs() > NUDGE_THOUSANDTHS || waiting.raised {
                    waiting.show(&mut self.content);
                    waiting.raised = glyph.y_offset.abs() > NUDGE_THOUSANDTHS;
                    self.content.set_rise(if waiting.raised { glyph.y_offset * size / 1000.0 } else { 0.0 });
                }
                if (wanted - pen).abs() > NUDGE_THOUSANDTHS {
                    waiting.adjust(pen - wanted);
                    pen = wanted;
                }
                waiting.push(number);
                pen += self.fonts.face(face).width_thousandths(glyph.id);
                place += glyph.advance;
            }
            if needs_actual_text {
                waiting.show(&mut self.content);
                self.content.end_marked_content();
            }
        }
        waiting.show(&mut self.content);
        if waiting.raised {
            self.content.set_rise(0.0);
        }
        self.content.end_text();
    }

    /// A box with the character's code in it; a reader of the text still gets the character itself.
    fn missing(&mut self, character: char, x: f32, y: f32, size: f32, colour: Colour) {
        let code = format!("{:04X}", u32::from(character));
        let (upper, lower) = code.split_at(code.len() - code.len() / 2);
        let frame = Area { x: x + 0.06 * size, y: y - 0.14 * size, width: 0.88 * size, height: 0.92 * size };
        self.outline(frame, 0.0, colour, 0.04 * size);
        let mut text = [0; 4];
        self.content
            .begin_marked_content_with_properties(Name(b"Span"))
            .properties()
            .actual_text(TextStr(character.encode_utf8(&mut text)));
        for (row, digits) in [upper, lower].into_iter().enumerate() {
            let digits = single_line(self.fonts, digits, Weight::Regular);
            let digit_size = 0.4 * size;
            let indent = (size - digits.width * digit_size / 1000.0) / 2.0;
            self.text(&digits, x + indent, y + (0.36 - 0.40 * row as f32) * size, digit_size, colour);
        }
        self.content.end_marked_content();
    }
}

/// Glyphs and adjustments of one `TJ` operator, until something must come between.
#[derive(Default)]
struct Waiting {
    items: Vec<Shown>,
    raised: bool,
}

enum Shown {
    Glyphs(Vec<u8>),
    Adjust(f32),
}

impl Waiting {
    fn push(&mut self, number: u16) {
        match self.items.last_mut() {
            Some(Shown::Glyphs(bytes)) => bytes.extend(number.to_be_bytes()),
            _ => self.items.push(Shown::Glyphs(number.to_be_bytes().to_vec())),
        }
    }

    fn adjust(&mut self, thousandths: f32) {
        self.items.push(Shown::Adjust(thousandths));
    }

    fn show(&mut self, content: &mut Content) {
        if self.items.is_empty() {
            return;
        }
        let mut shown = content.show_positioned();
        let mut items = shown.items();
        for item in self.items.drain(..) {
            match item {
                Shown::Glyphs(bytes) => items.show(Str(&bytes)),
                Shown::Adjust(thousandths) => items.adjust((thousandths * 10.0).round() / 10.0),
            };
        }
    }
}
