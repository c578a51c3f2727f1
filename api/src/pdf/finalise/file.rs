//! Puts the file together: pages, resources, catalog, identifier.

use hayro::hayro_syntax::Pdf as Source;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Object};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, TextStr};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use super::canvas::{COMPACT, Canvas, Inks};
use super::compress::deflate;
use super::copier::{Copier, Numbers};
use super::embed::{Embedded, embed};
use super::fonts::Fonts;
use super::marks::draw_marks;
use super::sheet::{Remarks, SHEET, draw_sheet};
use super::source::{Form, Frame, write_page};
use super::{FinalPdf, FinaliseError, FinaliseWarning, Labels};
use crate::pdf::overlay::Overlay;

/// A page whose content is drawn, and which waits for the fonts to be embedded.
struct Drawn {
    frame: Frame,
    /// Deflated: all pages of a copy wait at the same time.
    content: Vec<u8>,
    forms: Vec<Form>,
    /// Whether colours are blended over the page.
    marked: bool,
}

/// Writes the whole file.
pub(super) fn write(
    source: &Source,
    (source_bytes, source_sha256): (usize, [u8; 32]),
    overlay: &Overlay,
    labels: &Labels,
) -> Result<FinalPdf, FinaliseError> {
    let mut pdf = Pdf::with_settings_and_capacity(COMPACT, source_bytes + (64 << 10));
    pdf.set_version(1, 7);
    let mut copier = Copier::new(Numbers::new());
    let (catalog, tree, info) = (copier.numbers.take(), copier.numbers.take(), copier.numbers.take());
    let inks = Inks::write(&mut pdf, || copier.numbers.take());

    let mut fonts = Fonts::load()?;
    let mut remarks = Remarks::default();
    let mut spilled = Vec::new();
    let mut pages = Vec::new();
    let overlays: BTreeMap<usize, _> = overlay.pages.iter().map(|page| (page.page_index, page)).collect();
    for (index, page) in source.pages().iter().enumerate() {
        let written = write_page(page, &mut pdf, &mut copier);
        if !written.complete {
            remarks.incomplete_pages.push(index + 1);
        }
        let frame = Frame::of(page);
        let mut canvas = Canvas::new(&mut fonts);
        for (order, form) in written.forms.iter().enumerate() {
            canvas.form(&form_name(order), form.matrix);
        }
        let marks = overlays.get(&index).filter(|page| !page.marks.is_empty());
        if let Some(page) = marks {
            spilled.extend(draw_marks(&mut canvas, frame, page, labels));
        }
        let content = deflate(canvas.finish().as_slice());
        pages.push(Drawn { frame, content, forms: written.forms, marked: marks.is_some() });
    }
    let source_pages = pages.len();
    remarks.without_glyph = without_glyph(&fonts, overlay);
    for content in draw_sheet(&mut fonts, overlay, &spilled, &remarks, labels) {
        let content = deflate(content.as_slice());
        pages.push(Drawn { frame: SHEET, content, forms: Vec::new(), marked: false });
    }

    let layers = optional_content(source);
    write_catalog(&mut pdf, catalog, tree, layers.as_ref(), &mut copier, labels);
    write_info(&mut pdf, info, overlay, labels);
    let mut numbers = copier.finish(source, &mut pdf)?;
    let embedded = embed(&fonts, &mut pdf, || numbers.take())?;
    let page_count = pages.len();
    write_pages(&mut pdf, tree, &pages, &embedded, &inks, &mut numbers);
    let identifier = identifier(source_sha256, overlay, labels)?;
    pdf.set_file_id((identifier.clone(), identifier));
    Ok(FinalPdf { bytes: pdf.finish(), source_pages, page_count, warnings: warnings(&remarks) })
}

fn form_name(order: usize) -> String {
    if order == 0 { "Page".to_owned() } else { format!("Own{order}") }
}

