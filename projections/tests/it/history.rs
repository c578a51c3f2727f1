//! A copy as it stood: the past by the same folds as the present.

use domain::copy::CopyEvent;
use domain::{CopyId, LockId, Timestamp};
use fixtures::golden;
use projections::annotations::AnnotationRow;
use projections::copies::CopyRow;
use projections::copy_locks::LockRow;
use projections::history::{self, CopyThen, HistoryError, Moment, Piece, Then};
use projections::views::PageSize;
use projections::{LedgerEvent, RecordedEvent, StreamId, annotations, copies, copy_locks};
use serde_json::Value;
use uuid::Uuid;

use crate::ledger::{ADA, TestLedger, by};
use crate::life::{Dice, Life, Office};
use crate::story::{self, EXAM, copy_id};

/// More events than any history of these tests has.
const MOST: u32 = 10_000;

async fn as_of(ledger: &TestLedger, copy: CopyId, moment: Moment) -> Then {
    history::as_of(ledger.pool(), copy, moment, MOST).await.unwrap()
}

async fn refused(ledger: &TestLedger, copy: CopyId, moment: Moment) -> HistoryError {
    history::as_of(ledger.pool(), copy, moment, MOST).await.unwrap_err()
}

/// What the views show of a copy now.
async fn shown(ledger: &TestLedger, copy: CopyId) -> (CopyRow, Vec<AnnotationRow>, Option<LockRow>) {
    let row = copies::get(ledger.pool(), copy).await.unwrap().unwrap();
    let marks = annotations::of_copy(ledger.pool(), copy, None, None, PageSize::MAX).await.unwrap().items;
    (row, marks, copy_locks::of_copy(ledger.pool(), copy).await.unwrap())
}

fn folded(state: &CopyThen, copy: CopyId) -> (CopyRow, Vec<AnnotationRow>, Option<LockRow>) {
    let marks = state.annotations().into_iter().cloned().collect();
    (state.row(copy).unwrap(), marks, state.lock().cloned())
}

#[tokio::test]
async fn a_copy_at_sequence_n_is_what_the_views_showed_after_its_nth_event() {
    let ledger = TestLedger::new().await;
    let projectors = ledger.start();
    let mut office = Office::new(2, 21);
    let mut seen = vec![];
    for _ in 0..70 {
        office.work(&ledger, 1).await;
        ledger.caught_up().await;
        for life in office.lives.iter().filter(|life| !life.events.is_empty()) {
            let shown = shown(&ledger, life.id).await;
            if seen.last() != Some(&(life.id, shown.clone())) {
                seen.push((life.id, shown));
            }
        }
    }
    projectors.stop().await;
    assert!(seen.iter().any(|(_, (_, marks, lock))| !marks.is_empty() && lock.is_some()));
    for (copy, shown) in seen {
        let (row, ..) = &shown;
        for moment in
            [Moment::Sequence(row.body.sequence), Moment::Position(row.position), Moment::At(row.updated_at)]
        {
            let then = as_of(&ledger, copy, moment).await;
            assert_eq!(folded(&then.state, copy), shown, "{moment:?}");
            assert_eq!(then.at, row.updated_at);
        }
    }
}

#[tokio::test]
async fn a_deleted_annotation_can_still_be_read_in_the_history() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-1"));
    ledger.copy(copy, &story::to_locked("A-1")).await;
    let before = story::mark(Some(-50));
    let removed = CopyEvent::AnnotationRemoved { annotation: story::annotation(1), from_revision: 1, before };
    ledger.copy(copy, &[story::annotated(1, -50), removed]).await;
    assert!(as_of(&ledger, copy, Moment::Now).await.state.annotations().is_empty());
    let then = as_of(&ledger, copy, Moment::Sequence(5)).await.state;
    assert_eq!(then.annotations()[0].annotation, story::annotation(1));
    assert_eq!(then.total().unwrap().to_string(), "-0.5");
}

#[tokio::test]
async fn what_cannot_be_shown_says_what_to_ask_for_instead() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-1"));
    ledger.copy(copy_id("A-0"), &[story::requested("A-0")]).await;
    ledger.copy(copy, &story::to_locked("A-1")).await;
    let said = async |moment| refused(&ledger, copy, moment).await.to_string();
    assert_eq!(
        said(Moment::Sequence(9)).await,
        "this copy has 4 events, so there is no sequence 9; ask for 1 to 4"
    );
    assert!(matches!(refused(&ledger, copy, Moment::Sequence(0)).await, HistoryError::SequenceZero));
    assert_eq!(
        said(Moment::Position(6)).await,
        "the ledger ends at position 5, so it has no position 6; ask for 5 or earlier"
    );
    assert!(said(Moment::Position(1)).await.contains("(position 2); ask for then or later"));
    let long_ago = "2020-01-01T00:00:00Z".parse().unwrap();
    assert!(matches!(
        refused(&ledger, copy, Moment::At(long_ago)).await,
        HistoryError::BeforeBeginning { position: 2, .. }
    ));
    let far: Timestamp = "2999-01-01T00:00:00Z".parse().unwrap();
    assert!(matches!(refused(&ledger, copy, Moment::At(far)).await, HistoryError::InTheFuture { .. }));
    let nobody = CopyId(Uuid::from_u128(7));
    assert!(matches!(refused(&ledger, nobody, Moment::Now).await, HistoryError::NoSuchCopy));
    let long = history::as_of(ledger.pool(), copy, Moment::Now, 3).await.unwrap_err();
    assert!(matches!(long, HistoryError::TooLong { events: 4, most: 3 }), "{long}");
    let stretch = (Moment::Sequence(3), Moment::Sequence(2));
    let backwards = history::between(ledger.pool(), copy, stretch, MOST, |_, _| {}).await.unwrap_err();
    assert!(matches!(backwards, HistoryError::Backwards { from: 3, to: 2 }), "{backwards}");
}

