//! Frozen marks become a final PDF, or the reason why they did not becomes an event.

use std::time::Instant;

use domain::copy::command::{Failure, ShownLock};
use domain::copy::event::{WorkError, WorkStage};
use domain::copy::state::{Finalisation, Paper};
use domain::copy::{CopyAction, CopyState, ExamCopy};
use domain::exam::Exam;
use domain::{Commitment, Digest};
use projections::views::work_queue::WorkKind;

use super::claims::Claim;
use super::import::{Refused, fetch};
use super::slot::Outcome;
use super::{Bench, overlay, record};

pub(super) async fn finalise(bench: &Bench, claim: &Claim) -> Outcome {
    let started = Instant::now();
    match running(bench, claim).await {
        Ok(Some((paper, run))) => match attempt(bench, claim, &paper, &run, started).await {
            Ok(()) => Outcome::Settled,
            Err(error) => Outcome::NotYet(error),
        },
        Ok(None) => Outcome::Settled,
        Err(error) => Outcome::NotYet(error),
    }
}

/// Starts a failed finalisation again; the attempt itself is a new item of the queue.
pub(super) async fn start_again(bench: &Bench, claim: &Claim) -> Outcome {
    let started = async {
        let copy = bench.app.ledger.load::<ExamCopy>(claim.item.copy.0).await?;
        let CopyState::GradingFailed(_, run) = &copy.state.state else { return Ok(()) };
        if run.will_retry && run.attempt + 1 == claim.item.attempt {
            record::record(bench, claim, CopyAction::Finalise { shown: ShownLock::None }).await?;
        }
        Ok(())
    };
    match started.await {
        Ok(()) => Outcome::Settled,
        Err(error) => Outcome::NotYet(error),
    }
}

/// The finalisation that runs, if it is the one that the item asks for.
async fn running(bench: &Bench, claim: &Claim) -> anyhow::Result<Option<(Paper, Finalisation)>> {
    let copy = bench.app.ledger.load::<ExamCopy>(claim.item.copy.0).await?;
    Ok(match &copy.state.state {
        CopyState::Grading(paper, run) if run.attempt == claim.item.attempt => {
            Some((paper.clone(), run.clone()))
        }
        _ => None,
    })
}

async fn attempt(
    bench: &Bench,
    claim: &Claim,
    paper: &Paper,
    run: &Finalisation,
    started: Instant,
) -> anyhow::Result<()> {
    let made = if claim.claims > bench.limits.claims {
        Err(Refused::claimed_too_often(claim.claims))
    } else {
        // A ledger that cannot be read, now or by this process, is no failure of the work.
        let exam = bench.app.ledger.load::<Exam>(paper.identity.exam.0).await?;
        make(bench, claim, paper, run, &exam.state).await
    };
    let duration_ms = record::milliseconds(started);
    let (basis_sequence, attempt) = (run.basis_sequence, run.attempt);
    let action = match &made {
        Ok(Made { pdf, pages }) => {
            CopyAction::RecordGraded { basis_sequence, attempt, pdf: *pdf, pages: *pages, duration_ms }
        }
        Err(refused) => {
            let failure = Failure { stage: refused.stage, error_type: refused.error_type, duration_ms };
            CopyAction::RecordFinalisationFailure { basis_sequence, attempt, failure }
        }
    };
    // An attempt that another worker has ended is that worker's to count.
    let Some(position) = record::record(bench, claim, action).await? else { return Ok(()) };
    bench.app.metrics.finalisation_ended(made.is_ok(), attempt, started.elapsed());
    match made {
        Ok(Made { pages, .. }) => {
            tracing::info!(pages, duration_ms, position, "the final PDF was made");
        }
        Err(refused) => {
            let what = "the final PDF could not be made";
            record::tell_failure(bench, WorkKind::Finalise, what, attempt, &refused);
        }
    }
    Ok(())
}

/// A final PDF, stored.
struct Made {
    pdf: Digest,
    /// How many pages of the scan stand in it.
    pages: u32,
}

/// Draws what the basis says over the scan, in a child process, and stores the result before any event names it.
async fn make(
    bench: &Bench,
    claim: &Claim,
    paper: &Paper,
    run: &Finalisation,
    exam: &Exam,
) -> Result<Made, Refused> {
    let copy = claim.item.copy;
    let source = fetch(bench, copy, paper.identity.source).await?;
    let texts = bench
        .app
        .vault
        .open(&sealed_texts(paper))
        .await
        .map_err(|error| Refused::new(WorkStage::Fetch, WorkError::Unknown, domain::chain(&error)))?;
    let overlay = overlay::overlay(copy, exam, paper, run, &texts);
    let made =
        bench.pdf.asked_by(claim.asked_by()).finalise(source, paper.identity.source.0, &overlay).await?;
    let stored = bench
        .app
        .blobs
        .put(copy, made.bytes)
        .await
        .map_err(|error| Refused::new(WorkStage::Store, WorkError::Unknown, domain::chain(&error)))?;
    if stored.0 != made.sha256 {
        let detail = "the final PDF changed on its way to the store";
        return Err(Refused::new(WorkStage::Store, WorkError::Unknown, detail));
    }
    Ok(Made { pdf: stored, pages: made.source_page_count })
}

/// Every text that the final PDF shows.
fn sealed_texts(paper: &Paper) -> Vec<Commitment> {
    let marking = &paper.marking;
    let annotations = marking.annotations.values().filter_map(|annotation| annotation.mark.text);
    annotations.chain(marking.remarks.values().copied()).chain(marking.appreciation).collect()
}
