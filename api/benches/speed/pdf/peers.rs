//! PyMuPDF and pdfium over the same file, each in a Python of its own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

const SCRIPT: &str = include_str!("peers.py");
/// Names the Python that has the peers; `python3` where it is not set.
const PYTHON: &str = "GRADELEDGER_PYTHON";
const INSTALL: &str = "python3 -m venv peers && peers/bin/pip install pymupdf pypdfium2 pillow, and GRADELEDGER_PYTHON=peers/bin/python";

#[derive(Clone, Copy)]
pub(super) enum Peer {
    Mupdf,
    Pdfium,
}

#[derive(Deserialize)]
pub(super) struct Said {
    /// With its version.
    pub(super) who: String,
    pub(super) pages: usize,
    /// For each page.
    pub(super) ms: f64,
    pub(super) cpu_ms: f64,
    /// Of what was made.
    pub(super) bytes: usize,
}

impl Peer {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mupdf => "PyMuPDF",
            Self::Pdfium => "pdfium",
        }
    }

    const fn module(self) -> &'static str {
        match self {
            Self::Mupdf => "pymupdf",
            Self::Pdfium => "pypdfium2",
        }
    }

    /// Whether this machine has it, and how it would.
    pub(super) fn is_here(self) -> Result<(), &'static str> {
        let import = format!("import PIL, {}", self.module());
        let imported =
            Command::new(python()).args(["-c", &import]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if imported.is_ok_and(|status| status.success()) { Ok(()) } else { Err(INSTALL) }
    }

    /// Does `work` of the script over a file.
    pub(super) fn run(self, work: &str, file: &Path) -> Said {
        let peer = self.name().to_lowercase();
        let mut python = Command::new(python())
            .args(["-", &peer, work])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        python.stdin.take().unwrap().write_all(SCRIPT.as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "{} cannot {work}", self.name());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn python() -> std::ffi::OsString {
    std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into())
}
