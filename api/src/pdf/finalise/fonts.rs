//! The fonts of a final PDF: which face draws which character, and what of each face was used.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rustybuzz::ttf_parser::GlyphId;
use rustybuzz::{Direction, Face, GlyphBuffer, Script, ShapePlan, UnicodeBuffer, shape_with_plan};
use subsetter::GlyphRemapper;

use super::error::FinaliseError;
use super::shape::is_ignorable;
use super::wrap::LINE_ENDS;

/// How heavy text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Index of a face in [`Fonts`].
pub(super) type FaceIndex = usize;

/// One face, and what was drawn with it so far.
pub(super) struct FontFace {
    pub(super) name: &'static str,
    pub(super) file: &'static [u8],
    pub(super) face: Face<'static>,
    /// Old glyph numbers to those in the subset, in order of first use.
    pub(super) used: GlyphRemapper,
    /// What each used glyph stands for, by its number in the subset.
    pub(super) meaning: BTreeMap<u16, String>,
}

impl FontFace {
    fn has(&self, character: char) -> bool {
        self.face.glyph_index(character).is_some_and(|glyph| glyph.0 != 0)
    }

    /// A glyph's own advance, in thousandths of an em.
    pub(super) fn width_thousandths(&self, glyph: u16) -> f32 {
        let advance = self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
        f32::from(advance) * self.scale_to_thousandths()
    }

    pub(super) fn scale_to_thousandths(&self) -> f32 {
        1000.0 / f32::from(self.face.units_per_em().clamp(16, 16_384) as u16)
    }
}

/// A shaping plan and what it was made for.
type KnownPlan = (FaceIndex, Direction, Option<Script>, ShapePlan);

/// The faces, ordered so that the chain of each weight is a list of indices.
pub(super) struct Fonts {
    faces: Vec<FontFace>,
    /// How each face shapes a script in a direction: dear to work out, and few.
    plans: RefCell<Vec<KnownPlan>>,
}

const REGULAR_CHAIN: [FaceIndex; 3] = [0, 2, 3];
const BOLD_CHAIN: [FaceIndex; 4] = [1, 0, 2, 3];

impl Fonts {
    /// Reads the faces (`DejaVu` 2.37: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian, mathematics).
    pub(super) fn load() -> Result<Self, FinaliseError> {
        let files: [(&'static str, &'static [u8]); 4] = [
            ("DejaVuSansCondensed", dejavu::sans_condensed::regular()),
            ("DejaVuSansCondensed-Bold", dejavu::sans_condensed::bold()),
            ("DejaVuSerif", dejavu::serif::regular()),
            ("DejaVuSansMono", dejavu::sans_mono::regular()),
        ];
        let faces = files.into_iter().map(|(name, file)| {
            let face = Face::from_slice(file, 0).ok_or_else(|| FinaliseError::Font {
                font: name,
                reason: "not an OpenType font".to_owned(),
            })?;
            Ok(FontFace { name, file, face, used: GlyphRemapper::new(), meaning: BTreeMap::new() })
        });
        let plans = RefCell::default();
        Ok(Self { faces: faces.collect::<Result<_, FinaliseError>>()?, plans })
    }

    /// The first face of a weight's chain that has every one of these characters.
    pub(super) fn face_for(
        &self,
        weight: Weight,
        characters: impl Iterator<Item = char> + Clone,
    ) -> Option<FaceIndex> {
        let chain: &[FaceIndex] = match weight {
            Weight::Regular => &REGULAR_CHAIN,
            Weight::Bold => &BOLD_CHAIN,
        };
        chain
            .iter()
            .copied()
            .find(|&index| characters.clone().all(|character| self.faces[index].has(character)))
    }

    /// Shapes a buffer whose direction and script are set.
    pub(super) fn shape(&self, index: FaceIndex, buffer: UnicodeBuffer) -> GlyphBuffer {
        let (direction, script) = (buffer.direction(), Some(buffer.script()));
        let face = &self.faces[index].face;
        let mut plans = self.plans.borrow_mut();
        let known = plans.iter().position(|(of, towards, for_script, _)| {
            (*of, *towards, *for_script) == (index, direction, script)
        });
        let at = known.unwrap_or_else(|| {
            let plan = ShapePlan::new(face, direction, script, None, &[]);
            plans.push((index, direction, script, plan));
            plans.len() - 1
        });
        shape_with_plan(face, &plans[at].3, buffer)
    }

    /// Whether a character will be drawn as a box with its code.
    pub(super) fn lacks(&self, character: char) -> bool {
        !is_ignorable(character)
            && !LINE_ENDS.contains(&character)
            && character != '\t'
            && self.face_for(Weight::Regular, std::iter::once(character)).is_none()
    }

    pub(super) fn face(&self, index: FaceIndex) -> &FontFace {
        &self.faces[index]
    }

    /// Notes that a glyph is drawn, and gives its number in the subset.
    pub(super) fn use_glyph(&mut self, index: FaceIndex, glyph: u16) -> u16 {
        self.faces[index].used.remap(glyph)
    }

    /// Notes what a glyph of the subset stands for; false if it already stands for something else, so that
    /// only an `ActualText` can say what is meant here.
    pub(super) fn means(&mut self, index: FaceIndex, number: u16, text: &str) -> bool {
        self.faces[index].meaning.entry(number).or_insert_with(|| text.to_owned()) == text
    }

    /// The faces that were drawn with.
    pub(super) fn used(&self) -> impl Iterator<Item = (FaceIndex, &FontFace)> {
        self.faces.iter().enumerate().filter(|(_, face)| face.used.num_gids() > 1)
    }
}

/// The name of a face in a page's resources.
pub(super) fn resource_name(index: FaceIndex) -> String {
    format!("F{index}")
}