#[tokio::test]
async fn every_act_between_two_moments_is_told_once_and_in_order() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-1"));
    ledger.copy(copy, &story::to_locked("A-1")).await;
    ledger.copy(copy, &[story::annotated(1, 100), story::annotated(2, 50)]).await;
    let mut told = vec![];
    let stretch = (Moment::Sequence(3), Moment::Now);
    let (before, after) = history::between(ledger.pool(), copy, stretch, MOST, |event, state| {
        told.push((event.sequence, state.total().unwrap().to_string()));
    })
    .await
    .unwrap();
    assert_eq!(told, [(4, "0".to_owned()), (5, "1".to_owned()), (6, "1.5".to_owned())]);
    assert_eq!((before.state.last().unwrap().sequence, after.state.last().unwrap().sequence), (3, 6));
}

/// A life in memory: every state that it went through.
fn states(seed: u64) -> (CopyId, Vec<CopyThen>) {
    let (mut dice, mut life) = (Dice(seed), Life::new(EXAM, "A-1"));
    for _ in 0..120 {
        life.live(&mut dice);
    }
    let states = (1..=life.events.len()).map(|until| {
        let mut state = CopyThen::default();
        for (nth, event) in life.events[..until].iter().enumerate() {
            state.fold(&recorded(life.id, nth, event)).unwrap();
        }
        state
    });
    (life.id, states.collect())
}

fn recorded(copy: CopyId, nth: usize, event: &CopyEvent) -> RecordedEvent {
    RecordedEvent {
        position: nth as i64 + 1,
        event_id: Uuid::from_u128(nth as u128),
        stream: StreamId::Copy(copy),
        sequence: nth as i64 + 1,
        event: LedgerEvent::Copy(event.clone()),
        reader: 1,
        metadata: by(ADA, "request-1"),
        recorded_at: Timestamp::from_micros(1_779_091_200_000_000 + nth as i64),
    }
}

/// What a reader is shown of a state, but for how far it has come and when.
fn stands(state: &CopyThen, copy: CopyId) -> impl PartialEq + use<> {
    let CopyRow { mut body, last_failure, .. } = state.row(copy).unwrap();
    body.sequence = 0;
    let marks: Vec<_> = state
        .annotations()
        .into_iter()
        .map(|row| (row.annotation, row.revision, row.page_index, row.mark.clone()))
        .collect();
    let lock = state.lock().map(|lock| (lock.lock, lock.owner, lock.ttl_seconds, lock.expires_at));
    (body, last_failure, marks, lock)
}

#[test]
fn two_moments_differ_by_nothing_exactly_where_a_reader_is_shown_the_same() {
    let (mut same, mut other) = (0, 0);
    for seed in 1..=12 {
        let (copy, states) = states(seed);
        for (nth, after) in states.iter().enumerate() {
            for before in states.iter().take(nth + 1).rev().take(9).chain(states.first()) {
                let changes = history::changes(copy, before, after);
                let equal = stands(before, copy) == stands(after, copy);
                assert_eq!(changes.is_empty(), equal, "seed {seed}, sequence {}: {changes:?}", nth + 1);
                (same, other) = if equal { (same + 1, other) } else { (same, other + 1) };
                for change in &changes {
                    assert!(!spoken(&history::words_of_change(change)).is_empty());
                }
            }
        }
    }
    assert!(same > 100 && other > 1_000, "{same} {other}");
}

#[test]
fn a_difference_is_told_in_the_words_of_an_auditor() {
    let (copy, mut state) = (copy_id("A-1"), CopyThen::default());
    let mut events = story::to_locked("A-1");
    events.extend([story::annotated(1, -50), story::annotated(2, 100)]);
    for (nth, event) in events.iter().enumerate() {
        state.fold(&recorded(copy, nth, event)).unwrap();
    }
    let mut before = CopyThen::default();
    for (nth, event) in events[..5].iter().enumerate() {
        before.fold(&recorded(copy, nth, event)).unwrap();
    }
    let removed = CopyEvent::AnnotationRemoved {
        annotation: story::annotation(1),
        from_revision: 1,
        before: story::mark(Some(-50)),
    };
    state.fold(&recorded(copy, 6, &removed)).unwrap();
    let said: Vec<String> = history::changes(copy, &before, &state)
        .iter()
        .map(|change| spoken(&history::words_of_change(change)))
        .collect();
    assert_eq!(
        said,
        [
            "Total: -0.5 → 1 points",
            "Annotation 1 on page 2 removed (ERROR, -0.5 points, question 1): “…”",
            "Annotation 2 on page 2 added (ERROR, 1 points, question 1): “…”",
        ]
    );
}

