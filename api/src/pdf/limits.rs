//! Every limit of PDF work, in one place.

use serde::{Deserialize, Serialize};

/// What a PDF, and the child process that reads it, may use at most.
///
/// They travel to the child with the job, so that parent and child cannot disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PdfLimits {
    /// Bytes of a source PDF (law L17).
    pub source_bytes_max: u64,
    /// Pages of a source PDF (law L17).
    pub pages_max: u32,
    /// A page's longer side, in points (1/72 inch). Acrobat's own limit is 200 inches.
    pub page_side_points_max: u32,
    /// Pixels of a rendered page; 40 million hold an A0 page at 144 dpi.
    pub page_pixels_max: u64,
    /// Bytes of JSON that describe what to draw when finalising.
    pub overlay_bytes_max: u64,
    /// Bytes of a final PDF.
    pub output_bytes_max: u64,
    /// Bytes of memory that the child may allocate in all.
    pub memory_bytes_max: u64,
    /// Seconds that an import may take; waiting for the caller to store a page is not counted.
    pub import_seconds_max: u64,
    /// Seconds that a finalisation may take.
    pub finalise_seconds_max: u64,
}

impl Default for PdfLimits {
    fn default() -> Self {
        Self {
            source_bytes_max: 50_000_000,
            pages_max: 500,
            page_side_points_max: 200 * 72,
            page_pixels_max: 40_000_000,
            overlay_bytes_max: 32 * 1024 * 1024,
            output_bytes_max: 128 * 1024 * 1024,
            memory_bytes_max: 2 * 1024 * 1024 * 1024,
            import_seconds_max: 120,
            finalise_seconds_max: 120,
        }
    }
}
