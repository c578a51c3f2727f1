//! The copy's own pages: their shown geometry, and each page as a form (ISO 32000-2, 8.10) that the final
//! page draws.

use std::sync::Arc;

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Array, Dict, Name as SourceName, Object, Rect as SourceRect, Stream};
use hayro::hayro_syntax::page::Page;
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref};

use super::canvas::COMPACT;
use super::compress::{deflate, is_deflated_nothing};
use super::copier::Copier;
use super::error::FinaliseError;

/// Pages that one copy may have (law L17).
const PAGES_MAXIMUM: usize = 500;
/// Appearances of the source's own annotations that are drawn on one page.
const APPEARANCES_MAXIMUM: usize = 5_000;

/// Opens the source; the same reader as the import's, so that both see the same pages.
pub(super) fn open(source: Arc<Vec<u8>>) -> Result<Pdf, FinaliseError> {
    let pdf = Pdf::new(source).map_err(FinaliseError::SourceUnreadable)?;
    match pdf.pages().len() {
        0 => Err(FinaliseError::SourceWithoutPages),
        count if count > PAGES_MAXIMUM => {
            Err(FinaliseError::SourceTooLarge { what: "pages", count, maximum: PAGES_MAXIMUM })
        }
        _ => Ok(pdf),
    }
}

/// A page as it is shown: upright, its crop box at the origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Shown width, in user space units.
    pub(super) width: f32,
    /// Shown height, in user space units.
    pub(super) height: f32,
    /// Size of such a unit in 1/72 inch, where the page says so (ISO 32000-2, table 31).
    pub(super) user_unit: Option<f32>,
}

impl Frame {
    pub(super) fn of(page: &Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        let user_unit = page.raw().get::<f32>(b"UserUnit").filter(|unit| unit.is_finite() && *unit > 0.0);
        Self { width, height, user_unit: user_unit.filter(|unit| *unit != 1.0) }
    }
}

/// A form to draw on a final page, and the matrix to draw it through.
pub(super) struct Form {
    pub(super) number: Ref,
    pub(super) matrix: [f32; 6],
}

const UPRIGHT: [f32; 6] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// What a source page becomes.
pub(super) struct SourcePage {
    /// The page itself, then the appearances of its own annotations, in drawing order.
    pub(super) forms: Vec<Form>,
    /// Whether all of its content could be read.
    pub(super) complete: bool,
}

/// Writes a page's content as a form; its resources are left to the copier.
pub(super) fn write_page(page: &Page<'_>, chunk: &mut Chunk, copier: &mut Copier) -> SourcePage {
    let number = copier.numbers.take();
    let content = page.page_stream();
    let compressed = deflate(content.unwrap_or_default());
    // A chunk of its own, since what the copier writes in place must end before the next object begins.
    let mut own = Chunk::with_settings(COMPACT);
    let mut form = own.form_xobject(number, &compressed);
    form.filter(Filter::FlateDecode);
    form.bbox(shown_box(page));
    form.matrix(shown_matrix(page));
    write_resources(page, &mut form, copier);
    if let Some(group) = page.raw().get_raw::<Object<'_>>(b"Group") {
        copier.write(form.insert(Name(b"Group")), &group);
    }
    form.finish();
    chunk.extend(&own);

    let mut forms = vec![Form { number, matrix: UPRIGHT }];
    forms.extend(appearances(page, copier));
    SourcePage { forms, complete: is_complete(page) }
}

fn write_resources(page: &Page<'_>, form: &mut pdf_writer::writers::FormXObject<'_>, copier: &mut Copier) {
    let resources = page.resources();
    let mut target = form.insert(Name(b"Resources")).dict();
    let kinds: [(&[u8], &Dict<'_>); 7] = [
        (b"ExtGState", &resources.ext_g_states),
        (b"ColorSpace", &resources.color_spaces),
        (b"Pattern", &resources.patterns),
        (b"Shading", &resources.shadings),
        (b"XObject", &resources.x_objects),
        (b"Font", &resources.fonts),
        (b"Properties", &resources.properties),
    ];
    for (key, entries) in kinds.into_iter().filter(|(_, entries)| !entries.is_empty()) {
        let mut target = target.insert(Name(key)).dict();
        copier.write_entries(&mut target, entries, &[]);
    }
}

/// The part of the page that the import shows; a page without area is shown as A4.
fn shown_box(page: &Page<'_>) -> Rect {
    let crop = page.intersected_crop_box();
    let (width, height) = page.base_dimensions();
    let (x, y) = (crop.x0 as f32, crop.y0 as f32);
    Rect::new(x, y, x + width, y + height)
}

fn shown_matrix(page: &Page<'_>) -> [f32; 6] {
    page.initial_transform(false).as_coeffs().map(|coefficient| coefficient as f32)
}

/// Whether every content stream of the page can be decoded: what cannot is missing for the grader too.
fn is_complete(page: &Page<'_>) -> bool {
    let Some(contents) = page.raw().get::<Object<'_>>(b"Contents") else {
        return !page.raw().contains_key(b"Contents");
    };
    match contents {
        Object::Stream(stream) => is_readable(&stream, page.page_stream()),
        Object::Array(parts) => {
            let readable = |part: &Stream<'_>| is_readable(part, part.decoded_data().ok().as_deref());
            parts.raw_iter().count() == parts.iter::<Stream<'_>>().filter(readable).count()
        }
        Object::Null(_) => true,
        _ => false,
    }
}

