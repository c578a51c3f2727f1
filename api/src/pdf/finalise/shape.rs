//! From characters to glyphs: one run of one direction, cut where the face or the script changes, shaped.
//!
//! Widths are in thousandths of an em throughout, so that a shaped line can be drawn at any size.

use rustybuzz::{BufferClusterLevel, BufferFlags, Direction, UnicodeBuffer};
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

use super::fonts::{FaceIndex, Fonts, Weight};

/// Width of the box that stands for a character without a glyph.
pub(super) const MISSING_WIDTH: f32 = 1_000.0;

/// Glyphs that stand together for some characters.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Where its text begins in the run that was shaped, in bytes.
    pub(super) start: usize,
    pub(super) text: String,
    pub(super) glyphs: Vec<Glyph>,
}

/// A glyph of the whole face, with its place; all in thousandths of an em.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    pub(super) id: u16,
    pub(super) advance: f32,
    pub(super) x_offset: f32,
    pub(super) y_offset: f32,
}

/// A part of a line, from left to right.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Clusters of one face, in visual order.
    Glyphs { face: FaceIndex, clusters: Vec<Cluster>, right_to_left: bool },
    /// A character that no face has, and where it stands in the run, in bytes.
    Missing { character: char, start: usize },
}

impl Piece {
    pub(super) fn width(&self) -> f32 {
        match self {
            Self::Glyphs { clusters, .. } => {
                clusters.iter().flat_map(|cluster| &cluster.glyphs).map(|glyph| glyph.advance).sum()
            }
            Self::Missing { .. } => MISSING_WIDTH,
        }
    }
}

/// Shapes text of one direction; the pieces come in visual order, left to right.
pub(super) fn shape_run(fonts: &Fonts, text: &str, weight: Weight, right_to_left: bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = itemise(fonts, text, weight)
        .into_iter()
        .map(|item| match item {
            Item::Missing { character, start } => Piece::Missing { character, start },
            Item::Shapeable { face, start, text, .. } => {
                let mut clusters = shape_item(fonts, face, text, right_to_left);
                clusters.iter_mut().for_each(|cluster| cluster.start += start);
                Piece::Glyphs { face, clusters, right_to_left }
            }
        })
        .collect();
    if right_to_left {
        pieces.reverse();
    }
    pieces
}

enum Item<'t> {
    Shapeable { face: FaceIndex, script: Script, start: usize, text: &'t str },
    Missing { character: char, start: usize },
}

/// Cuts at grapheme clusters, so that a mark stays with its base wherever one face has both.
fn itemise<'t>(fonts: &Fonts, text: &'t str, weight: Weight) -> Vec<Item<'t>> {
    let mut items: Vec<Item<'t>> = Vec::new();
    for (start, grapheme) in text.grapheme_indices(true) {
        let visible = grapheme.chars().filter(|character| !is_ignorable(*character));
        if let Some(face) = fonts.face_for(weight, visible) {
            push(&mut items, text, start, grapheme, face);
            continue;
        }
        // No face has the whole grapheme: each of its characters for itself.
        for (offset, character) in grapheme.char_indices().filter(|(_, character)| !is_ignorable(*character))
        {
            match fonts.face_for(weight, std::iter::once(character)) {
                Some(face) => {
                    let alone = &grapheme[offset..offset + character.len_utf8()];
                    push(&mut items, text, start + offset, alone, face);
                }
                None => items.push(Item::Missing { character, start: start + offset }),
            }
        }
    }
    items
}

/// Lengthens the last item where it can go on, else begins one.
fn push<'t>(items: &mut Vec<Item<'t>>, text: &'t str, start: usize, part: &'t str, face: FaceIndex) {
    let script = part.chars().map(|character| character.script()).find(is_real).unwrap_or(Script::Common);
    if let Some(Item::Shapeable { face: last, script: last_script, start: begin, text: so_far }) =
        items.last_mut()
    {
        let goes_on = *begin + so_far.len() == start
            && *last == face
            && (script == *last_script || !is_real(&script) || !is_real(last_script));
        if goes_on {
            *so_far = &text[*begin..start + part.len()];
            if is_real(&script) {
                *last_script = script;
            }
            return;
        }
    }
    items.push(Item::Shapeable { face, script, start, text: part });
}

fn is_real(script: &Script) -> bool {
    !matches!(script, Script::Common | Script::Inherited | Script::Unknown)
}

fn shape_item(fonts: &Fonts, index: FaceIndex, text: &str, right_to_left: bool) -> Vec<Cluster> {
    let face = fonts.face(index);
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
    buffer.set_cluster_level(BufferClusterLevel::MonotoneCharacters);
    buffer.set_flags(BufferFlags::REMOVE_DEFAULT_IGNORABLES);
    buffer.guess_segment_properties();
    // Guessing takes the direction of the script, where ours comes from the whole paragraph.
    buffer.set_direction(if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = fonts.shape(index, buffer);
    let scale = face.scale_to_thousandths();

    let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    starts.sort_unstable();
    starts.dedup();
    let text_from = |start: usize| -> String {
        let end = starts.partition_point(|other| *other <= start);
        let end = starts.get(end).copied().unwrap_or(text.len());
        text.get(start..end)
            .unwrap_or_default()
            .chars()
            .filter(|character| !is_ignorable(*character))
            .collect()
    };

    let mut clusters: Vec<Cluster> = Vec::new();
    for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
        let glyph = Glyph {
            id: u16::try_from(info.glyph_id).unwrap_or(0),
            advance: position.x_advance as f32 * scale,
            x_offset: position.x_offset as f32 * scale,
            y_offset: position.y_offset as f32 * scale,
        };
        let start = info.cluster as usize;
        match clusters.last_mut() {
            Some(cluster) if cluster.start == start => cluster.glyphs.push(glyph),
            _ => clusters.push(Cluster { start, text: text_from(start), glyphs: vec![glyph] }),
        }
    }
    clusters
}

/// Characters that ask for behaviour, not for ink (Unicode `Default_Ignorable_Code_Point`).
pub(super) fn is_ignorable(character: char) -> bool {
    matches!(u32::from(character),
        0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
        | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}
