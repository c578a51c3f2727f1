//! Copies by status, and those whose work failed.

use std::collections::BTreeMap;

use domain::copy::CopyStatus;
use domain::{CopyId, Timestamp};
use projections::copies::{FailedCopy, FailedWork, GivenUp, LastFailure};
use serde::Serialize;
use utoipa::ToSchema;

/// The copies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CopiesOverview)]
pub struct CopiesAnswer {
    /// How many have each status; all six are there.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub by_status: BTreeMap<CopyStatus, u64>,
    /// How many imports wait for somebody to ask for another try.
    pub imports_given_up: u64,
    /// How many finalisations do.
    pub finalisations_given_up: u64,
    /// Copies whose work failed and has not ended well since: those that were given up first, the newest first. At most 5.
    pub failed: Vec<FailedCopyAnswer>,
}

/// A copy whose import or finalisation failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FailedCopy)]
pub struct FailedCopyAnswer {
    /// Which copy.
    #[schema(value_type = Uuid)]
    pub copy_id: CopyId,
    /// `import` or `finalisation`.
    pub work: &'static str,
    /// The attempt that failed.
    pub attempt: u32,
    /// How far it came.
    pub stage: &'static str,
    /// `timeout`, `invalid_pdf`, `empty_result`, `unknown`.
    pub error_type: &'static str,
    /// When; where somebody asked for another try since, when they did.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether it is tried again without anybody's asking, or somebody asked already.
    pub tried_again: bool,
    /// What to do; null where it is tried again.
    pub next: Option<String>,
}

impl CopiesAnswer {
    pub(crate) fn of(
        by_status: BTreeMap<CopyStatus, u64>,
        given_up: GivenUp,
        failed: Vec<FailedCopy>,
    ) -> Self {
        Self {
            by_status,
            imports_given_up: given_up.imports,
            finalisations_given_up: given_up.finalisations,
            failed: failed.into_iter().map(FailedCopyAnswer::of).collect(),
        }
    }
}

impl FailedCopyAnswer {
    fn of(failed: FailedCopy) -> Self {
        let FailedCopy { copy, failure, at, given_up } = failed;
        let LastFailure { work, attempt, stage, error_type, .. } = failure;
        let (work, command) = match work {
            FailedWork::Import => ("import", "import retry"),
            FailedWork::Finalisation => ("finalisation", "finalize retry"),
        };
        let retry = format!("`gradeledger {command} {copy} --reason TEXT`");
        // A file does not become a PDF by being read again.
        let next = if error_type.is_transient() || work == "finalisation" {
            format!("mend the cause (the log of the worker has it, by this copy's id), then {retry}")
        } else {
            format!(
                "the scan itself cannot be read: void the copy (`POST /api/copies/{copy}/void`) and import a new one; if it can be read after all, {retry}"
            )
        };
        Self {
            copy_id: copy,
            work,
            attempt,
            stage: stage.as_str(),
            error_type: error_type.as_str(),
            at,
            tried_again: !given_up,
            next: given_up.then_some(next),
        }
    }
}