fn write_pages(
    pdf: &mut Pdf,
    tree: Ref,
    pages: &[Drawn],
    fonts: &Embedded,
    inks: &Inks,
    numbers: &mut Numbers,
) {
    // The same for every page, so written once.
    let (font_list, state_list) = (numbers.take(), numbers.take());
    let mut list = pdf.indirect(font_list).dict();
    for (name, font) in fonts {
        list.pair(Name(name.as_bytes()), *font);
    }
    list.finish();
    let mut list = pdf.indirect(state_list).dict();
    list.pairs(inks.entries());
    list.finish();

    let mut kids = Vec::new();
    for drawn in pages {
        let (number, content) = (numbers.take(), numbers.take());
        kids.push(number);
        let mut page = pdf.page(number);
        page.parent(tree).contents(content);
        page.media_box(Rect::new(0.0, 0.0, drawn.frame.width, drawn.frame.height));
        if let Some(user_unit) = drawn.frame.user_unit {
            page.user_unit(user_unit);
        }
        let mut resources = page.resources();
        resources.pair(Name(b"Font"), font_list);
        resources.pair(Name(b"ExtGState"), state_list);
        if !drawn.forms.is_empty() {
            let mut forms = resources.x_objects();
            for (order, form) in drawn.forms.iter().enumerate() {
                forms.pair(Name(form_name(order).as_bytes()), form.number);
            }
        }
        resources.finish();
        if drawn.marked {
            // Where colours are blended, all viewers must blend them in the same space.
            page.group().transparency().color_space().device_rgb();
        }
        page.finish();
        pdf.stream(content, &drawn.content).filter(Filter::FlateDecode);
    }
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(kids).count(count);
}

/// The source's layers, so that what its author switched off stays off.
fn optional_content(source: &Source) -> Option<MaybeRef<Object<'_>>> {
    let root = source.xref().get::<Dict<'_>>(source.xref().root_id())?;
    root.get_raw::<Object<'_>>(b"OCProperties")
}

fn write_catalog(
    pdf: &mut Pdf,
    number: Ref,
    tree: Ref,
    layers: Option<&MaybeRef<Object<'_>>>,
    copier: &mut Copier,
    labels: &Labels,
) {
    let mut catalog = pdf.catalog(number);
    catalog.pages(tree);
    catalog.lang(TextStr(labels.language));
    catalog.viewer_preferences().display_doc_title(true);
    if let Some(layers) = layers {
        copier.write(catalog.insert(Name(b"OCProperties")), layers);
    }
}

fn write_info(pdf: &mut Pdf, number: Ref, overlay: &Overlay, labels: &Labels) {
    let copy = format!("{} {}", labels.copy, overlay.document.anonymous_id);
    let title = match &overlay.document.exam_title {
        Some(exam) => format!("{exam} · {copy}"),
        None => copy,
    };
    pdf.document_info(number).title(TextStr(&title)).producer(TextStr("gradeledger"));
}

/// Depends on all that the file depends on, and on nothing else (ISO 32000-2, 14.4).
fn identifier(source_sha256: [u8; 32], overlay: &Overlay, labels: &Labels) -> Result<Vec<u8>, FinaliseError> {
    let mut hash = Sha256::new();
    hash.update(b"gradeledger final pdf v1\n");
    hash.update(source_sha256);
    hash.update(serde_json::to_vec(overlay)?);
    hash.update(labels.language);
    Ok(hash.finalize().iter().take(16).copied().collect())
}

/// Every character of the overlay's texts that will be drawn as a box, once for each time it stands there.
fn without_glyph(fonts: &Fonts, overlay: &Overlay) -> BTreeMap<char, usize> {
    let mut found = BTreeMap::new();
    let marks = overlay.pages.iter().flat_map(|page| &page.marks);
    let sheet = &overlay.score_sheet;
    let texts = marks
        .flat_map(|mark| [Some(&mark.text), mark.question.as_ref()])
        .chain(sheet.questions.iter().flat_map(|line| [Some(&line.label), line.remark.as_ref()]))
        .chain([sheet.appreciation.as_ref(), overlay.document.exam_title.as_ref()])
        .chain([Some(&overlay.document.anonymous_id)])
        .flatten();
    for character in texts.flat_map(|text| text.chars()).filter(|character| fonts.lacks(*character)) {
        *found.entry(character).or_insert(0) += 1;
    }
    found
}

fn warnings(remarks: &Remarks) -> Vec<FinaliseWarning> {
    let pages = remarks
        .incomplete_pages
        .iter()
        .map(|number| FinaliseWarning::PageIncomplete { page_index: number - 1 });
    let characters = remarks
        .without_glyph
        .iter()
        .map(|(&character, &count)| FinaliseWarning::CharacterWithoutGlyph { character, count });
    pages.chain(characters).collect()
}
