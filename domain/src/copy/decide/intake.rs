//! From a scan to a copy that can be marked.

use super::{Decision, wrong_status};
use crate::copy::command::CopyAction;
use crate::copy::error::CopyError;
use crate::copy::event::CopyEvent;
use crate::copy::state::{CopyState, Import, Staging};
use crate::scheme;

pub(super) fn request(action: &CopyAction) -> Decision {
    let CopyAction::RequestImport { exam, anonymous_id, source, source_bytes, filename } = action else {
        return Err(CopyError::Absent);
    };
    Ok(vec![CopyEvent::CopyImportRequested {
        exam: *exam,
        anonymous_id: anonymous_id.clone(),
        source: *source,
        source_bytes: *source_bytes,
        filename: *filename,
    }])
}

pub(super) fn decide(state: &CopyState, action: &CopyAction) -> Decision {
    let CopyState::Staging(staging) = state else {
        return Err(wrong_status(state, "STAGING"));
    };
    match action {
        CopyAction::RecordImport { attempt, pages, renderer, warnings, duration_ms } => {
            let attempt = current_attempt(staging, *attempt)?;
            if pages.is_empty() {
                return Err(CopyError::NoPages);
            }
            Ok(vec![CopyEvent::CopyImported {
                attempt,
                pages: pages.clone(),
                renderer: renderer.clone(),
                warnings: warnings.clone(),
                duration_ms: *duration_ms,
            }])
        }
        CopyAction::RecordImportFailure { attempt, failure } => {
            let attempt = current_attempt(staging, *attempt)?;
            Ok(vec![CopyEvent::CopyImportFailed {
                attempt,
                stage: failure.stage,
                error_type: failure.error_type,
                will_retry: failure.is_worth_a_retry(attempt),
                duration_ms: failure.duration_ms,
            }])
        }
        CopyAction::RetryImport => match staging.import {
            Import::Failed { attempt } => Ok(vec![CopyEvent::CopyImportRetried { attempt: attempt + 1 }]),
            Import::Pending { .. } => {
                Err(CopyError::NotImported("still being tried; there is nothing to retry"))
            }
            Import::Done { .. } => Err(CopyError::NotImported("done; there is nothing to retry")),
        },
        CopyAction::Validate { scheme_version, questions } => {
            scheme::check(questions)?;
            match staging.import {
                Import::Done { .. } => Ok(vec![CopyEvent::CopyValidated {
                    scheme_version: *scheme_version,
                    questions: questions.clone(),
                }]),
                Import::Pending { .. } => Err(CopyError::NotImported("pending; wait until it is done")),
                Import::Failed { .. } => Err(CopyError::NotImported("failed; retry it, or void the copy")),
            }
        }
        _ => Err(wrong_status(state, "another status")),
    }
}

/// A worker that lost its claim reports about an attempt that another has ended meanwhile.
fn current_attempt(staging: &Staging, reported: u32) -> Result<u32, CopyError> {
    match staging.import {
        Import::Pending { attempt } if attempt == reported => Ok(attempt),
        Import::Pending { attempt: current } | Import::Failed { attempt: current } => {
            Err(CopyError::AttemptOver { reported, current })
        }
        Import::Done { .. } => Err(CopyError::NotImported("done already")),
    }
}
