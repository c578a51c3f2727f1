//! What a copy is asked next: mostly what its status accepts, so that lives go deep.

use domain::copy::command::Marking;
use domain::copy::event::{ExportFormat, WorkError};
use domain::copy::state::Import;
use domain::copy::{CopyAction, CopyCommand, CopyState, ExamCopy, Mark, MarkKind, Page, ShownLock};
use domain::{ActorId, AnnotationId, Digest, LockId, PageBox, Points, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use crate::story::{
    ADA, BLAISE, OFFICE, START, WORKER, assign, failure, final_pdf, identify, import_failure, pages,
    question, record_import, reopen, request_import, retry_finalisation, retry_import, scheme, sealed,
    unidentify, validate, void,
};

/// The dice of one step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Which of the actions at hand.
    pub(super) which: u16,
    /// What is filled into it.
    pub(super) fill: u64,
    /// How long after the last step.
    pub(super) seconds: u16,
    /// One in ten asks for something whatever the status.
    pub(super) hostile: bool,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![40 => 0u16..20, 3 => 20u16..400, 1 => 400u16..1_500];
    (any::<u16>(), any::<u64>(), seconds, prop::bool::weighted(0.1))
        .prop_map(|(which, fill, seconds, hostile)| Step { which, fill, seconds, hostile })
}

pub(super) fn command(copy: &ExamCopy, step: &Step, number: usize, second: i64) -> CopyCommand {
    let grader = if step.fill.is_multiple_of(3) { BLAISE } else { ADA };
    let (actor, action) =
        if step.hostile { hostile(copy, step, number) } else { plausible(copy, step, number, grader) };
    CopyCommand { actor, at: Timestamp::from_micros((START + second) * 1_000_000), action }
}

fn pick(choices: Vec<(ActorId, CopyAction)>, which: u16) -> (ActorId, CopyAction) {
    let index = usize::from(which) % choices.len();
    choices.into_iter().nth(index).unwrap()
}

fn lock_id(number: usize) -> LockId {
    LockId(Uuid::from_u128(0x10_0000 + number as u128))
}

fn acquire(step: &Step, number: usize) -> CopyAction {
    CopyAction::AcquireLock { lock: lock_id(number), ttl_seconds: 60 + (step.fill % 600) as u32 }
}

fn plausible(copy: &ExamCopy, step: &Step, number: usize, grader: ActorId) -> (ActorId, CopyAction) {
    let rarely_void = step.fill.is_multiple_of(250);
    if step.which.is_multiple_of(9) && copy.state.status().is_some() {
        return (OFFICE, office(copy, step));
    }
    match &copy.state {
        CopyState::Absent => (OFFICE, request_import("A-001")),
        // A voided copy has no way on; it is asked in vain until the life ends.
        CopyState::Voided(..) => (ADA, acquire(step, number)),
        CopyState::Grading(_, run) => {
            let basis_sequence = run.basis_sequence;
            let made = CopyAction::RecordGraded {
                basis_sequence,
                attempt: run.attempt,
                pdf: final_pdf(),
                pages: 3,
                duration_ms: 5,
            };
            let failed = CopyAction::RecordFinalisationFailure {
                basis_sequence,
                attempt: run.attempt,
                failure: failure(error(step)),
            };
            pick(vec![(WORKER, made.clone()), (WORKER, made), (WORKER, failed)], step.which)
        }
        _ if rarely_void => (OFFICE, void()),
        CopyState::Staging(staging) => match &staging.import {
            Import::Pending { attempt } => {
                let read = record_import(*attempt, pages());
                pick(vec![(WORKER, read), (WORKER, import_failure(*attempt, error(step)))], step.which)
            }
            Import::Failed { .. } => (OFFICE, retry_import()),
            Import::Done { .. } => (OFFICE, validate()),
        },
        CopyState::Ready(_) => (grader, acquire(step, number)),
        CopyState::Locked(_, lock) => {
            let shown = ShownLock::Of(lock.id);
            let owner = lock.owner;
            match step.which % 20 {
                0 => (owner, CopyAction::RenewLock { shown, ttl_seconds: lock.ttl_seconds }),
                1 => (owner, CopyAction::RenewLock { shown, ttl_seconds: 120 }),
                2 => (owner, CopyAction::ReleaseLock { shown }),
                3 => (OFFICE, CopyAction::ForceReleaseLock { reason: sealed("break") }),
                4 => (WORKER, CopyAction::ExpireLock),
                5 => (grader, acquire(step, number)),
                6 | 7 => (owner, CopyAction::Finalise { shown }),
                _ => (owner, CopyAction::Mark { shown, act: marking(copy, step, number) }),
            }
        }
        CopyState::GradingFailed(..) => {
            let again = CopyAction::Finalise { shown: ShownLock::None };
            let choices = vec![
                (WORKER, again.clone()),
                (ADA, again),
                (OFFICE, retry_finalisation()),
                (grader, acquire(step, number)),
            ];
            pick(choices, step.which)
        }
        CopyState::Graded(..) => {
            let export = |format| CopyAction::Export { format, sha256: final_pdf() };
            let choices = vec![
                (OFFICE, export(ExportFormat::Pdf)),
                (OFFICE, export(ExportFormat::Json)),
                (OFFICE, correction(step)),
                (OFFICE, reopen()),
            ];
            pick(choices, step.which)
        }
    }
}

/// What the office does beside marking.
fn office(copy: &ExamCopy, step: &Step) -> CopyAction {
    match (step.fill % 4, copy.subject, copy.assigned_to) {
        (0 | 1, Some(_), _) => unidentify(),
        (0 | 1, None, _) => identify(1 + u128::from(step.fill % 3)),
        (2, _, Some(_)) => CopyAction::Unassign,
        _ => assign(if step.seconds.is_multiple_of(2) { ADA } else { BLAISE }),
    }
}

