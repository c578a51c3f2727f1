//! From a scan to a copy that can be marked.

use super::{Decision, wrong_status};
use crate::copy::command::{CopyAction, MAX_LABEL_CHARACTERS, MAX_PAGES, MAX_WARNINGS};
use crate::copy::error::CopyError;
use crate::copy::event::CopyEvent;
use crate::copy::mark::Page;
use crate::copy::state::{CopyState, Import, Staging};
use crate::scheme;

/// What a refusal calls this work.
const IMPORT: &str = "import";

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
            check_pages(pages)?;
            check_labels(renderer, warnings)?;
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
        CopyAction::RetryImport { reason } => match staging.import {
            Import::Failed { attempt } => {
                let (attempt, reason) = (attempt.saturating_add(1), Some(*reason));
                Ok(vec![CopyEvent::CopyImportRetried { attempt, reason }])
            }
            Import::Pending { attempt } => Err(CopyError::StillTried { work: IMPORT, attempt }),
            Import::Done { .. } => Err(CopyError::NothingToRetry { work: IMPORT }),
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

/// L17 where it can be held whatever a worker did: at least one page, not too many, each with an area.
fn check_pages(pages: &[Page]) -> Result<(), CopyError> {
    if pages.is_empty() {
        return Err(CopyError::NoPages);
    }
    if pages.len() > MAX_PAGES {
        return Err(CopyError::TooManyPages { pages: pages.len(), max: MAX_PAGES });
    }
    match pages.iter().position(|page| page.width == 0 || page.height == 0) {
        Some(page_index) => Err(CopyError::EmptyPage { page_index }),
        None => Ok(()),
    }
}

/// These two fields come out of a process that read a stranger's file; what it met there must not reach the ledger.
fn check_labels(renderer: &str, warnings: &[String]) -> Result<(), CopyError> {
    let is_label = |text: &str| {
        (1..=MAX_LABEL_CHARACTERS).contains(&text.len()) && text.bytes().all(|b| matches!(b, b' '..=b'~'))
    };
    if warnings.len() > MAX_WARNINGS {
        return Err(CopyError::TooManyWarnings(MAX_WARNINGS));
    }
    let not_a_label = |what| CopyError::NotALabel { what, max: MAX_LABEL_CHARACTERS };
    if !is_label(renderer) {
        return Err(not_a_label("the renderer"));
    }
    if warnings.iter().all(|warning| is_label(warning)) { Ok(()) } else { Err(not_a_label("a warning")) }
}
