//! All that the ledger holds about one person, as one ZIP: for them, and for whoever answers for their data.

use domain::SubjectId;
use bytes::Bytes;
use futures::Stream;

use super::super::{App, AppError};

/// placeholder
pub struct SubjectExport;
