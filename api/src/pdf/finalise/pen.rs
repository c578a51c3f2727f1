//! Writes one shaped run so that it looks right and reads right.
//!
//! Readers of a PDF take the text of right-to-left runs from left to right and turn it round, character by
//! character. So a glyph that stands for several characters (lam-alef) and a mark above its base (a shadda)
//! come out in the wrong order or break their word, whatever `ToUnicode` or `ActualText` say. In such runs
//! every character therefore gets a glyph of its own, in visual order: what has none of its own is written
//! as invisible text without width, as scanners' software writes recognised text, and marks are drawn as
//! outlines. In left-to-right runs `ToUnicode` with several characters and `ActualText` do what they should.

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str, TextStr};

use super::canvas::hundredth;
use super::fonts::{FaceIndex, Fonts, resource_name};
use super::outline::fill_outline;
use super::shape::{Cluster, Glyph};

/// Thousandths of an em that a glyph may stand off before it is worth placing it by itself.
const NUDGE_THOUSANDTHS: f32 = 1.0;
/// Horizontal scaling, in percent, of text that must take no room.
const NO_WIDTH_PERCENT: f32 = 0.1;

/// A run being written; positions in thousandths of an em from its start.
pub(super) struct Pen<'c> {
    content: &'c mut Content,
    fonts: &'c mut Fonts,
    face: FaceIndex,
    size: f32,
    origin: (f32, f32),
    /// Where the next glyph belongs.
    place: f32,
    /// Where the reader's pen stands.
    reached: f32,
    rise: f32,
    waiting: Vec<Shown>,
    /// Marks to draw as outlines, with their places.
    outlines: Vec<(u16, f32, f32)>,
}

/// An item of a `TJ` operator.
enum Shown {
    Glyphs(Vec<u8>),
    Adjust(f32),
}

impl<'c> Pen<'c> {
    pub(super) fn new(
        content: &'c mut Content,
        fonts: &'c mut Fonts,
        face: FaceIndex,
        size: f32,
        origin: (f32, f32),
    ) -> Self {
        let (place, reached, rise) = (0.0, 0.0, 0.0);
        Self {
            content,
            fonts,
            face,
            size,
            origin,
            place,
            reached,
            rise,
            waiting: Vec::new(),
            outlines: Vec::new(),
        }
    }

    /// Writes the clusters, from left to right.
    pub(super) fn run(mut self, clusters: &[Cluster], right_to_left: bool) {
        let font = resource_name(self.face);
        self.content.begin_text().set_font(Name(font.as_bytes()), hundredth(self.size));
        let (x, y) = (hundredth(self.origin.0), hundredth(self.origin.1));
        self.content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        for cluster in clusters {
            match (cluster.glyphs.as_slice(), right_to_left) {
                ([glyph], true) => self.single_glyph_from_right(cluster, *glyph),
                _ => self.cluster(cluster, &cluster.text),
            }
        }
        self.raise(0.0);
        self.show();
        self.content.end_text();
        self.draw_outlines();
    }

    /// Writes a character that no face has as the unseen first glyph of this one, which every subset keeps.
    pub(super) fn unseen_notdef(&mut self, character: char, width_thousandths: f32) {
        let width = self.fonts.face(self.face).width_thousandths(0).max(1.0);
        let font = resource_name(self.face);
        let (x, y) = (hundredth(self.origin.0), hundredth(self.origin.1));
        self.content.begin_text().set_font(Name(font.as_bytes()), hundredth(self.size));
        self.content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        self.content.set_text_rendering_mode(TextRenderingMode::Invisible);
        self.content.set_horizontal_scaling((width_thousandths / width * 100.0).round());
        self.begin_actual_text(character.encode_utf8(&mut [0; 4]));
        self.push(0);
        self.show();
        self.content.end_marked_content();
        self.content.set_horizontal_scaling(100.0);
        self.content.set_text_rendering_mode(TextRenderingMode::Fill);
        self.content.end_text();
    }

