//! A copy as the door found it, for the handler of the same request: it need not ask the ledger a second time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::CopyId;
use domain::copy::ExamCopy;

use super::{App, AppError};

/// How long what the door found stands for the copy. A body may take longer to come in; whoever sent it is answered from the
/// copy as it stands then.
const STANDS: Duration = Duration::from_secs(1);

/// What the door found.
#[derive(Clone, Debug)]
pub struct Found {
    copy: CopyId,
    standing: Arc<ExamCopy>,
    at: Instant,
}

impl Found {
    /// This copy, as its stream stood when `at` was now.
    pub(super) fn new(copy: CopyId, standing: Arc<ExamCopy>, at: Instant) -> Self {
        Self { copy, standing, at }
    }
}

impl App {
    /// The copy as the door found it a moment ago, or else as its stream has made it now.
    pub(super) async fn found_copy(
        &self,
        found: Option<&Found>,
        copy: CopyId,
    ) -> Result<Arc<ExamCopy>, AppError> {
        match found {
            Some(found) if found.copy == copy && found.at.elapsed() < STANDS => {
                Ok(Arc::clone(&found.standing))
            }
            _ => self.copy_state(copy).await,
        }
    }
}
