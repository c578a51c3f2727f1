//! What is done to a copy until a grader has it, and what graders do then, as commands.

use domain::copy::command::Marking;
use domain::copy::{CopyAction, CopyCommand, ExamCopy, Mark, MarkKind, Page, ShownLock};
use domain::{
    ActorId, AnnotationId, AnonymousId, Commitment, CopyId, Digest, ExamId, LockId, PageBox, Points,
    Question, QuestionId, Role, Timestamp,
};
use gradeledger::ledger::{By, Ledger, Order};
use gradeledger::vault::VaultRow;
use serde_json::Value;
use uuid::Uuid;

/// A copy as it is imported and validated.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) pages: u32,
    pub(crate) questions: u32,
}

impl Shape {
    /// What an append costs at least.
    pub(crate) const LEAST: Self = Self { pages: 1, questions: 1 };
    pub(crate) const USUAL: Self = Self { pages: 12, questions: 20 };
}

/// Events that bring a copy into a grader's hands.
pub(crate) const TO_LOCKED: u32 = 4;

/// A copy in someone's hands.
#[derive(Clone, Copy)]
pub(crate) struct Hand {
    pub(crate) copy: CopyId,
    pub(crate) actor: ActorId,
    lock: LockId,
}

impl Hand {
    /// A copy of an exam of its own that there is not yet, and what brings it into a grader's hands.
    pub(crate) fn on(shape: Shape) -> (Self, [CopyAction; TO_LOCKED as usize]) {
        let (exam, anonymous_id) = (ExamId(Uuid::now_v7()), "A-1".parse::<AnonymousId>().unwrap());
        let copy = CopyId::of(exam, &anonymous_id);
        let hand = Self { copy, actor: ActorId(Uuid::now_v7()), lock: LockId(Uuid::now_v7()) };
        let page = |nth: u32| Page { sha256: Digest::of(&nth.to_be_bytes()), width: 1_190, height: 1_684 };
        let asked = |nth| Question { id: question(nth), maximum: Points(100_000) };
        let source = Digest::of(hand.copy.0.as_bytes());
        let actions = [
            CopyAction::RequestImport { exam, anonymous_id, source, source_bytes: 1, filename: None },
            CopyAction::RecordImport {
                attempt: 1,
                pages: (0..shape.pages).map(page).collect(),
                renderer: "bench".to_owned(),
                warnings: Vec::new(),
                duration_ms: 1,
            },
            CopyAction::Validate { scheme_version: 1, questions: (0..shape.questions).map(asked).collect() },
            CopyAction::AcquireLock { lock: hand.lock, ttl_seconds: 3_600 },
        ];
        (hand, actions)
    }

    /// An act of whoever has it in hand.
    pub(crate) fn marks(self, act: Marking) -> CopyAction {
        CopyAction::Mark { shown: ShownLock::Of(self.lock), act }
    }
}

/// Imports, validates and locks a copy.
pub(crate) async fn take_in_hand(ledger: &Ledger, shape: Shape) -> Hand {
    let (hand, actions) = Hand::on(shape);
    for action in actions {
        execute(ledger, hand, action, Vec::new()).await;
    }
    hand
}

/// Points for a question, other ones each time.
pub(crate) fn score(of: u32, turn: u64) -> Marking {
    let points = Points(i64::try_from(turn % 900).unwrap() + 1);
    Marking::ScoreQuestion { question: question(of), points: Some(points) }
}

/// The mark number `turn` of a copy: a point, a comment, and the comment once more as the grader thinks again.
pub(crate) async fn mark(ledger: &Ledger, hand: Hand, turn: usize) -> i64 {
    let turn = u64::try_from(turn).unwrap();
    let annotation = AnnotationId(Uuid::from_u128(hand.copy.0.as_u128() ^ u128::from(turn / 3 + 1)));
    let of = |count| u32::try_from(turn % u64::from(count)).unwrap();
    let act = match turn % 3 {
        0 => Marking::AddAnnotation {
            annotation,
            page_index: of(Shape::USUAL.pages),
            mark: comment(hand, of(Shape::USUAL.questions)),
        },
        1 => Marking::ReviseAnnotation {
            annotation,
            revision: 1,
            after: comment(hand, of(Shape::USUAL.questions)),
        },
        _ => score(of(Shape::USUAL.questions), turn),
    };
    execute(ledger, hand, hand.marks(act), Vec::new()).await
}

fn comment(hand: Hand, of: u32) -> Mark {
    Mark {
        area: PageBox { x: 100_000, y: 200_000, width: 300_000, height: 40_000 },
        kind: MarkKind::Comment,
        points: Some(Points(-25)),
        question: Some(question(of)),
        text: Some(Commitment::to(&[7; 32], hand.copy.0.as_bytes())),
    }
}

fn question(nth: u32) -> QuestionId {
    format!("{nth}").parse().unwrap()
}

/// Carries out an action with its texts; answers where its last event stands.
pub(crate) async fn execute(ledger: &Ledger, hand: Hand, action: CopyAction, vault: Vec<VaultRow>) -> i64 {
    let order = Order::<ExamCopy> {
        by: By {
            actor: hand.actor,
            role: Role::Grader,
            request_id: Uuid::now_v7().to_string(),
            causation_id: None,
            traceparent: None,
        },
        idempotency: None,
        vault,
        command: &|at: Timestamp| CopyCommand { actor: hand.actor, at, action: action.clone() },
        answer: &|_| Value::Null,
    };
    ledger.execute(hand.copy.0, order).await.unwrap().last_position
}