/// The reader decodes what it can and calls that all; so ask again where it found nothing.
fn is_readable(stream: &Stream<'_>, decoded: Option<&[u8]>) -> bool {
    match decoded {
        None => false,
        Some([]) if stream.filters().as_slice() == [hayro::hayro_syntax::Filter::FlateDecode] => {
            is_deflated_nothing(&stream.raw_data())
        }
        Some(_) => true,
    }
}

/// The source's own annotations (a stamp, a filled-in form field), which the import shows and so must we.
fn appearances(page: &Page<'_>, copier: &mut Copier) -> Vec<Form> {
    let Some(annotations) = page.raw().get::<Array<'_>>(b"Annots") else { return Vec::new() };
    let upright = page.initial_transform(false);
    annotations
        .iter::<Dict<'_>>()
        .take(APPEARANCES_MAXIMUM)
        .filter_map(|annotation| {
            let (appearance, onto_page) = appearance(&annotation)?;
            let number = copier.carry_form(appearance.dict().obj_id()?.into());
            let matrix = concatenate(upright.as_coeffs(), onto_page);
            matrix
                .iter()
                .all(|coefficient| coefficient.is_finite())
                .then(|| Form { number, matrix: matrix.map(|coefficient| coefficient as f32) })
        })
        .collect()
}

/// Flags of an annotation that is not shown on a screen: hidden, no view (ISO 32000-2, table 167).
const NOT_SHOWN: u32 = 1 << 1 | 1 << 5;

/// An annotation's normal appearance and the matrix that lays it onto its rectangle (ISO 32000-2, 12.5.5).
fn appearance<'a>(annotation: &Dict<'a>) -> Option<(Stream<'a>, [f64; 6])> {
    if annotation.get::<u32>(b"F").unwrap_or(0) & NOT_SHOWN != 0 {
        return None;
    }
    let rect = annotation.get::<SourceRect>(b"Rect")?;
    let stream = match annotation.get::<Dict<'a>>(b"AP")?.get::<Object<'a>>(b"N")? {
        Object::Stream(stream) => stream,
        Object::Dict(states) => {
            let state = annotation.get::<SourceName<'_>>(b"AS");
            state.and_then(|state| states.get::<Stream<'a>>(state)).or_else(|| states.get(b"Off"))?
        }
        _ => return None,
    };
    let bounds = stream.dict().get::<SourceRect>(b"BBox")?;
    let matrix = stream.dict().get::<[f64; 6]>(b"Matrix").unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let corners =
        [(bounds.x0, bounds.y0), (bounds.x1, bounds.y0), (bounds.x0, bounds.y1), (bounds.x1, bounds.y1)].map(
            |(x, y)| (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]),
        );
    let least = |values: [f64; 4]| values.into_iter().fold(f64::INFINITY, f64::min);
    let most = |values: [f64; 4]| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let (xs, ys) = (corners.map(|corner| corner.0), corners.map(|corner| corner.1));
    let across = (rect.x1 - rect.x0) / (most(xs) - least(xs));
    let up = (rect.y1 - rect.y0) / (most(ys) - least(ys));
    Some((stream, [across, 0.0, 0.0, up, rect.x0 - across * least(xs), rect.y0 - up * least(ys)]))
}

/// First `inner`, then `outer`.
fn concatenate(outer: [f64; 6], inner: [f64; 6]) -> [f64; 6] {
    [
        outer[0] * inner[0] + outer[2] * inner[1],
        outer[1] * inner[0] + outer[3] * inner[1],
        outer[0] * inner[2] + outer[2] * inner[3],
        outer[1] * inner[2] + outer[3] * inner[3],
        outer[0] * inner[4] + outer[2] * inner[5] + outer[4],
        outer[1] * inner[4] + outer[3] * inner[5] + outer[5],
    ]
}