    fn single_glyph_from_right(&mut self, cluster: &Cluster, glyph: Glyph) {
        let mut characters = cluster.text.chars();
        let (Some(first), rest) = (characters.next(), characters.as_str()) else {
            return self.cluster(cluster, "");
        };
        if glyph.advance == 0.0 && rest.is_empty() {
            // A mark: seen where it belongs, read at the edge of its base.
            self.outlines.push((glyph.id, self.place + glyph.x_offset, glyph.y_offset));
            self.invisible(first);
            return;
        }
        for character in rest.chars().rev() {
            self.invisible(character);
        }
        self.cluster(cluster, &cluster.text[..first.len_utf8()]);
    }

    /// Glyphs that together are read as `text`.
    fn cluster(&mut self, cluster: &Cluster, text: &str) {
        let numbers: Vec<u16> =
            cluster.glyphs.iter().map(|glyph| self.fonts.use_glyph(self.face, glyph.id)).collect();
        let says_so = match numbers[..] {
            [number] => self.fonts.means(self.face, number, text),
            _ => false,
        };
        if !says_so {
            self.begin_actual_text(text);
        }
        for (glyph, number) in cluster.glyphs.iter().zip(numbers) {
            self.raise(glyph.y_offset);
            self.go_to(self.place + glyph.x_offset);
            self.push(number);
            self.reached += self.fonts.face(self.face).width_thousandths(glyph.id);
            self.place += glyph.advance;
        }
        if !says_so {
            self.show();
            self.content.end_marked_content();
        }
    }

    /// A character that is read here and not seen; it takes no room.
    fn invisible(&mut self, character: char) {
        let Some(glyph) = self.fonts.face(self.face).face.glyph_index(character) else { return };
        let mut text = [0; 4];
        let text: &str = character.encode_utf8(&mut text);
        let number = self.fonts.use_glyph(self.face, glyph.0);
        let says_so = self.fonts.means(self.face, number, text);
        self.raise(0.0);
        self.go_to(self.place);
        self.show();
        if !says_so {
            self.begin_actual_text(text);
        }
        self.content.set_text_rendering_mode(TextRenderingMode::Invisible);
        self.content.set_horizontal_scaling(NO_WIDTH_PERCENT);
        self.push(number);
        self.show();
        self.content.set_horizontal_scaling(100.0);
        self.content.set_text_rendering_mode(TextRenderingMode::Fill);
        if !says_so {
            self.content.end_marked_content();
        }
        self.reached += self.fonts.face(self.face).width_thousandths(glyph.0) * NO_WIDTH_PERCENT / 100.0;
    }

    fn begin_actual_text(&mut self, text: &str) {
        self.show();
        self.content
            .begin_marked_content_with_properties(Name(b"Span"))
            .properties()
            .actual_text(TextStr(text));
    }

    fn raise(&mut self, thousandths: f32) {
        let wanted = if thousandths.abs() > NUDGE_THOUSANDTHS { thousandths } else { 0.0 };
        if wanted != self.rise {
            self.show();
            self.content.set_rise(hundredth(wanted * self.size / 1000.0));
            self.rise = wanted;
        }
    }

    fn go_to(&mut self, wanted: f32) {
        if (wanted - self.reached).abs() > NUDGE_THOUSANDTHS {
            let adjustment = (self.reached - wanted).round();
            self.waiting.push(Shown::Adjust(adjustment));
            self.reached -= adjustment;
        }
    }

    fn push(&mut self, number: u16) {
        match self.waiting.last_mut() {
            Some(Shown::Glyphs(bytes)) => bytes.extend(number.to_be_bytes()),
            _ => self.waiting.push(Shown::Glyphs(number.to_be_bytes().to_vec())),
        }
    }

    fn show(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut shown = self.content.show_positioned();
        let mut items = shown.items();
        for item in self.waiting.drain(..) {
            match item {
                Shown::Glyphs(bytes) => items.show(Str(&bytes)),
                Shown::Adjust(thousandths) => items.adjust(thousandths),
            };
        }
    }

    fn draw_outlines(self) {
        let face = self.fonts.face(self.face);
        let scale = self.size / 1000.0;
        for (glyph, x, y) in self.outlines {
            fill_outline(
                self.content,
                face,
                glyph,
                (self.origin.0 + x * scale, self.origin.1 + y * scale),
                self.size,
            );
        }
    }
}
