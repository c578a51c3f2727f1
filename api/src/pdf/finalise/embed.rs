//! Writes the used part of each face: Type 0, `CIDFontType2`, Identity-H, with a `ToUnicode` map
//! (ISO 32000-2, 9.7 and 9.10.3).

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Str};
use sha2::{Digest, Sha256};

use super::compress::deflate;
use super::error::FinaliseError;
use super::fonts::{FontFace, Fonts, resource_name};

const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The embedded fonts: the name in a page's resources, and the object.
pub(super) type Embedded = Vec<(String, Ref)>;

/// Writes every face that was drawn with.
pub(super) fn embed(
    fonts: &Fonts,
    chunk: &mut Chunk,
    mut number: impl FnMut() -> Ref,
) -> Result<Embedded, FinaliseError> {
    fonts
        .used()
        .map(|(index, face)| {
            let font = number();
            let parts = [number(), number(), number(), number()];
            write_face(face, chunk, font, parts)?;
            Ok((resource_name(index), font))
        })
        .collect()
}

fn write_face(face: &FontFace, chunk: &mut Chunk, font: Ref, parts: [Ref; 4]) -> Result<(), FinaliseError> {
    let [cid_font, descriptor, file, cmap] = parts;
    let subset = subsetter::subset(face.file, 0, &face.used)
        .map_err(|error| FinaliseError::Font { font: face.name, reason: error.to_string() })?;
    let name = subset_name(face);
    let name = Name(name.as_bytes());

    chunk
        .type0_font(font)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid_font)
        .to_unicode(cmap);

    let mut cid = chunk.cid_font(cid_font);
    cid.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(descriptor);
    cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    let widths = face.used.remapped_gids().map(|glyph| face.width_thousandths(glyph));
    cid.widths().consecutive(0, widths);
    cid.finish();

    write_descriptor(face, chunk, descriptor, name, file);

    let compressed = deflate(&subset);
    let mut stream = chunk.stream(file, &compressed);
    stream.filter(Filter::FlateDecode);
    stream.pair(Name(b"Length1"), i32::try_from(subset.len()).unwrap_or(i32::MAX));
    stream.finish();

    let mut map = UnicodeCmap::new(Name(b"Adobe-Identity-UCS"), IDENTITY);
    for (number, text) in face.meaning.iter().filter(|(_, text)| !text.is_empty()) {
        map.pair_with_multiple(*number, text.chars());
    }
    let map = deflate(map.finish().as_slice());
    chunk.cmap(cmap, &map).filter(Filter::FlateDecode);
    Ok(())
}

fn write_descriptor(face: &FontFace, chunk: &mut Chunk, descriptor: Ref, name: Name<'_>, file: Ref) {
    let scale = face.scale_to_thousandths();
    let bounds = face.face.global_bounding_box();
    let thousandths = |units: i16| f32::from(units) * scale;
    let mut flags = FontFlags::SYMBOLIC;
    flags.set(FontFlags::FIXED_PITCH, face.face.is_monospaced());
    chunk
        .font_descriptor(descriptor)
        .name(name)
        .flags(flags)
        .bbox(Rect::new(
            thousandths(bounds.x_min),
            thousandths(bounds.y_min),
            thousandths(bounds.x_max),
            thousandths(bounds.y_max),
        ))
        .italic_angle(0.0)
        .ascent(thousandths(face.face.ascender()))
        .descent(thousandths(face.face.descender()))
        .cap_height(thousandths(face.face.capital_height().unwrap_or(face.face.ascender())))
        .stem_v(if face.face.is_bold() { 140.0 } else { 80.0 })
        .font_file2(file);
}

/// Six letters that depend on which glyphs are in the subset (ISO 32000-2, 9.9.2), then the face's name.
fn subset_name(face: &FontFace) -> String {
    let mut hash = Sha256::new();
    for glyph in face.used.remapped_gids() {
        hash.update(glyph.to_be_bytes());
    }
    let tag = hash.finalize().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect::<String>();
    format!("{tag}+{}", face.name)
}
