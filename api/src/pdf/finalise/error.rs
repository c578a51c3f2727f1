//! Why a final PDF was not made.

use hayro::hayro_syntax::LoadPdfError;

/// A refusal or failure of `finalise`; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum FinaliseError {
    /// The source is no PDF that can be read.
    #[error("the source cannot be read as a PDF ({0:?}); import the copy again from the original scan")]
    SourceUnreadable(LoadPdfError),
    /// The source has no page.
    #[error("the source has no pages; import the copy again from the original scan")]
    SourceWithoutPages,
    /// The source is larger than any copy may be (law L17).
    #[error("the source has {count} {what}, more than the {maximum} that a copy may have")]
    SourceTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// The limit.
        maximum: usize,
    },
    /// The overlay speaks of a page that the source does not have (law L7).
    #[error("the overlay names page {page_number}, but the source has {source_pages}")]
    PageMissing {
        /// The page, from 1.
        page_number: usize,
        /// Pages in the source.
        source_pages: usize,
    },
    /// The overlay lists a page twice, so that one list of marks would hide the other.
    #[error("the overlay lists page {page_number} twice")]
    PageListedTwice {
        /// The page, from 1.
        page_number: usize,
    },
    /// A mark does not lie on its page (law L18).
    #[error("mark {number} on page {page_number} does not lie inside the page")]
    MarkOutsidePage {
        /// The page, from 1.
        page_number: usize,
        /// The mark's number.
        number: u32,
    },
    /// The score sheet contradicts itself (law L8).
    #[error(
        "the lines of the score sheet give {lines_hundredths} hundredths of {what}, its total says {total_hundredths}"
    )]
    LinesDoNotAddUp {
        /// `points` or `maximum points`.
        what: &'static str,
        /// The sum of the lines.
        lines_hundredths: i128,
        /// The total that was to be printed.
        total_hundredths: i64,
    },
    /// There is more to draw than a copy can hold.
    #[error("the overlay has {count} {what}, more than the {maximum} that one copy may have")]
    OverlayTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// The limit.
        maximum: usize,
    },
    /// An embedded font could not be read or cut down; a fault of this program.
    #[error("the font {font} cannot be embedded: {reason}")]
    Font {
        /// The font's PostScript name.
        font: &'static str,
        /// What its reader said.
        reason: String,
    },
    /// The source's overlay could not be hashed; a fault of this program.
    #[error("the overlay cannot be written as JSON: {0}")]
    Overlay(#[from] serde_json::Error),
}

impl FinaliseError {
    /// The step that failed, as `FinalisationFailed` records it.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        match self {
            Self::SourceUnreadable(_) | Self::SourceWithoutPages => "open",
            Self::SourceTooLarge { .. } => "limits",
            Self::PageMissing { .. }
            | Self::PageListedTwice { .. }
            | Self::MarkOutsidePage { .. }
            | Self::LinesDoNotAddUp { .. }
            | Self::OverlayTooLarge { .. }
            | Self::Overlay(_) => "check",
            Self::Font { .. } => "embed",
        }
    }

    /// Whether the fault lies in the source, so that no retry will help.
    #[must_use]
    pub fn is_invalid_pdf(&self) -> bool {
        matches!(self, Self::SourceUnreadable(_) | Self::SourceWithoutPages | Self::SourceTooLarge { .. })
    }
}
