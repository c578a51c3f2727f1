//! One page to pixels.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::hayro_syntax::object::{Object, Stream};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::png::encode_opaque;
use super::{PdfError, PdfErrorType, PdfLimits, PdfStage};

/// What draws the pages, with its version, as `CopyImported` records it.
pub const RENDERER: &str = "hayro 0.9.0";

/// Pages are drawn at 144 dpi: two pixels a point.
const PIXELS_PER_POINT: f64 = 2.0;

/// A page as graders see it.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedPage {
    /// Its index in the source, from 0.
    pub index: u32,
    /// Width in pixels at 144 dpi, after `/Rotate`.
    pub width_pixels: u32,
    /// Height in pixels at 144 dpi, after `/Rotate`.
    pub height_pixels: u32,
    /// SHA-256 of `png`.
    pub sha256: [u8; 32],
    /// 8-bit grey when every pixel is grey, else 8-bit RGB; no alpha.
    pub png: Bytes,
}

crate::redacted::debug_without_the_rest! { RenderedPage { index, width_pixels, height_pixels, sha256 } }

/// Something on a page that could not be shown, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderWarning {
    /// Index of the page in the source, from 0.
    pub page_index: u32,
    /// What could not be shown.
    pub kind: RenderWarningKind,
    /// How often on this page.
    pub count: u32,
}

/// What of a page could not be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenderWarningKind {
    /// The page names content, and not all of it could be read.
    UnreadableContent,
    /// An image could not be decoded.
    ImageDecodeFailure,
    /// A font could not be loaded.
    UnsupportedFont,
    /// The appearance of a PDF annotation could not be found.
    UnresolvedAnnotationAppearance,
    /// A warning that this version does not know.
    Other,
}

impl RenderWarningKind {
    /// As events spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableContent => "unreadable_content",
            Self::ImageDecodeFailure => "image_decode_failure",
            Self::UnsupportedFont => "unsupported_font",
            Self::UnresolvedAnnotationAppearance => "unresolved_annotation_appearance",
            Self::Other => "other",
        }
    }

    const ALL: [Self; 5] = [
        Self::UnreadableContent,
        Self::ImageDecodeFailure,
        Self::UnsupportedFont,
        Self::UnresolvedAnnotationAppearance,
        Self::Other,
    ];
}

/// A page's size in pixels; both sides are at least 1 and fit the renderer's 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSize {
    pub(crate) width_pixels: u16,
    pub(crate) height_pixels: u16,
}

impl PageSize {
    /// The size that `page` will be drawn at.
    ///
    /// # Errors
    /// A page without area, or larger than `limits` allow.
    pub(crate) fn of(page: &Page<'_>, index: usize, limits: &PdfLimits) -> Result<Self, PdfError> {
        let number = index + 1;
        let refuse = |detail| Err(PdfError::new(PdfStage::Limits, PdfErrorType::InvalidPdf, detail));
        let shown = page.intersected_crop_box();
        // Also false for a NaN.
        if !(shown.width() > 0.0 && shown.height() > 0.0) {
            return refuse(format!(
                "Page {number} has no area: its page boxes are empty or do not meet. Scan it again."
            ));
        }
        let (width_points, height_points) = page.render_dimensions();
        let side_points_max = limits.page_side_points_max;
        if f64::from(width_points.max(height_points)) > f64::from(side_points_max) {
            let inches = side_points_max / 72;
            return refuse(format!(
                "Page {number} is larger than {inches} inches. Export it at its real size."
            ));
        }
        let pixels = |points: f32| (f64::from(points) * PIXELS_PER_POINT).round().max(1.0);
        let (width, height) = (pixels(width_points), pixels(height_points));
        if width * height > limits.page_pixels_max as f64 || width.max(height) > f64::from(u16::MAX / 2) {
            let megapixels = limits.page_pixels_max / 1_000_000;
            return refuse(format!(
                "Page {number} is over {megapixels} megapixels at 144 dpi. Export it at a smaller page size."
            ));
        }
        Ok(Self { width_pixels: width as u16, height_pixels: height as u16 })
    }

    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width_pixels) * u64::from(self.height_pixels)
    }
}

/// A page, drawn, with what could not be drawn.
pub(crate) struct Rasterised {
    pub(crate) page: RenderedPage,
    pub(crate) warnings: Vec<RenderWarning>,
    /// False when something could not be drawn and nothing else was.
    pub(crate) shows_something: bool,
}

