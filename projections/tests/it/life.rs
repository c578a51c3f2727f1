//! Whole lives of copies: random commands, as the rules accept them.

use domain::copy::command::{Failure, Marking};
use domain::copy::event::{ExportFormat, WorkError, WorkStage};
use domain::copy::state::Import;
use domain::copy::{
    CopyAction, CopyCommand, CopyEvent, CopyState, ExamCopy, Mark, MarkKind, Page, ShownLock,
};
use domain::exam::{Duty, ExamEvent};
use domain::{
    ActorId, AnnotationId, Commitment, CopyId, Digest, ExamId, LockId, PageBox, Points, Question, Timestamp,
};
use uuid::Uuid;

use crate::ledger::{ADA, TestLedger};

/// A sequence of numbers that is the same at every run (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.roll(u64::MAX), self.roll(u64::MAX))
    }
}

pub(crate) fn sealed(text: &str) -> Commitment {
    Commitment::to(&[7; 32], text.as_bytes())
}

pub(crate) fn scheme() -> Vec<Question> {
    let question = |id: &str, maximum| Question { id: id.parse().unwrap(), maximum: Points(maximum) };
    vec![question("1", 800), question("2.a", 1_200)]
}

pub(crate) fn pages(count: u32) -> Vec<Page> {
    let page = |number: u32| Page { sha256: Digest::of(&number.to_be_bytes()), width: 1_191, height: 1_684 };
    (0..count).map(page).collect()
}

/// A copy that lives.
pub(crate) struct Life {
    pub(crate) id: CopyId,
    pub(crate) exam: ExamId,
    pub(crate) anonymous_id: String,
    pub(crate) copy: ExamCopy,
    pub(crate) events: Vec<CopyEvent>,
    second: i64,
}

impl Life {
    pub(crate) fn new(exam: ExamId, anonymous_id: &str) -> Self {
        let id = CopyId::of(exam, &anonymous_id.parse().unwrap());
        let (copy, events) = (ExamCopy::default(), vec![]);
        Self { id, exam, anonymous_id: anonymous_id.to_owned(), copy, events, second: 1_779_091_200 }
    }

    /// One more command; gives the events that follow, none where it was refused.
    pub(crate) fn live(&mut self, dice: &mut Dice) -> Vec<CopyEvent> {
        self.second += dice.roll(30) as i64;
        let (actor, action) = self.action(dice);
        let at = Timestamp::from_micros(self.second * 1_000_000);
        let events = self.copy.decide(&CopyCommand { actor, at, action }).unwrap_or_default();
        for event in &events {
            self.copy.fold(event.clone());
        }
        self.events.extend(events.iter().cloned());
        events
    }

    fn action(&self, dice: &mut Dice) -> (ActorId, CopyAction) {
        let reason = sealed("a reason");
        let action = match &self.copy.state {
            CopyState::Absent => CopyAction::RequestImport {
                exam: self.exam,
                anonymous_id: self.anonymous_id.parse().unwrap(),
                source: Digest::of(self.anonymous_id.as_bytes()),
                source_bytes: 1 + dice.roll(1_000_000),
                filename: (dice.roll(3) > 0).then(|| sealed("copy.pdf")),
            },
            CopyState::Staging(staging) => match &staging.import {
                Import::Pending { attempt } if dice.roll(3) == 0 => {
                    CopyAction::RecordImportFailure { attempt: *attempt, failure: failure(dice) }
                }
                Import::Pending { attempt } => CopyAction::RecordImport {
                    attempt: *attempt,
                    pages: pages(3),
                    renderer: "hayro 0.9".to_owned(),
                    warnings: vec![],
                    duration_ms: dice.roll(9_000),
                },
                Import::Failed { .. } => CopyAction::RetryImport { reason },
                Import::Done { .. } => CopyAction::Validate { scheme_version: 1, questions: scheme() },
            },
            CopyState::Ready(_) => acquire(dice),
            CopyState::Locked(_, lock) => return (lock.owner, self.in_hand(ShownLock::Of(lock.id), dice)),
            CopyState::Grading(_, run) if dice.roll(3) == 0 => CopyAction::RecordFinalisationFailure {
                basis_sequence: run.basis_sequence,
                attempt: run.attempt,
                failure: failure(dice),
            },
            CopyState::Grading(_, run) => CopyAction::RecordGraded {
                basis_sequence: run.basis_sequence,
                attempt: run.attempt,
                pdf: Digest::of(b"final"),
                pages: 3,
                duration_ms: dice.roll(9_000),
            },
            CopyState::GradingFailed(_, run) if !run.will_retry && dice.roll(3) == 0 => {
                CopyAction::RetryFinalisation { reason }
            }
            CopyState::GradingFailed(..) if dice.roll(2) == 0 => {
                CopyAction::Finalise { shown: ShownLock::None }
            }
            CopyState::GradingFailed(..) => acquire(dice),
            CopyState::Graded(..) => match dice.roll(6) {
                0 | 1 => CopyAction::Export { format: ExportFormat::Pdf, sha256: Digest::of(b"final") },
                2 => CopyAction::Correct {
                    question: "1".parse().unwrap(),
                    points: Points(dice.roll(800) as i64),
                    reason,
                },
                3 => CopyAction::Void { reason, replaced_by: None },
                _ => CopyAction::Reopen { reason },
            },
            CopyState::Voided(..) => acquire(dice),
        };
        (ADA, action)
    }

