//! Importing good PDFs: every page, in order, upright, the same every time.

use std::convert::Infallible;

use bytes::Bytes;
use fixtures::scans::{self, ORIENTATIONS};
use gradeledger::pdf::{AskedBy, ImportedPdf, PdfLimits, PdfWorker, RenderWarningKind, RenderedPage};
use sha2::{Digest, Sha256};

/// A worker whose children are the program under test.
pub(crate) fn worker(limits: PdfLimits) -> PdfWorker {
    PdfWorker { program: env!("CARGO_BIN_EXE_gradeledger").into(), limits, asked_by: AskedBy::default() }
}

async fn import(source: Vec<u8>) -> (ImportedPdf, Vec<RenderedPage>) {
    let mut pages = Vec::new();
    let imported = worker(PdfLimits::default())
        .import(Bytes::from(source), |page| {
            pages.push(page);
            async { Ok::<_, Infallible>(()) }
        })
        .await
        .unwrap();
    (imported, pages)
}

struct Pixels {
    colour: png::ColorType,
    samples: Vec<u8>,
    width: usize,
    height: usize,
}

impl Pixels {
    fn of(page: &RenderedPage) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(&page.png)).read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut samples).unwrap();
        assert_eq!((info.width, info.height), (page.width_pixels, page.height_pixels));
        Self { colour: info.color_type, samples, width: info.width as usize, height: info.height as usize }
    }

    fn rgb(&self, x: usize, y: usize) -> [u8; 3] {
        assert_eq!(self.colour, png::ColorType::Rgb);
        let at = (y * self.width + x) * 3;
        [self.samples[at], self.samples[at + 1], self.samples[at + 2]]
    }
}

#[tokio::test]
async fn every_page_of_a_scan_arrives_in_order_with_the_hash_of_its_bytes() {
    let (imported, pages) = import(scans::grey_jpeg_scan(7, 1)).await;
    assert_eq!(pages.len(), 7);
    for (index, page) in pages.iter().enumerate() {
        assert_eq!(page.index as usize, index);
        assert_eq!(page.sha256, <[u8; 32]>::from(Sha256::digest(&page.png)));
        assert_eq!(imported.pages[index].sha256, page.sha256);
        // A4 at 300 dpi, shown at 144.
        assert_eq!((page.width_pixels, page.height_pixels), (1190, 1684));
        // A page of the same seed alone is the same page: nothing of its neighbours is in it.
        assert_eq!(Pixels::of(page).colour, png::ColorType::Grayscale);
    }
    let (first_alone, _) = import(scans::grey_jpeg_scan(1, 1)).await;
    assert_eq!(first_alone.pages[0], imported.pages[0]);
    let mut hashes: Vec<_> = pages.iter().map(|page| page.sha256).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 7, "each page of the scan differs from the others");
    assert_eq!(imported.renderer, "hayro 0.9.0");
    assert_eq!(imported.warnings, []);
}

#[tokio::test]
async fn the_same_bytes_give_the_same_pages() {
    for source in [scans::mixed_kinds(3), scans::vector_mixed_orientation()] {
        let (once, _) = import(source.clone()).await;
        let (again, _) = import(source).await;
        assert_eq!(once.pages, again.pages);
    }
}

#[tokio::test]
async fn a_page_is_shown_upright_and_whole_whatever_its_rotation_and_boxes() {
    let (imported, pages) = import(scans::vector_mixed_orientation()).await;
    assert_eq!(imported.pages.len(), ORIENTATIONS.len());
    for (page, orientation) in pages.iter().zip(&ORIENTATIONS) {
        let pixels = Pixels::of(page);
        let shown = |points: f32| (points * 2.0).round() as usize;
        let expected = (shown(orientation.shown_width_points), shown(orientation.shown_height_points));
        assert_eq!((pixels.width, pixels.height), expected, "{}", orientation.name);
        // The corners' patches are 40 points wide and the frame 2: ten points in is the patch.
        let (right, bottom) = (pixels.width - 20, pixels.height - 20);
        let corners = [(20, 20), (right, 20), (20, bottom), (right, bottom)];
        let colours = [[217, 51, 51], [51, 166, 51], [51, 89, 230], [242, 191, 26]];
        for ((x, y), colour) in corners.into_iter().zip(colours) {
            assert_eq!(pixels.rgb(x, y), colour, "{} at {x}, {y}", orientation.name);
        }
        // The frame reaches the last pixel: nothing of the page is cut off, nothing is added.
        for (x, y) in [(pixels.width / 2, 0), (0, pixels.height / 2)] {
            assert!(pixels.rgb(x, y)[0] < 60, "{} at {x}, {y}: {:?}", orientation.name, pixels.rgb(x, y));
        }
        for (x, y) in [(pixels.width / 2, pixels.height - 1), (pixels.width - 1, pixels.height / 2)] {
            assert!(pixels.rgb(x, y)[0] < 60, "{} at {x}, {y}: {:?}", orientation.name, pixels.rgb(x, y));
        }
    }
}

#[tokio::test]
async fn scans_of_every_kind_may_share_a_file() {
    let (imported, pages) = import(scans::mixed_kinds(5)).await;
    let colours: Vec<_> = pages.iter().map(|page| Pixels::of(page).colour).collect();
    let (grey, rgb) = (png::ColorType::Grayscale, png::ColorType::Rgb);
    assert_eq!(colours, [grey, grey, rgb, rgb]);
    // White paper, and ink where the header's frame is: a black and white page is not shown inverted.
    let bilevel = Pixels::of(&pages[1]);
    let ink = bilevel.samples.iter().filter(|&&sample| sample < 128).count();
    let share = ink as f64 / bilevel.samples.len() as f64;
    assert!((0.01..0.25).contains(&share), "{share} of the black and white page is ink");
    assert_eq!(imported.warnings, []);
}

#[tokio::test]
async fn a_sheet_in_black_and_white_is_the_same_page_in_either_coding() {
    let (in_g4, _) = import(scans::bilevel_g4_scan(2, 6)).await;
    let (in_jbig2, _) = import(scans::bilevel_jbig2_scan(2, 6)).await;
    assert_eq!(in_g4.pages, in_jbig2.pages);
    assert_eq!(in_jbig2.warnings, []);
}

#[tokio::test]
async fn an_image_that_cannot_be_decoded_is_recorded_with_its_page() {
    let (imported, pages) = import(scans::unreadable_images(3, 2)).await;
    assert_eq!(pages.len(), 3, "no page is left out");
    let warned: Vec<_> = imported.warnings.iter().map(|warning| (warning.page_index, warning.kind)).collect();
    let failure = RenderWarningKind::ImageDecodeFailure;
    assert_eq!(warned, [(0, failure), (1, failure)]);
}
