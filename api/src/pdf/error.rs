//! Why PDF work failed, in the words of the ledger's events.

use super::finalise::FinaliseError;
use serde::{Deserialize, Serialize};

/// A failure of PDF work.
///
/// `detail` says what to do in a sentence for a person; it never holds text of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
#[serde(deny_unknown_fields)]
pub struct PdfError {
    /// Where it failed.
    pub stage: PdfStage,
    /// What kind of failure the event and the metric record.
    pub error_type: PdfErrorType,
    /// One or two sentences: what is wrong, and what to do.
    pub detail: String,
}

impl PdfError {
    pub(crate) fn new(stage: PdfStage, error_type: PdfErrorType, detail: impl Into<String>) -> Self {
        Self { stage, error_type, detail: detail.into() }
    }
}

impl From<FinaliseError> for PdfError {
    fn from(error: FinaliseError) -> Self {
        let stage = match error.stage() {
            "open" => PdfStage::Open,
            "limits" => PdfStage::Limits,
            _ => PdfStage::Finalise,
        };
        let error_type =
            if error.is_invalid_pdf() { PdfErrorType::InvalidPdf } else { PdfErrorType::Unknown };
        Self::new(stage, error_type, error.to_string())
    }
}

/// The step of PDF work that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PdfStage {
    /// The file could not be read as a PDF.
    Open,
    /// The file is readable and larger than a limit allows.
    Limits,
    /// Its pages could not be drawn.
    Render,
    /// A drawn page could not be written as PNG.
    Encode,
    /// The final PDF could not be written.
    Finalise,
    /// The child process could not be started, or broke in a way that names no other step.
    Worker,
}

impl PdfStage {
    /// The stage as events spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Limits => "limits",
            Self::Render => "render",
            Self::Encode => "encode",
            Self::Finalise => "finalise",
            Self::Worker => "worker",
        }
    }
}

/// The four kinds of failure that `CopyImportFailed` and `grading_ocr_errors_total` know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PdfErrorType {
    /// The child was stopped at its time limit.
    Timeout,
    /// The bytes are not a PDF that can be graded.
    InvalidPdf,
    /// It is a PDF, and no page of it shows anything that could be read.
    EmptyResult,
    /// Anything else: the memory limit, a child that broke.
    Unknown,
}

impl PdfErrorType {
    /// The error type as events and metrics spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::InvalidPdf => "invalid_pdf",
            Self::EmptyResult => "empty_result",
            Self::Unknown => "unknown",
        }
    }
}
