//! Looks at PDFs: with hayro in this process, and with the programs that others will use.

use std::io::Write;
use std::process::Command;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

/// A page as shown, in pixels.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Red, green, blue, row by row from the top.
    pub(super) pixels: Vec<[u8; 3]>,
}

impl Picture {
    pub(super) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    /// The bounds (left, top, right, bottom; inclusive) of all pixels of about this colour.
    pub(super) fn bounds_of(&self, colour: [u8; 3]) -> Option<[usize; 4]> {
        let is_it = |pixel: &[u8; 3]| pixel.iter().zip(colour).all(|(one, other)| one.abs_diff(other) <= 6);
        let found = self.pixels.iter().enumerate().filter(|(_, pixel)| is_it(pixel));
        found.map(|(index, _)| (index % self.width, index / self.width)).fold(None, |bounds, (x, y)| {
            let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
            Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
        })
    }
}

/// Draws every page at `scale` pixels a point.
pub(super) fn pictures(bytes: &[u8], scale: f32) -> Vec<Picture> {
    let pdf = Pdf::new(bytes.to_vec()).expect("a PDF that opens");
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    pdf.pages()
        .iter()
        .map(|page| {
            let cache = RenderCache::new();
            let drawn =
                render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings);
            let (width, height) = (usize::from(drawn.width()), usize::from(drawn.height()));
            let pixels = drawn.data().iter().map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
            Picture { width, height, pixels }
        })
        .collect()
}

/// The shown width and height of every page, in points.
pub(super) fn shown_sizes(bytes: &[u8]) -> Vec<(f32, f32)> {
    let pdf = Pdf::new(bytes.to_vec()).expect("a PDF that opens");
    pdf.pages().iter().map(|page| page.render_dimensions()).collect()
}

/// Runs a program of poppler or qpdf on a PDF; `None`, with a word about it, where it is not installed.
fn run(program: &str, options: &[&str], bytes: &[u8]) -> Option<std::process::Output> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for a PDF");
    let to_stdout: &[&str] = if program == "pdftotext" { &["-"] } else { &[] };
    match Command::new(program).args(options).arg(file.path()).args(to_stdout).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: {program} cannot be run ({error}); install qpdf and poppler-utils");
            None
        }
    }
}

/// What poppler reads on the given pages (from 1), without its marks of direction.
pub(super) fn text_of(bytes: &[u8], first: usize, last: usize) -> Option<String> {
    let (first, last) = (first.to_string(), last.to_string());
    let output = run("pdftotext", &["-enc", "UTF-8", "-f", &first, "-l", &last], bytes)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(
        text.chars()
            .filter(|character| !matches!(character, '\u{202a}'..='\u{202e}' | '\u{200e}'..='\u{200f}'))
            .collect(),
    )
}

/// Words joined by single spaces, however they were broken into lines.
pub(crate) fn words_of(bytes: &[u8], first: usize, last: usize) -> Option<String> {
    Some(text_of(bytes, first, last)?.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Fails unless `qpdf --check` has nothing to say.
pub(crate) fn assert_clean(bytes: &[u8], what: &str) {
    let Some(output) = run("qpdf", &["--check"], bytes) else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complained.is_empty(), "{what}: {said}{complained}");
    assert!(said.contains("No syntax or stream encoding errors found"), "{what}: {said}");
}
