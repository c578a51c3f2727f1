//! How work on a copy ends badly: how far it came, and what went wrong.

use serde::{Deserialize, Serialize};

/// How far a worker came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkStage {
    /// The work was claimed again and again and no attempt ended.
    Claim,
    /// Reading the scan from the blob store.
    Fetch,
    /// Checking the limits of file, pages and page size.
    Limits,
    /// Opening the PDF.
    Open,
    /// Drawing the pages.
    Render,
    /// Writing pages or PDF.
    Write,
    /// The child process that does the PDF work could not be started, or broke.
    Worker,
    /// Storing the result.
    Store,
}

/// What went wrong; the closed set that metrics and clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkError {
    /// The time limit ended it.
    Timeout,
    /// The file is no PDF that can be read.
    InvalidPdf,
    /// The file could be read and gave no page.
    EmptyResult,
    /// Anything else: a memory limit, a store that did not answer.
    Unknown,
}

impl WorkError {
    /// As it stands in metrics and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::InvalidPdf => "invalid_pdf",
            Self::EmptyResult => "empty_result",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the same work may end well when it is done again: a file does not become a PDF by waiting.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Timeout | Self::Unknown => true,
            Self::InvalidPdf | Self::EmptyResult => false,
        }
    }
}

impl WorkStage {
    /// As it stands in answers and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Fetch => "fetch",
            Self::Limits => "limits",
            Self::Open => "open",
            Self::Render => "render",
            Self::Write => "write",
            Self::Worker => "worker",
            Self::Store => "store",
        }
    }
}
