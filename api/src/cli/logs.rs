//! Where the log of a process goes.

use std::path::{Path, PathBuf};

use crate::limits::LogLimits;
use crate::logs::{Format, LogError, LogOptions, Logs, begin};

/// Begins to log as `serve` was told to.
pub(crate) fn to(
    folder: Option<PathBuf>,
    filter: String,
    format: Format,
    limits: LogLimits,
) -> Result<Logs, LogError> {
    begin(&LogOptions { format, folder, filter, limits })
}

/// Begins to log into a folder, as JSON.
pub(crate) fn into_folder(folder: &Path, filter: &str) -> Result<Logs, LogError> {
    to(Some(folder.to_owned()), filter.to_owned(), Format::Json, LogLimits::default())
}