    fn in_hand(&self, shown: ShownLock, dice: &mut Dice) -> CopyAction {
        let standing: Vec<(AnnotationId, u32)> = self
            .copy
            .state
            .paper()
            .map(|paper| paper.marking.annotations.iter().map(|(id, it)| (*id, it.revision)).collect())
            .unwrap_or_default();
        let one = (!standing.is_empty()).then(|| standing[dice.roll(standing.len() as u64) as usize]);
        let act = match (dice.roll(16), one) {
            (0, _) => return CopyAction::ReleaseLock { shown },
            (1, _) => return CopyAction::ForceReleaseLock { reason: sealed("needed") },
            (2, _) => return CopyAction::Finalise { shown },
            (3, _) => return CopyAction::RenewLock { shown, ttl_seconds: 60 + dice.roll(600) as u32 },
            (4, _) => return CopyAction::ExpireLock,
            (5, Some((annotation, revision))) => Marking::RemoveAnnotation { annotation, revision },
            (6 | 7, Some((annotation, revision))) => {
                Marking::ReviseAnnotation { annotation, revision, after: mark(dice) }
            }
            (8 | 9, _) => Marking::ScoreQuestion {
                question: "2.a".parse().unwrap(),
                points: (dice.roll(5) > 0).then(|| Points(dice.roll(1_200) as i64)),
            },
            (10, _) => Marking::SetRemark {
                question: "1".parse().unwrap(),
                remark: Some(sealed(&dice.roll(9).to_string())),
            },
            (11, _) => Marking::SetAppreciation { appreciation: Some(sealed("well done")) },
            _ => Marking::AddAnnotation {
                annotation: AnnotationId(dice.uuid()),
                page_index: dice.roll(3) as u32,
                mark: mark(dice),
            },
        };
        CopyAction::Mark { shown, act }
    }
}

fn acquire(dice: &mut Dice) -> CopyAction {
    CopyAction::AcquireLock { lock: LockId(dice.uuid()), ttl_seconds: 600 }
}

fn failure(dice: &mut Dice) -> Failure {
    let error_type = if dice.roll(2) == 0 { WorkError::Timeout } else { WorkError::InvalidPdf };
    Failure { stage: WorkStage::Render, error_type, duration_ms: dice.roll(9_000) }
}

fn mark(dice: &mut Dice) -> Mark {
    Mark {
        area: PageBox { x: dice.roll(900_000) as u32, y: 0, width: 100_000, height: 50_000 },
        kind: if dice.roll(2) == 0 { MarkKind::Error } else { MarkKind::Bonus },
        points: (dice.roll(4) > 0).then(|| Points(dice.roll(500) as i64 - 250)),
        question: (dice.roll(2) > 0).then(|| "1".parse().unwrap()),
        text: (dice.roll(2) > 0).then(|| sealed(&dice.roll(1_000).to_string())),
    }
}

/// Copies of two exams whose lives go on side by side.
pub(crate) struct Office {
    pub(crate) lives: Vec<Life>,
    pub(crate) dice: Dice,
}

impl Office {
    pub(crate) fn new(copies: usize, seed: u64) -> Self {
        let exam = |number: usize| ExamId(Uuid::from_u128(0xe0 + (number % 2) as u128));
        let lives = (0..copies).map(|number| Life::new(exam(number), &format!("A-{number:03}"))).collect();
        Self { lives, dice: Dice(seed) }
    }

    /// Appends the lives of the two exams: a scheme, graders, one of them removed, results out.
    pub(crate) async fn open(&self, ledger: &TestLedger) {
        for number in 0..2 {
            let exam = ExamId(Uuid::from_u128(0xe0 + number));
            let grader = |number| ActorId(Uuid::from_u128(number));
            let mut events = vec![
                ExamEvent::ExamCreated { code: format!("MATHS-{number}").parse().unwrap() },
                ExamEvent::SchemePublished { version: 1, questions: scheme() },
                ExamEvent::GraderEnrolled { grader: ADA, duty: Duty::Lead },
                ExamEvent::GraderEnrolled { grader: grader(0xb0b), duty: Duty::Marker },
                ExamEvent::GraderRemoved { grader: grader(0xb0b) },
            ];
            if number == 1 {
                events.push(ExamEvent::ResultsReleased {});
            }
            ledger.exam(exam, &events).await;
        }
    }

    /// Appends at least `events` events, each to a copy that the dice choose.
    pub(crate) async fn work(&mut self, ledger: &TestLedger, events: usize) {
        let mut appended = 0;
        while appended < events {
            let whose = self.dice.roll(self.lives.len() as u64) as usize;
            let life = &mut self.lives[whose];
            let new = life.live(&mut self.dice);
            if !new.is_empty() {
                ledger.copy(life.id, &new).await;
                appended += new.len();
            } else if matches!(life.copy.state, CopyState::Voided(..)) {
                // Nothing follows on a voided copy; others come in its place.
                let (exam, number) = (life.exam, self.lives.len());
                self.lives.push(Life::new(exam, &format!("A-{number:03}")));
            }
        }
    }
}
