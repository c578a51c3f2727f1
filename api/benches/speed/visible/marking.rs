//! What graders do to a copy, as commands.

use domain::copy::command::Marking;
use domain::copy::{CopyAction, CopyCommand, ExamCopy, Mark, MarkKind, Page, ShownLock};
use domain::{
    ActorId, AnnotationId, AnonymousId, Commitment, CopyId, Digest, ExamId, LockId, PageBox, Points,
    Question, QuestionId, Role, Timestamp,
};
use gradeledger::ledger::{By, Ledger, Order};
use serde_json::Value;
use uuid::Uuid;

/// Pages of each copy.
pub(crate) const PAGES: u32 = 12;
/// Questions of the scheme.
const QUESTIONS: u128 = 20;

/// A copy in someone's hands.
#[derive(Clone, Copy)]
pub(crate) struct Hand {
    copy: CopyId,
    actor: ActorId,
    lock: LockId,
}

/// A copy of an exam of its own, imported, validated and locked.
pub(crate) async fn take_in_hand(ledger: &Ledger) -> Hand {
    let (exam, anonymous_id) = (ExamId(Uuid::now_v7()), "A-1".parse::<AnonymousId>().unwrap());
    let copy = CopyId::of(exam, &anonymous_id);
    let (actor, lock) = (ActorId(Uuid::now_v7()), LockId(Uuid::now_v7()));
    let hand = Hand { copy, actor, lock };
    let page = |nth: u32| Page { sha256: Digest::of(&nth.to_be_bytes()), width: 1_190, height: 1_684 };
    let question = |nth| Question { id: question(nth), maximum: Points(1_000) };
    let source = Digest::of(copy.0.as_bytes());
    for action in [
        CopyAction::RequestImport { exam, anonymous_id, source, source_bytes: 1, filename: None },
        CopyAction::RecordImport {
            attempt: 1,
            pages: (0..PAGES).map(page).collect(),
            renderer: "bench".to_owned(),
            warnings: Vec::new(),
            duration_ms: 1,
        },
        CopyAction::Validate { scheme_version: 1, questions: (0..QUESTIONS).map(question).collect() },
        CopyAction::AcquireLock { lock, ttl_seconds: 3_600 },
    ] {
        execute(ledger, hand, action).await;
    }
    hand
}

/// The mark number `turn` of a copy: a point, a comment, and the comment once more as the grader thinks again.
pub(crate) async fn mark(ledger: &Ledger, hand: Hand, turn: usize) -> i64 {
    let turn = turn as u128;
    let annotation = AnnotationId(Uuid::from_u128(hand.copy.0.as_u128() ^ (turn / 3 + 1)));
    let act = match turn % 3 {
        0 => Marking::AddAnnotation {
            annotation,
            page_index: u32::try_from(turn).unwrap() % PAGES,
            mark: comment(hand, turn),
        },
        1 => Marking::ReviseAnnotation { annotation, revision: 1, after: comment(hand, turn) },
        _ => Marking::ScoreQuestion {
            question: question(turn % QUESTIONS),
            points: Some(Points(i64::try_from(turn % 900).unwrap() + 1)),
        },
    };
    execute(ledger, hand, CopyAction::Mark { shown: ShownLock::Of(hand.lock), act }).await
}

fn comment(hand: Hand, turn: u128) -> Mark {
    Mark {
        area: PageBox { x: 100_000, y: 200_000, width: 300_000, height: 40_000 },
        kind: MarkKind::Comment,
        points: Some(Points(-25)),
        question: Some(question(turn % QUESTIONS)),
        text: Some(Commitment::to(&[7; 32], hand.copy.0.as_bytes())),
    }
}

fn question(nth: u128) -> QuestionId {
    format!("{nth}").parse().unwrap()
}

async fn execute(ledger: &Ledger, hand: Hand, action: CopyAction) -> i64 {
    let order = Order::<ExamCopy> {
        by: By {
            actor: hand.actor,
            role: Role::Grader,
            request_id: Uuid::now_v7().to_string(),
            causation_id: None,
            traceparent: None,
        },
        idempotency: None,
        vault: Vec::new(),
        command: &|at: Timestamp| CopyCommand { actor: hand.actor, at, action: action.clone() },
        answer: &|_| Value::Null,
    };
    ledger.execute(hand.copy.0, order).await.unwrap().last_position
}