fn error(step: &Step) -> WorkError {
    [WorkError::Timeout, WorkError::InvalidPdf, WorkError::EmptyResult, WorkError::Unknown]
        [(step.fill % 4) as usize]
}

fn correction(step: &Step) -> CopyAction {
    let points = Points((step.fill % 801) as i64);
    let id = if step.fill.is_multiple_of(2) { "1" } else { "2.a" };
    CopyAction::Correct { question: question(id), points, reason: sealed("recount") }
}

/// An annotation that stands, if any does, and its revision.
fn standing(copy: &ExamCopy, step: &Step) -> (AnnotationId, u32) {
    let annotations = copy.state.paper().map(|paper| &paper.marking.annotations);
    let nth = |count: usize| (step.fill / 8) as usize % count;
    annotations
        .filter(|all| !all.is_empty())
        .and_then(|all| all.iter().nth(nth(all.len())))
        .map_or((AnnotationId(Uuid::nil()), 1), |(id, annotation)| (*id, annotation.revision))
}

fn mark(step: &Step) -> Mark {
    let kinds = [MarkKind::Comment, MarkKind::Highlight, MarkKind::Error, MarkKind::Bonus];
    Mark {
        area: PageBox { x: (step.fill % 900_000) as u32, y: 0, width: 100_000, height: 1 },
        kind: kinds[(step.fill % 4) as usize],
        points: (!step.fill.is_multiple_of(5)).then(|| Points((step.fill % 4_001) as i64 - 2_000)),
        question: step.fill.is_multiple_of(2).then(|| question("2.a")),
        text: step.fill.is_multiple_of(3).then(|| sealed(&step.fill.to_string())),
    }
}

fn marking(copy: &ExamCopy, step: &Step, number: usize) -> Marking {
    let (annotation, revision) = standing(copy, step);
    let id = if step.fill.is_multiple_of(2) { "1" } else { "2.a" };
    let sealed = (!step.fill.is_multiple_of(4)).then(|| sealed(&number.to_string()));
    match step.which / 20 % 8 {
        0..=2 => Marking::AddAnnotation {
            annotation: AnnotationId(Uuid::from_u128(1 + number as u128)),
            page_index: (step.fill % 3) as u32,
            mark: mark(step),
        },
        3 => Marking::ReviseAnnotation { annotation, revision, after: mark(step) },
        4 => Marking::RemoveAnnotation { annotation, revision },
        5 => {
            let points = (!step.fill.is_multiple_of(7)).then_some(Points((step.fill % 801) as i64));
            Marking::ScoreQuestion { question: question(id), points }
        }
        6 => Marking::SetRemark { question: question(id), remark: sealed },
        _ => Marking::SetAppreciation { appreciation: sealed },
    }
}

/// Anything at any time, with what an attacker or a bug would fill in.
fn hostile(copy: &ExamCopy, step: &Step, number: usize) -> (ActorId, CopyAction) {
    let actor = [ADA, BLAISE, OFFICE, WORKER][(step.fill % 4) as usize];
    let shown =
        [ShownLock::None, ShownLock::Forged, ShownLock::Of(lock_id(number / 2))][(step.fill % 3) as usize];
    let mut absurd = mark(step);
    absurd.points = Some(Points([i64::MAX, i64::MIN, 100_001][(step.fill % 3) as usize]));
    let owned = match &copy.state {
        CopyState::Locked(_, lock) => ShownLock::Of(lock.id),
        _ => shown,
    };
    let act = |act| CopyAction::Mark { shown: owned, act };
    let flat = Page { sha256: Digest::ZERO, width: 0, height: 0 };
    let choices = vec![
        request_import("A-001"),
        record_import((step.fill % 4) as u32, pages()),
        record_import(1, vec![flat]),
        import_failure((step.fill % 4) as u32, error(step)),
        retry_import(),
        retry_finalisation(),
        CopyAction::Validate { scheme_version: 2, questions: scheme() },
        CopyAction::Validate { scheme_version: 2, questions: vec![] },
        CopyAction::AcquireLock { lock: lock_id(number), ttl_seconds: step.fill as u32 },
        CopyAction::RenewLock { shown, ttl_seconds: 600 },
        CopyAction::ReleaseLock { shown },
        CopyAction::ExpireLock,
        act(Marking::AddAnnotation {
            annotation: AnnotationId(Uuid::from_u128(1)),
            page_index: u32::MAX,
            mark: mark(step),
        }),
        act(Marking::AddAnnotation {
            annotation: AnnotationId(Uuid::from_u128(number as u128)),
            page_index: 0,
            mark: absurd,
        }),
        act(Marking::ScoreQuestion { question: question("9"), points: Some(Points(1)) }),
        act(Marking::ScoreQuestion { question: question("1"), points: Some(Points(step.fill as i64)) }),
        CopyAction::Finalise { shown },
        CopyAction::RecordGraded {
            basis_sequence: copy.sequence,
            attempt: 1,
            pdf: final_pdf(),
            pages: (step.fill % 5) as u32,
            duration_ms: 0,
        },
        CopyAction::RecordFinalisationFailure {
            basis_sequence: step.fill,
            attempt: 1,
            failure: failure(error(step)),
        },
        CopyAction::Export { format: ExportFormat::Pdf, sha256: Digest::ZERO },
        correction(step),
    ];
    let index = usize::from(step.which) % choices.len();
    (actor, choices.into_iter().nth(index).unwrap())
}
