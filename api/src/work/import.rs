//! A scan becomes pages, or the reason why it did not becomes an event.

use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use domain::CopyId;
use domain::Digest;
use domain::copy::command::Failure;
use domain::copy::event::{WorkError, WorkStage};
use domain::copy::state::{Identity, Import, Staging};
use domain::copy::{CopyAction, CopyState, ExamCopy, Page};
use projections::views::work_queue::WorkKind;

use super::claims::Claim;
use super::slot::Outcome;
use super::{Bench, record};
use crate::metrics::ImportOutcome;
use crate::pdf::{ImportError, ImportedPdf, PdfError, PdfErrorType, PdfStage, RenderWarning};

/// The most warnings that an event names; a scan that gives more is told apart by them already.
const WARNINGS: usize = 100;

pub(super) async fn import(bench: &Bench, claim: &Claim) -> Outcome {
    let started = Instant::now();
    match identity(bench, claim).await {
        Ok(Some(identity)) => match attempt(bench, claim, &identity, started).await {
            Ok(()) => Outcome::Settled,
            Err(error) => Outcome::NotYet(error),
        },
        Ok(None) => Outcome::Settled,
        Err(error) => Outcome::NotYet(error),
    }
}

/// The copy, if this attempt is still to be made: the queue may lag behind the stream.
async fn identity(bench: &Bench, claim: &Claim) -> anyhow::Result<Option<Identity>> {
    let copy = bench.app.ledger.load::<ExamCopy>(claim.item.copy.0).await?;
    Ok(match &copy.state.state {
        CopyState::Staging(Staging { identity, import: Import::Pending { attempt } })
            if *attempt == claim.item.attempt =>
        {
            Some(identity.clone())
        }
        _ => None,
    })
}

async fn attempt(bench: &Bench, claim: &Claim, identity: &Identity, started: Instant) -> anyhow::Result<()> {
    let attempt = claim.item.attempt;
    let mut page_count = 0;
    let read = if claim.claims > bench.limits.claims {
        Err(Refused::claimed_too_often(claim.claims))
    } else {
        read(bench, claim, identity, &mut page_count).await
    };
    let duration_ms = record::milliseconds(started);
    let (action, outcome) = match &read {
        Ok(imported) => {
            let pages: Vec<Page> = imported.pages.iter().map(page).collect();
            let count = pages.len();
            let action = CopyAction::RecordImport {
                attempt,
                pages,
                renderer: imported.renderer.to_owned(),
                warnings: imported.warnings.iter().take(WARNINGS).map(warning).collect(),
                duration_ms,
            };
            (action, ImportOutcome::Imported { pages: count })
        }
        Err(refused) => {
            let failure = Failure { stage: refused.stage, error_type: refused.error_type, duration_ms };
            (
                CopyAction::RecordImportFailure { attempt, failure },
                ImportOutcome::Failed { pages: page_count },
            )
        }
    };
    // An attempt that another worker has ended is that worker's to count.
    let Some(position) = record::record(bench, claim, action).await? else { return Ok(()) };
    // The whole of it: fetching, reading, storing and recording, whatever came of it (L14).
    bench.app.metrics.import_ended(outcome, started.elapsed());
    match read {
        Ok(imported) => {
            tracing::info!(pages = imported.pages.len(), duration_ms, position, "the scan was imported");
        }
        Err(refused) => {
            bench.app.metrics.scan_unreadable(refused.error_type);
            let what = "the scan could not be imported";
            record::tell_failure(bench, WorkKind::Import, what, attempt, &refused);
        }
    }
    Ok(())
}

/// Why an attempt failed: for the event a stage and a type, for the log a sentence, or an error with its causes, without
/// personal data.
pub(super) struct Refused {
    pub(super) stage: WorkStage,
    pub(super) error_type: WorkError,
    pub(super) cause: String,
}

impl Refused {
    pub(super) fn new(stage: WorkStage, error_type: WorkError, cause: impl Into<String>) -> Self {
        Self { stage, error_type, cause: cause.into() }
    }

    pub(super) fn claimed_too_often(claims: u32) -> Self {
        let cause = format!(
            "the work was begun {} times and never ended; its worker may have died of it",
            claims - 1
        );
        Self::new(WorkStage::Claim, WorkError::Unknown, cause)
    }
}

impl From<PdfError> for Refused {
    fn from(error: PdfError) -> Self {
        let stage = match error.stage {
            PdfStage::Open => WorkStage::Open,
            PdfStage::Limits => WorkStage::Limits,
            PdfStage::Render => WorkStage::Render,
            PdfStage::Encode | PdfStage::Finalise => WorkStage::Write,
            PdfStage::Worker => WorkStage::Worker,
        };
        let error_type = match error.error_type {
            PdfErrorType::Timeout => WorkError::Timeout,
            PdfErrorType::InvalidPdf => WorkError::InvalidPdf,
            PdfErrorType::EmptyResult => WorkError::EmptyResult,
            PdfErrorType::Unknown => WorkError::Unknown,
        };
        Self::new(stage, error_type, error.detail)
    }
}

/// The scan, from the blob store.
pub(super) async fn fetch(bench: &Bench, copy: CopyId, source: Digest) -> Result<Bytes, Refused> {
    bench
        .app
        .blobs
        .get(copy, source)
        .await
        .map_err(|error| Refused::new(WorkStage::Fetch, WorkError::Unknown, domain::chain(&error)))
}

/// Reads the scan in a child process and stores each page as it comes. `page_count` is how many it says it has.
async fn read(
    bench: &Bench,
    claim: &Claim,
    identity: &Identity,
    page_count: &mut usize,
) -> Result<ImportedPdf, Refused> {
    let copy = claim.item.copy;
    let source = fetch(bench, copy, identity.source).await?;
    let store = |page: crate::pdf::RenderedPage| async move {
        let stored = bench.app.blobs.put(copy, page.png).await.context("storing a page")?;
        anyhow::ensure!(stored.0 == page.sha256, "a page changed on its way to the store");
        Ok::<_, anyhow::Error>(())
    };
    let pdf = bench.pdf.asked_by(claim.asked_by());
    pdf.import_counted(source, page_count, store).await.map_err(|error| match error {
        ImportError::Pdf(error) => error.into(),
        ImportError::Page(error) => {
            Refused::new(WorkStage::Store, WorkError::Unknown, domain::chain(&*error))
        }
    })
}

fn page(page: &crate::pdf::ImportedPage) -> Page {
    Page { sha256: Digest(page.sha256), width: page.width_pixels, height: page.height_pixels }
}

fn warning(warning: &RenderWarning) -> String {
    format!("page {}: {} ({})", warning.page_index, warning.kind.as_str(), warning.count)
}
