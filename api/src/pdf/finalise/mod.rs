//! The final PDF of a copy: its own pages, unchanged, with the marks over them and the score sheet behind.
//!
//! The way of a call: `check` holds the overlay against the source, `source` and `copier` carry the pages
//! over as forms, `marks` and `slips` draw over each, `sheet` lays out the score sheet, `embed` writes the
//! part of each font that was used, and `file` puts the pages together. No page is rasterised again.
//!
//! # Architecture invariant
//!
//! A pure function of its arguments: no clock, no randomness, no hash order. The same source and overlay
//! give the same bytes, so that a repeated finalisation is seen to be the same (law L6).

mod canvas;
mod check;
mod compress;
mod copier;
mod embed;
mod error;
mod file;
mod fonts;
mod labels;
mod marks;
mod outline;
mod palette;
mod pen;
mod shape;
mod sheet;
mod slips;
mod source;
mod wrap;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::error::FinaliseError;
pub use self::labels::Labels;
use super::overlay::Overlay;

/// A final PDF.
#[derive(Clone, PartialEq, Eq)]
pub struct FinalPdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pages of the source, each of which is one page of the file (law L7).
    pub source_pages: usize,
    /// Pages of the file: those of the source, then the score sheet's.
    pub page_count: usize,
    /// What the file shows otherwise than was asked; each is also said on the score sheet.
    pub warnings: Vec<FinaliseWarning>,
}

crate::redacted::debug_without_the_rest! { FinalPdf { source_pages, page_count, warnings } }

/// Something that a final PDF cannot show as it should; the PDF says it itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinaliseWarning {
    /// Some of a page's content could not be decoded, so that the page shows what the grader saw, no more.
    PageIncomplete {
        /// Index of the page in the source, from 0.
        page_index: usize,
    },
    /// No font has this character; it is drawn as a box with its code.
    CharacterWithoutGlyph {
        /// The character.
        character: char,
        /// How often it was drawn.
        count: usize,
    },
}

/// Makes the final PDF of a copy, in English, from a source that is copied.
///
/// # Errors
///
/// [`FinaliseError`] when the source cannot be read, the overlay does not fit it, or the score sheet's lines
/// do not add up; then there is no PDF at all.
pub fn finalise(source: &[u8], overlay: &Overlay) -> Result<FinalPdf, FinaliseError> {
    finalise_in(source.to_vec(), Sha256::digest(source).into(), overlay, &Labels::ENGLISH)
}

/// As [`finalise`], in the words of `labels`, from a source that is held once and not hashed again: the file's identifier
/// depends on its hash.
///
/// # Errors
///
/// As [`finalise`].
pub fn finalise_in(
    source: Vec<u8>,
    source_sha256: [u8; 32],
    overlay: &Overlay,
    labels: &Labels,
) -> Result<FinalPdf, FinaliseError> {
    debug_assert_eq!(source_sha256, <[u8; 32]>::from(Sha256::digest(&source)), "the hash of the source");
    let source_bytes = source.len();
    let pdf = source::open(Arc::new(source))?;
    check::check(overlay, pdf.pages().len())?;
    file::write(&pdf, (source_bytes, source_sha256), overlay, labels)
}
