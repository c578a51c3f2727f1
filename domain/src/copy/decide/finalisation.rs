//! From marks to a graded copy, and what may still happen to it.

use super::{Decision, lock, marking, not_marking, wrong_status};
use crate::copy::command::{CopyAction, CopyCommand, Failure, ShownLock};
use crate::copy::error::CopyError;
use crate::copy::event::{CopyEvent, ExportFormat, FinalisationCause};
use crate::copy::state::{CopyState, ExamCopy, Finalisation, Paper};
use crate::{Commitment, Digest, LockId, Points, QuestionId};

pub(super) fn decide(copy: &ExamCopy, command: &CopyCommand) -> Decision {
    match &command.action {
        CopyAction::Finalise { shown } => finalise(copy, *shown, command),
        CopyAction::RetryFinalisation { reason } => retry(copy, *reason),
        CopyAction::RecordGraded { basis_sequence, attempt, pdf, pages, duration_ms } => {
            let (paper, run) = running(&copy.state, *basis_sequence, *attempt)?;
            graded(paper, run, *pdf, *pages, *duration_ms)
        }
        CopyAction::RecordFinalisationFailure { basis_sequence, attempt, failure } => {
            let (_, run) = running(&copy.state, *basis_sequence, *attempt)?;
            Ok(vec![failed(run, failure)])
        }
        CopyAction::Export { format, sha256 } => match &copy.state {
            CopyState::Graded(_, grade) if *format == ExportFormat::Pdf && *sha256 != grade.pdf => {
                Err(CopyError::NotTheFinalPdf { graded: grade.pdf })
            }
            CopyState::Graded(..) => Ok(vec![CopyEvent::CopyExported { format: *format, sha256: *sha256 }]),
            state => Err(wrong_status(state, "GRADED")),
        },
        CopyAction::Correct { question, points, reason } => match &copy.state {
            CopyState::Graded(paper, _) => correct(copy.sequence, paper, question, *points, *reason),
            state => Err(wrong_status(state, "GRADED")),
        },
        CopyAction::Reopen { reason } => match &copy.state {
            CopyState::Graded(paper, _) => {
                Ok(vec![CopyEvent::CopyReopened { cycle: paper.cycle.saturating_add(1), reason: *reason }])
            }
            state => Err(wrong_status(state, "GRADED")),
        },
        _ => Err(wrong_status(&copy.state, "another status")),
    }
}

fn finalise(copy: &ExamCopy, shown: ShownLock, command: &CopyCommand) -> Decision {
    let (paper, attempt, cause, ended) = match &copy.state {
        CopyState::GradingFailed(paper, run) => {
            (paper, run.attempt.saturating_add(1), FinalisationCause::Retry, None)
        }
        CopyState::Grading(..) => return Err(not_marking(&copy.state, "LOCKED or GRADING_FAILED")),
        state => {
            let (paper, held) = lock::held(state, shown, command)?;
            (paper, 1, FinalisationCause::Requested, Some(held.id))
        }
    };
    Ok(vec![started(paper, attempt, cause, copy.sequence, ended, None)])
}

/// What a refusal calls this work.
const FINALISATION: &str = "finalisation";

/// Whoever may mark finalises again without a word; an administrator, who may not, says why (L16). What a worker tries again
/// by itself is left to it, so that nobody's repair counts an attempt away.
fn retry(copy: &ExamCopy, reason: Commitment) -> Decision {
    match &copy.state {
        CopyState::GradingFailed(_, run) if run.will_retry => {
            let attempt = run.attempt.saturating_add(1);
            Err(CopyError::StillTried { work: FINALISATION, attempt })
        }
        CopyState::GradingFailed(paper, run) => {
            let attempt = run.attempt.saturating_add(1);
            let cause = FinalisationCause::Retry;
            Ok(vec![started(paper, attempt, cause, copy.sequence, None, Some(reason))])
        }
        CopyState::Grading(_, run) => Err(CopyError::StillTried { work: FINALISATION, attempt: run.attempt }),
        CopyState::Graded(..) => Err(CopyError::NothingToRetry { work: FINALISATION }),
        state => Err(wrong_status(state, "GRADING_FAILED")),
    }
}

fn started(
    paper: &Paper,
    attempt: u32,
    cause: FinalisationCause,
    basis_sequence: u64,
    lock: Option<LockId>,
    reason: Option<Commitment>,
) -> CopyEvent {
    let total = paper.breakdown().total();
    CopyEvent::FinalisationStarted { attempt, cause, basis_sequence, total, lock, reason }
}

/// The finalisation that runs, if it is the one that the worker had in hand (L6).
fn running(state: &CopyState, drawn: u64, reported: u32) -> Result<(&Paper, &Finalisation), CopyError> {
    let CopyState::Grading(paper, run) = state else {
        return Err(wrong_status(state, "GRADING_IN_PROGRESS"));
    };
    if run.basis_sequence != drawn {
        return Err(CopyError::OtherBasis { drawn, basis: run.basis_sequence });
    }
    if run.attempt != reported {
        return Err(CopyError::AttemptOver { reported, current: run.attempt });
    }
    Ok((paper, run))
}

/// L7: a graded copy has a PDF, and the PDF has every page.
fn graded(paper: &Paper, run: &Finalisation, pdf: Digest, pages: u32, duration_ms: u64) -> Decision {
    if pdf == Digest::ZERO {
        return Err(CopyError::NoPdf);
    }
    if usize::try_from(pages) != Ok(paper.pages.len()) {
        return Err(CopyError::MissingPages { drawn: pages, imported: paper.pages.len() });
    }
    let breakdown = paper.breakdown();
    Ok(vec![CopyEvent::CopyGraded {
        attempt: run.attempt,
        basis_sequence: run.basis_sequence,
        total: breakdown.total(),
        breakdown,
        pdf,
        pages,
        duration_ms,
    }])
}

fn failed(run: &Finalisation, failure: &Failure) -> CopyEvent {
    CopyEvent::FinalisationFailed {
        attempt: run.attempt,
        basis_sequence: run.basis_sequence,
        stage: failure.stage,
        error_type: failure.error_type,
        will_retry: failure.is_worth_a_retry(run.attempt),
        duration_ms: failure.duration_ms,
    }
}

/// A correction and the finalisation that it makes necessary are one decision, so that the PDF never
/// disagrees with the score for longer than its making takes (L7).
fn correct(
    sequence: u64,
    paper: &Paper,
    question: &QuestionId,
    points: Points,
    reason: Commitment,
) -> Decision {
    marking::check_score(paper, question, Some(points))?;
    let before = paper.marking.scores.get(question).copied();
    if before == Some(points) {
        return Err(CopyError::NothingToCorrect { question: question.clone(), points });
    }
    let mut corrected = paper.clone();
    corrected.marking.scores.insert(question.clone(), points);
    let correction = CopyEvent::ScoreCorrected { question: question.clone(), before, after: points, reason };
    Ok(vec![correction, started(&corrected, 1, FinalisationCause::Correction, sequence + 1, None, None)])
}
