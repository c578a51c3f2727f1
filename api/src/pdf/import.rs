//! A PDF's bytes to pages, inside the child process.

use hayro::hayro_syntax::{LoadPdfError, Pdf};

use super::in_order::make_in_order;
use super::raster::{PageSize, rasterise};
use super::{PdfError, PdfErrorType, PdfLimits, PdfStage, RenderWarning, RenderedPage};

/// Where readers look for `%PDF` (ISO 32000-1, annex H, note 13).
const HEADER_BYTES: usize = 1_024;

/// Where the end of a whole file is looked for: the same note's last 1,024 bytes, and room for what mail
/// gateways append.
const TRAILER_BYTES: usize = 4_096;

/// Memory that one thread may need for the largest page in common use, an A4 scan in colour at 600 dpi.
const THREAD_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes for each pixel of a page while it is drawn: canvas, renderer's copy, samples, PNG.
const BYTES_PER_PIXEL: u64 = 16;

/// Draws every page of `source` and hands the pages to `emit`, in order, each as soon as it is made. `opened` is told how many
/// pages there are before any limit is put to them.
///
/// Runs on all cores; what is held does not grow with the number of pages. The same bytes give the same pages.
/// Returns what could not be shown, in page order.
///
/// # Errors
/// A [`PdfError`] for a file that cannot be graded, or the first error of `opened` or `emit`, which ends the import.
pub fn import<E: From<PdfError>>(
    source: Vec<u8>,
    limits: &PdfLimits,
    opened: impl FnOnce(usize) -> Result<(), E>,
    mut emit: impl FnMut(RenderedPage) -> Result<(), E>,
) -> Result<Vec<RenderWarning>, E> {
    let pdf = open(source, limits)?;
    let pages = pdf.pages();
    opened(pages.len())?;
    check_count(pages.len(), limits)?;
    // All sizes before the first page: a refusal should not come after minutes of work.
    let sizes = page_sizes(&pdf, limits)?;
    let threads = thread_count(&sizes, limits);
    let mut warnings = Vec::new();
    let mut shows_something = false;
    make_in_order(
        sizes.len(),
        threads,
        |index| rasterise(&pages[index], index, sizes[index]),
        |made| {
            let mut made = made?;
            warnings.append(&mut made.warnings);
            shows_something |= made.shows_something;
            emit(made.page)
        },
        |error| {
            let detail = format!("No thread could be started to draw pages: {error}.");
            PdfError::new(PdfStage::Render, PdfErrorType::Unknown, detail).into()
        },
    )?;
    if !shows_something {
        let detail =
            "Nothing on any page could be read: every page is blank or damaged. Scan the copy again.";
        return Err(PdfError::new(PdfStage::Render, PdfErrorType::EmptyResult, detail).into());
    }
    Ok(warnings)
}

/// The checks that need no parsing (law L17), made before a child is started and again inside it.
pub(super) fn check_source(source: &[u8], limits: &PdfLimits) -> Result<(), PdfError> {
    if source.len() as u64 > limits.source_bytes_max {
        let megabytes = limits.source_bytes_max / 1_000_000;
        let detail = format!("The file is over {megabytes} MB. Scan at 300 dpi in grey, or split the copy.");
        return Err(PdfError::new(PdfStage::Limits, PdfErrorType::InvalidPdf, detail));
    }
    let head = &source[..source.len().min(HEADER_BYTES)];
    if !contains(head, b"%PDF-") {
        return Err(not_a_pdf("The file is not a PDF: it does not begin with %PDF. Send the copy as a PDF."));
    }
    // A reader would repair a file cut short and show the pages it finds, and the rest of a student's copy
    // would be gone without a word (law L7).
    let tail = &source[source.len().saturating_sub(TRAILER_BYTES)..];
    if !contains(tail, b"%%EOF") && !contains(tail, b"startxref") {
        return Err(not_a_pdf("The file is cut short: its end is missing. Send it again from the original."));
    }
    Ok(())
}

fn open(source: Vec<u8>, limits: &PdfLimits) -> Result<Pdf, PdfError> {
    check_source(&source, limits)?;
    if names_encryption(&source) {
        return Err(encrypted());
    }
    Pdf::new(source).map_err(|error| match error {
        LoadPdfError::Decryption(_) => encrypted(),
        LoadPdfError::Invalid => {
            not_a_pdf("The file is damaged: no page of it can be found. Export or scan it again.")
        }
    })
}

fn check_count(page_count: usize, limits: &PdfLimits) -> Result<(), PdfError> {
    if page_count == 0 {
        let detail = "The PDF has no pages. Scan the copy again.";
        return Err(PdfError::new(PdfStage::Limits, PdfErrorType::EmptyResult, detail));
    }
    if page_count > limits.pages_max as usize {
        let detail = format!(
            "The PDF has {page_count} pages and {} is the most a copy may have. Split it into copies.",
            limits.pages_max
        );
        return Err(PdfError::new(PdfStage::Limits, PdfErrorType::InvalidPdf, detail));
    }
    Ok(())
}

fn page_sizes(pdf: &Pdf, limits: &PdfLimits) -> Result<Vec<PageSize>, PdfError> {
    pdf.pages().iter().enumerate().map(|(index, page)| PageSize::of(page, index, limits)).collect()
}

/// As many threads as there are cores and memory for.
fn thread_count(sizes: &[PageSize], limits: &PdfLimits) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let largest_pixels = sizes.iter().map(|size| size.pixels()).max().unwrap_or(0);
    let bytes_each = THREAD_BYTES.max(largest_pixels * BYTES_PER_PIXEL);
    let fitting = limits.memory_bytes_max / bytes_each;
    cores.min(fitting as usize).max(1)
}

/// Whether a trailer names an encryption dictionary, by value or by reference (ISO 32000-1, 7.6.1).
///
/// Found in the bytes, since trailers and cross-reference streams are never compressed, and since hayro opens
/// files whose user password is empty without saying so, which cannot be carried into a final PDF.
fn names_encryption(source: &[u8]) -> bool {
    const KEY: &[u8] = b"/Encrypt";
    let mut rest = source;
    while let Some(at) = find(rest, KEY) {
        rest = &rest[at + KEY.len()..];
        let value = rest.trim_ascii_start();
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if value.starts_with(b"<<") || (digits > 0 && rest.len() > value.len()) {
            return true;
        }
    }
    false
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    find(haystack, needle).is_some()
}

fn not_a_pdf(detail: &str) -> PdfError {
    PdfError::new(PdfStage::Open, PdfErrorType::InvalidPdf, detail)
}

fn encrypted() -> PdfError {
    not_a_pdf("The PDF is encrypted. Remove its password and its restrictions, and send it again.")
}