/// Draws one page on white and encodes it. Every call draws the same bytes, whatever was drawn before.
///
/// # Errors
/// When the renderer stops on the page, or the pixels cannot be encoded.
pub(crate) fn rasterise(page: &Page<'_>, index: usize, size: PageSize) -> Result<Rasterised, PdfError> {
    let counts = Arc::new(WarningCounts::default());
    if !content_is_readable(page) {
        counts.add(RenderWarningKind::UnreadableContent);
    }
    // The renderer indexes and unwraps its way through hostile files; a panic is its way to refuse one.
    let pixmap = catch_unwind(AssertUnwindSafe(|| draw(page, size, &counts))).map_err(|_panic| {
        let detail = format!("Page {} cannot be drawn: its content is damaged. Scan it again.", index + 1);
        PdfError::new(PdfStage::Render, PdfErrorType::InvalidPdf, detail)
    })?;
    let rgba = pixmap.data_as_u8_slice();
    let page_index = index as u32;
    let warnings = counts.take(page_index);
    let shows_something = warnings.is_empty() || rgba.iter().any(|&sample| sample != u8::MAX);
    let (width_pixels, height_pixels) = (u32::from(size.width_pixels), u32::from(size.height_pixels));
    let png = encode_opaque(rgba, width_pixels, height_pixels).map_err(|error| {
        let detail = format!("Page {} could not be written as PNG: {error}.", index + 1);
        PdfError::new(PdfStage::Encode, PdfErrorType::Unknown, detail)
    })?;
    let sha256 = Sha256::digest(&png).into();
    let page = RenderedPage { index: page_index, width_pixels, height_pixels, sha256, png: png.into() };
    Ok(Rasterised { page, warnings, shows_something })
}

/// Whether every content stream that the page names can be decoded; the renderer leaves out those that cannot.
fn content_is_readable(page: &Page<'_>) -> bool {
    match page.raw().get::<Object<'_>>("Contents") {
        None => !page.raw().contains_key("Contents"),
        Some(Object::Stream(_)) => page.page_stream().is_some(),
        Some(Object::Array(parts)) => {
            let readable = parts.iter::<Stream<'_>>().filter(|part| part.decoded_data().is_ok()).count();
            readable == parts.raw_iter().count()
        }
        Some(other) => matches!(other, Object::Null(_)),
    }
}

fn draw(page: &Page<'_>, size: PageSize, counts: &Arc<WarningCounts>) -> Pixmap {
    let sink = Arc::clone(counts);
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            sink.add(match warning {
                InterpreterWarning::UnsupportedFont => RenderWarningKind::UnsupportedFont,
                InterpreterWarning::ImageDecodeFailure => RenderWarningKind::ImageDecodeFailure,
                InterpreterWarning::UnresolvedAnnotationAppearance => {
                    RenderWarningKind::UnresolvedAnnotationAppearance
                }
                // The enum may grow with hayro, and a warning is never worth failing for.
                _ => RenderWarningKind::Other,
            });
        }),
        ..InterpreterSettings::default()
    };
    // Scaled so that the shown box fills the pixels exactly: a box in millionths of the page is then the same
    // box in pixels, and no fraction of a pixel at the edge is blended with the background.
    let (width_points, height_points) = page.render_dimensions();
    let scale = Affine::scale_non_uniform(
        f64::from(size.width_pixels) / f64::from(width_points),
        f64::from(size.height_pixels) / f64::from(height_points),
    );
    let transform = scale * Affine::new(page.initial_transform(true).as_coeffs());
    // A cache lives for one page: it only ever grows, and scans gain nothing from it.
    let cache = RenderCache::new();
    let mut context = RenderContext::new(size.width_pixels, size.height_pixels);
    render_into(page, &cache, &settings, &RenderSettings::default(), &mut context, transform);
    context.flush();
    let mut pixmap = Pixmap::new(size.width_pixels, size.height_pixels);
    let on_white =
        RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
    context.render_with(&mut pixmap, &mut Resources::default(), on_white);
    pixmap
}

#[derive(Default)]
struct WarningCounts([AtomicU32; RenderWarningKind::ALL.len()]);

impl WarningCounts {
    fn add(&self, kind: RenderWarningKind) {
        self.0[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self, page_index: u32) -> Vec<RenderWarning> {
        let counted = RenderWarningKind::ALL.into_iter().zip(&self.0);
        counted
            .map(|(kind, count)| RenderWarning { page_index, kind, count: count.load(Ordering::Relaxed) })
            .filter(|warning| warning.count > 0)
            .collect()
    }
}
