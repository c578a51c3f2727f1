//! Times the import of PDFs within this process: `cargo run --release --example import_speed -- FILE...`.

use std::time::Instant;

use gradeledger::pdf::import::import;
use gradeledger::pdf::{PdfError, PdfLimits};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = PdfLimits { source_bytes_max: 1 << 30, ..PdfLimits::default() };
    for path in std::env::args_os().skip(1) {
        let source = std::fs::read(&path)?;
        let started = Instant::now();
        let (mut pages, mut png_bytes) = (0, 0);
        let outcome = import::<PdfError>(source, &limits, |page| {
            pages += 1;
            png_bytes += page.png.len();
            Ok(())
        });
        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
        println!(
            "{}: {pages} pages, {:.1} ms a page, {} KiB of PNG a page, {outcome:?}",
            path.display(),
            milliseconds / f64::from(pages.max(1)),
            png_bytes / 1_024 / pages.max(1) as usize,
        );
    }
    Ok(())
}
