//! Given, when, then: the life of one copy, told through cqrs-es's `TestFramework`.

use cqrs_es::test::TestFramework;
use domain::copy::command::{Failure, Marking};
use domain::copy::event::{WorkError, WorkStage};
use domain::copy::{
    CopyAction, CopyCommand, CopyError, CopyEvent, ExamCopy, IdentificationMethod, Mark, MarkKind, Page,
    ShownLock,
};
use domain::{
    ActorId, AnnotationId, Commitment, Digest, ExamId, LockId, PageBox, Points, Question, QuestionId,
    SubjectId, Timestamp,
};
use uuid::Uuid;

/// The instant at which every story begins: 2026-05-18T08:00:00Z, in seconds.
pub(crate) const START: i64 = 1_779_091_200;

pub(crate) const ADA: ActorId = ActorId(Uuid::from_u128(0xada));
pub(crate) const BLAISE: ActorId = ActorId(Uuid::from_u128(0xb1a));
pub(crate) const OFFICE: ActorId = ActorId(Uuid::from_u128(0x0ff));
pub(crate) const WORKER: ActorId = ActorId(Uuid::from_u128(0x303));
pub(crate) const EXAM: ExamId = ExamId(Uuid::from_u128(0xe1));
pub(crate) const LOCK: LockId = LockId(Uuid::from_u128(0x10c));
pub(crate) const TTL_SECONDS: u32 = 600;

pub(crate) fn sealed(text: &str) -> Commitment {
    Commitment::to(&[7; 32], text.as_bytes())
}

pub(crate) fn question(id: &str) -> QuestionId {
    id.parse().unwrap()
}

pub(crate) fn scheme() -> Vec<Question> {
    vec![
        Question { id: question("1"), maximum: Points(800) },
        Question { id: question("2.a"), maximum: Points(1_200) },
    ]
}

pub(crate) fn pages() -> Vec<Page> {
    let page = |name: &[u8]| Page { sha256: Digest::of(name), width: 1_191, height: 1_684 };
    vec![page(b"page 0"), page(b"page 1"), page(b"page 2")]
}

pub(crate) fn annotation(number: u128) -> AnnotationId {
    AnnotationId(Uuid::from_u128(0xa000 + number))
}

pub(crate) fn mark(points: Option<i64>) -> Mark {
    Mark {
        area: PageBox { x: 100_000, y: 200_000, width: 300_000, height: 50_000 },
        kind: MarkKind::Error,
        points: points.map(Points),
        question: Some(question("1")),
        text: Some(sealed("sign")),
    }
}

/// A copy's events so far, and the time.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) events: Vec<CopyEvent>,
    pub(crate) second: i64,
}

impl Story {
    pub(crate) fn at(mut self, second: i64) -> Self {
        self.second = second;
        self
    }

    pub(crate) fn command(&self, actor: ActorId, action: CopyAction) -> CopyCommand {
        CopyCommand { actor, at: Timestamp::from_micros((START + self.second) * 1_000_000), action }
    }

    pub(crate) fn asked(&self, actor: ActorId, action: CopyAction) -> Result<Vec<CopyEvent>, CopyError> {
        TestFramework::<ExamCopy>::with(())
            .given(self.events.clone())
            .when(self.command(actor, action))
            .inspect_result()
    }

    /// What follows; the story itself goes on as before.
    pub(crate) fn yields(&self, actor: ActorId, action: CopyAction) -> Vec<CopyEvent> {
        self.asked(actor, action).expect("the command is accepted")
    }

    pub(crate) fn refuses(&self, actor: ActorId, action: CopyAction) -> CopyError {
        self.asked(actor, action).expect_err("the command is refused")
    }

    pub(crate) fn then(mut self, actor: ActorId, action: CopyAction) -> Self {
        let events = self.yields(actor, action);
        self.events.extend(events);
        self
    }

    pub(crate) fn copy(&self) -> ExamCopy {
        folded(&self.events)
    }

    pub(crate) fn total(&self) -> Points {
        self.copy().state.paper().expect("a validated copy").breakdown().total()
    }

    // The stations of a copy's life, one built on the other.

    pub(crate) fn absent() -> Self {
        Self { events: vec![], second: 0 }
    }

    pub(crate) fn staging() -> Self {
        Self::absent().then(OFFICE, request_import("A-001"))
    }

    pub(crate) fn imported() -> Self {
        Self::staging().then(WORKER, record_import(1, pages()))
    }

    pub(crate) fn ready() -> Self {
        Self::imported().then(OFFICE, validate())
    }

    pub(crate) fn locked() -> Self {
        Self::ready().then(ADA, acquire(LOCK))
    }

    /// Locked, with 5 for question 1, −2.5 on page 0 and 0.5 on page 2: a total of 3.
    pub(crate) fn marked() -> Self {
        Self::locked()
            .then(ADA, score("1", Some(500)))
            .then(ADA, annotate(1, 0, mark(Some(-250))))
            .then(ADA, annotate(2, 2, mark(Some(50))))
    }

    pub(crate) fn grading() -> Self {
        Self::marked().then(ADA, finalise())
    }

    pub(crate) fn grading_failed() -> Self {
        let grading = Self::grading();
        let action = grading.failed(WorkError::InvalidPdf);
        grading.then(WORKER, action)
    }