fn spoken(sentence: &history::Sentence) -> String {
    sentence.spoken(|piece| match piece {
        Piece::Words(words) => words.clone(),
        Piece::Sealed(_) => "…".to_owned(),
        Piece::Actor(actor) => actor.to_string(),
        Piece::Subject(subject) => subject.to_string(),
        Piece::At(at) => at.to_string(),
    })
}

#[test]
fn every_golden_event_is_told_in_a_sentence_that_holds_no_commitment_in_its_words() {
    for event in golden::copy_events() {
        let sentence = history::words_of_event(&event, &CopyThen::default());
        let said = spoken(&sentence);
        assert!(said.starts_with(|first: char| first.is_uppercase()), "{}: {said}", event.type_name());
        for commitment in sentence.commitments() {
            assert!(!said.contains(&commitment.to_string()), "{said}");
        }
    }
}

/// The cost of the past is that of one copy: what its statements look at is this copy's events and no others'.
#[tokio::test]
async fn the_events_of_other_copies_are_not_looked_at() {
    let ledger = TestLedger::new().await;
    let copy = copy_id("A-1");
    ledger.copy(copy, &story::to_locked("A-1")).await;
    let renewed = |second: i64| CopyEvent::LockRenewed {
        lock: LockId(Uuid::from_u128(0x10c)),
        ttl_seconds: 600,
        before: Timestamp::from_micros(second),
        expires_at: Timestamp::from_micros(second + 1),
    };
    for number in 0..40 {
        let name = format!("B-{number}");
        ledger.copy(copy_id(&name), &story::to_locked(&name)).await;
        ledger.copy(copy_id(&name), &(0..50).map(renewed).collect::<Vec<_>>()).await;
    }
    sqlx::query("ANALYZE events").execute(ledger.pool()).await.unwrap();
    let read =
        explained(&ledger, include_str!("../../src/stream/of_copy.sql"), copy, |query| query.bind(3_i64))
            .await;
    assert_eq!(read, 3);
    let resolve = include_str!("../../src/history/resolve.sql");
    let none = None::<i64>;
    let resolved = explained(&ledger, resolve, copy, |query| {
        query.bind(none).bind(3_i64).bind(None::<sqlx::types::chrono::DateTime<sqlx::types::chrono::Utc>>)
    })
    .await;
    // First, last, the one that was asked for with those after it, the head, and the event at the position.
    assert!(resolved <= 8, "{resolved} rows");
}

type Query<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, Value, sqlx::postgres::PgArguments>;

/// How many rows of `events` a statement looks at.
async fn explained(
    ledger: &TestLedger,
    sql: &str,
    copy: CopyId,
    bind: impl FnOnce(Query<'_>) -> Query<'_>,
) -> i64 {
    let sql = format!("EXPLAIN (ANALYZE, FORMAT JSON) {sql}");
    let query = sqlx::query_scalar(&sql).bind(copy.0.to_string());
    let plan = bind(query).fetch_one(ledger.pool()).await.unwrap();
    let (mut left, mut rows) = (vec![&plan], 0);
    while let Some(value) = left.pop() {
        if value["Relation Name"] == "events" {
            let count = |name: &str| value[name].as_f64().unwrap_or(0.0);
            rows += ((count("Actual Rows") + count("Rows Removed by Filter")) * count("Actual Loops")) as i64;
        }
        left.extend(value.as_array().into_iter().flatten());
        left.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
    }
    rows
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_with_its_position() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-1"));
    ledger.copy(copy, &[story::requested("A-1")]).await;
    let mut broken = crate::ledger::Row::of("CopyImported", &story::imported(2));
    broken.payload = "{\"CopyImported\":{\"attempt\":1}}".to_owned();
    ledger.append(StreamId::Copy(copy), &[broken]).await;
    let error = refused(&ledger, copy, Moment::Now).await;
    assert!(error.to_string().starts_with("the event at position 2 can no longer be read"), "{error}");
    assert!(as_of(&ledger, copy, Moment::Sequence(1)).await.state.last().is_some());
    let removed = CopyEvent::AnnotationRemoved {
        annotation: story::annotation(1),
        from_revision: 1,
        before: story::mark(None),
    };
    let other = copy_id("A-2");
    ledger.copy(other, &[story::requested("A-2"), removed]).await;
    let error = refused(&ledger, other, Moment::Now).await;
    assert!(matches!(error, HistoryError::Fold { position: 4, .. }), "{error}");
}
