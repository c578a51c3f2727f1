//! PDF work: scans in, pages out; marks in, a graded PDF out. Knows bytes only.
//!
//! # Architecture invariant
//!
//! The server never parses a PDF. [`PdfWorker`] hands the bytes to a child process (`gradeledger pdf-worker`)
//! with limits on its memory and its time, and gets pages or a typed failure back: a hostile PDF kills a
//! child, never the server. What runs inside the child is [`import`] and the finaliser, both plain functions.

mod asked;
mod child;
mod end;
mod error;
pub mod finalise;
pub mod import;
mod in_order;
mod limits;
pub mod overlay;
mod png;
mod process;
mod protocol;
mod raster;
mod sandbox;
mod worker;

pub use asked::AskedBy;
pub use child::{FinalPdf, ImportError, ImportedPage, ImportedPdf, PdfWorker};
pub use error::{PdfError, PdfErrorType, PdfStage};
pub use limits::PdfLimits;
pub use raster::{RENDERER, RenderWarning, RenderWarningKind, RenderedPage};
pub use worker::pdf_worker_main;