    pub(crate) fn graded() -> Self {
        let grading = Self::grading();
        let action = grading.made(3);
        grading.then(WORKER, action)
    }

    pub(crate) fn voided() -> Self {
        Self::ready().then(OFFICE, void())
    }

    /// What a worker reports that made the PDF of the finalisation that runs.
    pub(crate) fn made(&self, pages: u32) -> CopyAction {
        let (basis_sequence, attempt) = self.run();
        CopyAction::RecordGraded { basis_sequence, attempt, pdf: final_pdf(), pages, duration_ms: 40 }
    }

    /// What a worker reports that could not make it.
    pub(crate) fn failed(&self, error_type: WorkError) -> CopyAction {
        let (basis_sequence, attempt) = self.run();
        CopyAction::RecordFinalisationFailure { basis_sequence, attempt, failure: failure(error_type) }
    }

    fn run(&self) -> (u64, u32) {
        self.events
            .iter()
            .rev()
            .find_map(|event| match event {
                CopyEvent::FinalisationStarted { basis_sequence, attempt, .. } => {
                    Some((*basis_sequence, *attempt))
                }
                _ => None,
            })
            .unwrap_or((0, 1))
    }
}

pub(crate) fn folded(events: &[CopyEvent]) -> ExamCopy {
    let mut copy = ExamCopy::default();
    events.iter().cloned().for_each(|event| copy.fold(event));
    copy
}

pub(crate) fn final_pdf() -> Digest {
    Digest::of(b"final pdf")
}

pub(crate) fn failure(error_type: WorkError) -> Failure {
    Failure { stage: WorkStage::Render, error_type, duration_ms: 900 }
}

pub(crate) fn request_import(anonymous_id: &str) -> CopyAction {
    CopyAction::RequestImport {
        exam: EXAM,
        anonymous_id: anonymous_id.parse().unwrap(),
        source: Digest::of(b"scan"),
        source_bytes: 120_000,
        filename: Some(sealed("scan.pdf")),
    }
}

pub(crate) fn record_import(attempt: u32, pages: Vec<Page>) -> CopyAction {
    CopyAction::RecordImport {
        attempt,
        pages,
        renderer: "hayro 0.9".to_owned(),
        warnings: vec!["image_decode_failure".to_owned()],
        duration_ms: 1_200,
    }
}

pub(crate) fn import_failure(attempt: u32, error_type: WorkError) -> CopyAction {
    CopyAction::RecordImportFailure { attempt, failure: failure(error_type) }
}

pub(crate) fn validate() -> CopyAction {
    CopyAction::Validate { scheme_version: 1, questions: scheme() }
}

pub(crate) fn acquire(lock: LockId) -> CopyAction {
    CopyAction::AcquireLock { lock, ttl_seconds: TTL_SECONDS }
}

pub(crate) fn renew() -> CopyAction {
    CopyAction::RenewLock { shown: ShownLock::Of(LOCK), ttl_seconds: TTL_SECONDS }
}

pub(crate) fn release() -> CopyAction {
    CopyAction::ReleaseLock { shown: ShownLock::Of(LOCK) }
}

pub(crate) fn retry_import() -> CopyAction {
    CopyAction::RetryImport { reason: sealed("the disk was full") }
}

pub(crate) fn retry_finalisation() -> CopyAction {
    CopyAction::RetryFinalisation { reason: sealed("the disk was full") }
}

pub(crate) fn force_release() -> CopyAction {
    CopyAction::ForceReleaseLock { reason: sealed("left for the day") }
}

pub(crate) fn marking(act: Marking) -> CopyAction {
    CopyAction::Mark { shown: ShownLock::Of(LOCK), act }
}

pub(crate) fn annotate(number: u128, page_index: u32, mark: Mark) -> CopyAction {
    marking(Marking::AddAnnotation { annotation: annotation(number), page_index, mark })
}

pub(crate) fn revise(number: u128, revision: u32, after: Mark) -> CopyAction {
    marking(Marking::ReviseAnnotation { annotation: annotation(number), revision, after })
}

pub(crate) fn remove(number: u128, revision: u32) -> CopyAction {
    marking(Marking::RemoveAnnotation { annotation: annotation(number), revision })
}

pub(crate) fn score(id: &str, points: Option<i64>) -> CopyAction {
    marking(Marking::ScoreQuestion { question: question(id), points: points.map(Points) })
}

pub(crate) fn finalise() -> CopyAction {
    CopyAction::Finalise { shown: ShownLock::Of(LOCK) }
}

pub(crate) fn correct(id: &str, points: i64) -> CopyAction {
    CopyAction::Correct { question: question(id), points: Points(points), reason: sealed("miscounted") }
}

pub(crate) fn reopen() -> CopyAction {
    CopyAction::Reopen { reason: sealed("page 2 overlooked") }
}

pub(crate) fn identify(subject: u128) -> CopyAction {
    CopyAction::Identify {
        subject: SubjectId(Uuid::from_u128(subject)),
        method: IdentificationMethod::Manual,
    }
}

pub(crate) fn unidentify() -> CopyAction {
    CopyAction::Unidentify { reason: sealed("the wrong envelope") }
}

pub(crate) fn assign(grader: ActorId) -> CopyAction {
    CopyAction::Assign { grader, run: None }
}

pub(crate) fn void() -> CopyAction {
    CopyAction::Void { reason: sealed("scanned twice"), replaced_by: None }
}
