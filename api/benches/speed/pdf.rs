//! Scans to pages and marks to final PDFs, beside PyMuPDF and pdfium over the same files.
//!
//! Ours is what the service does: a child process with its limits, pages as PNG at 144 dpi, each hashed, encrypted and on disk.
//! The peers draw the same pages at the same dpi and encode them, and store nothing. They use one core, ours all of them; so
//! the time on all cores together stands beside as well.

mod memory;
mod ours;
mod peers;

use std::time::Duration;

use bytes::Bytes;
use fixtures::scans;
use serde_json::json;
use tempfile::TempDir;

use crate::report::{Figure, Length, Report, Target};
use ours::{Ours, Took, overlay, raster};
use peers::{Peer, Said};

/// Pages of a scan.
const PAGES: usize = 8;
/// How often ours is measured, and how often if there is time.
const ROUNDS: usize = 5;
const ROUNDS_LONG: usize = 15;
const SEED: u64 = 7;
/// The most a finalisation may take for a page.
const FINALISE_MS: f64 = 10.0;
/// The most that it may add to the scan.
const ADDED_KB: f64 = 100.0;

type Kind = (&'static str, fn() -> Vec<u8>);

const GREY: &str = "grey JPEG";
const KINDS: [Kind; 6] = [
    (GREY, || scans::grey_jpeg_scan(PAGES, SEED)),
    ("colour JPEG", || scans::rgb_jpeg_scan(PAGES, SEED)),
    ("G4", || scans::bilevel_g4_scan(PAGES, SEED)),
    ("JBIG2", || scans::bilevel_jbig2_scan(PAGES, SEED)),
    ("vector", scans::vector_mixed_orientation),
    ("mixed", || scans::mixed_kinds(SEED)),
];

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let mut here = Vec::new();
    for peer in [Peer::Mupdf, Peer::Pdfium] {
        match peer.is_here() {
            Ok(()) => here.push(peer),
            Err(install) => report.skip(peer.name(), install),
        }
    }
    let (ours, folder) = (Ours::open().await, TempDir::new().unwrap());
    let mut notes = serde_json::Map::new();
    for (name, make) in KINDS {
        let source = Bytes::from(make());
        let file = folder.path().join("scan.pdf");
        std::fs::write(&file, &source).unwrap();
        let asked = |peer: Peer, work: &str| {
            here.iter().any(|other| other.name() == peer.name()).then(|| peer.run(work, &file))
        };
        notes.insert(name.to_owned(), kind(report, &ours, name, &source, &asked).await);
    }
    report.note(json!({ "kinds": notes }));
    memory::run(report, &ours).await;
}

/// All that is measured of one file; answers what has no place in a line.
async fn kind(
    report: &mut Report,
    ours: &Ours,
    name: &str,
    source: &Bytes,
    asked: &impl Fn(Peer, &str) -> Option<Said>,
) -> serde_json::Value {
    let pages = hayro::hayro_syntax::Pdf::new(source.to_vec()).unwrap().pages().len();
    let overlay = overlay(pages);
    let (mut imports, mut finals, mut stored, mut rasters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let rounds = if report.length() == Length::Long { ROUNDS_LONG } else { ROUNDS };
    for _ in 0..rounds {
        imports.push(ours.import(source).await);
        let [made, kept] = ours.finalise(source, &overlay).await;
        finals.push(made);
        stored.push(kept);
        rasters.push(raster(source));
    }
    let (import, finalise, stored) = (middle(imports), middle(finals), middle(stored));
    rasters.sort_unstable();
    let each = |wall: Duration| wall.as_secs_f64() * 1e3 / pages as f64;

    let mupdf = asked(Peer::Mupdf, "import");
    let pdfium = asked(Peer::Pdfium, "import");
    for said in [&mupdf, &pdfium].into_iter().flatten() {
        assert_eq!(said.pages, pages, "{} sees other pages", said.who);
    }
    let beside = |who: Peer, said: &Option<Said>| said.as_ref().map(|said| (who.name(), said.ms));
    let mut line = |case: String, ours: f64, beside, target| {
        report.figure(Figure { case, unit: "ms a page", ours, beside, target });
    };
    let fifth = (name == GREY && mupdf.is_some()).then_some(Target::RatioAtMost(0.2));
    line(format!("import, {name}"), each(import.wall), beside(Peer::Mupdf, &mupdf), fifth);
    line(format!("import, {name}"), each(import.wall), beside(Peer::Pdfium, &pdfium), None);
    let cpu = mupdf.as_ref().map(|said| (Peer::Mupdf.name(), said.cpu_ms));
    line(format!("import, {name}, of all cores"), import.cpu_ms as f64 / pages as f64, cpu, None);
    if name == GREY {
        let told = asked(Peer::Mupdf, "import-grey");
        line(format!("import, {name}, told it is grey"), each(import.wall), beside(Peer::Mupdf, &told), None);
    }
    for peer in [Peer::Mupdf, Peer::Pdfium] {
        let drawn = asked(peer, "raster");
        line(format!("raster alone, {name}"), each(rasters[rounds / 2]), beside(peer, &drawn), None);
    }
    let flattened = asked(Peer::Mupdf, "flatten");
    let most = Some(Target::AtMost(FINALISE_MS));
    line(format!("finalise, {name}"), each(finalise.wall), beside(Peer::Mupdf, &flattened), most);
    let annotated = asked(Peer::Mupdf, "annotate");
    line(
        format!("finalise, {name}, annotated only"),
        each(finalise.wall),
        beside(Peer::Mupdf, &annotated),
        None,
    );
    line(format!("finalise, {name}, and on disk"), each(stored.wall), None, None);
    let added = |bytes: usize| (bytes as f64 - source.len() as f64) / 1e3;
    report.figure(Figure {
        case: format!("what a final PDF adds, {name}"),
        unit: "KB",
        ours: added(finalise.bytes),
        beside: annotated.as_ref().map(|said| (Peer::Mupdf.name(), added(said.bytes))),
        target: Some(Target::AtMost(ADDED_KB)),
    });
    let of = |said: &Option<Said>| said.as_ref().map(|said| json!({ "who": said.who, "bytes": said.bytes }));
    json!({
        "pages": pages, "source_bytes": source.len(), "pages_png_bytes": import.bytes, "final_bytes": finalise.bytes,
        "finalise_cpu_ms": finalise.cpu_ms as f64 / pages as f64,
        "pages_png": [of(&mupdf), of(&pdfium)], "flattened": of(&flattened), "annotated": of(&annotated),
    })
}

/// The one of the middle.
fn middle(mut took: Vec<Took>) -> Took {
    took.sort_unstable_by_key(|took| took.wall);
    took[took.len() / 2]
}
