//! Appending, one command at a time.

use domain::copy::{CopyAction, CopyError, CopyStatus};
use domain::leaf::{Content, Leaf};
use domain::{Digest, LockId, Timestamp};
use gradeledger::ledger::{ExecuteError, LedgerLimits};
use sqlx::Row as _;
use sqlx::types::chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::office::{Office, a_scan, pages_read, questions, score, types};

#[tokio::test]
async fn a_command_is_in_the_ledger_when_it_is_answered() {
    let office = Office::open().await;
    let (copy, action) = a_scan();
    let done = office.ask(copy, action).await.unwrap();
    assert_eq!((done.first_position, done.last_position, done.repeated), (Some(1), 1, false));
    assert_eq!(done.state.sequence, 1);
    assert_eq!(types(office.pool(), copy).await, ["CopyImportRequested"]);
}

#[tokio::test]
async fn the_leaf_in_the_table_is_the_leaf_of_the_definition() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    office.create_exam().await;
    office.ask(copy, CopyAction::Finalise { shown }).await.unwrap();
    let rows = sqlx::query(
        "SELECT position, sequence, recorded_at, event_id, aggregate_type, aggregate_id, event_type, event_version, \
         content_hash, leaf_hash, payload::text, metadata::text FROM events ORDER BY aggregate_id, sequence",
    )
    .fetch_all(office.pool())
    .await
    .unwrap();
    assert!(rows.len() >= 6);
    let mut previous = Digest::ZERO;
    for row in rows {
        let sequence: i64 = row.get("sequence");
        if sequence == 1 {
            previous = Digest::ZERO;
        }
        let content = Content {
            event_id: row.get("event_id"),
            aggregate_type: row.get("aggregate_type"),
            aggregate_id: row.get("aggregate_id"),
            sequence,
            event_type: row.get("event_type"),
            event_version: row.get("event_version"),
            metadata: row.get("metadata"),
            payload: row.get("payload"),
        };
        assert_eq!(content.hash().0.as_slice(), row.get::<&[u8], _>("content_hash"));
        let recorded_at: DateTime<Utc> = row.get("recorded_at");
        let leaf = Leaf {
            epoch: office.ledger.epoch().await.unwrap(),
            position: row.get("position"),
            recorded_at: Timestamp::from_micros(recorded_at.timestamp_micros()),
            content_hash: content.hash(),
            previous,
        };
        assert_eq!(leaf.hash().0.as_slice(), row.get::<&[u8], _>("leaf_hash"), "{}", leaf.text());
        previous = leaf.hash();
    }
}

#[tokio::test]
async fn a_refusal_leaves_nothing_and_says_where_the_stream_stands() {
    let office = Office::open().await;
    let copy = office.import().await;
    let before = (office.count("events").await, office.count("commands").await);
    let refused = office.ask(copy, CopyAction::Validate { scheme_version: 1, questions: questions() }).await;
    let Err(ExecuteError::Refused { refusal, current_sequence: 1 }) = refused else { panic!("{refused:?}") };
    assert!(matches!(refusal, CopyError::NotImported(_)), "{refusal:?}");
    assert_eq!((office.count("events").await, office.count("commands").await), before);
}

#[tokio::test]
async fn a_command_that_asks_for_what_stands_appends_nothing_and_answers_from_the_state() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    let before = office.count("events").await;
    let beat = office.ask(copy, CopyAction::RenewLock { shown, ttl_seconds: 600 }).await.unwrap();
    assert_eq!((beat.first_position, beat.last_position), (None, before));
    assert_eq!(beat.state.state.status(), Some(CopyStatus::Locked));
    assert_eq!(office.count("events").await, before);
}

/// Law L2, between two processes: here, two ledgers over one database, each with a cache of its own.
#[tokio::test]
async fn l2_an_append_that_expects_another_sequence_is_decided_again_on_what_stands() {
    let office = Office::open().await;
    let other = Office {
        ledger: gradeledger::ledger::Ledger::open(office.pool().clone(), LedgerLimits::default())
            .await
            .unwrap(),
        ..Office::open().await
    };
    let copy = office.ready().await;
    // The other process has the copy as ready; meanwhile it is locked here.
    assert_eq!(other.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().sequence, 3);
    let lock = LockId(Uuid::now_v7());
    office.ask(copy, CopyAction::AcquireLock { lock, ttl_seconds: 600 }).await.unwrap();
    let second =
        other.ask(copy, CopyAction::AcquireLock { lock: LockId(Uuid::now_v7()), ttl_seconds: 600 }).await;
    assert!(
        matches!(second, Err(ExecuteError::Refused { refusal: CopyError::Lock(_), current_sequence: 4 })),
        "{second:?}"
    );
    assert_eq!(types(office.pool(), copy).await.len(), 4);
}

/// The incident of L5: an owner is refused by what a cache remembers.
#[tokio::test]
async fn nobody_is_refused_by_a_stale_cache() {
    let office = Office::open().await;
    let other =
        gradeledger::ledger::Ledger::open(office.pool().clone(), LedgerLimits::default()).await.unwrap();
    let (copy, shown) = office.locked().await;
    assert_eq!(other.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().sequence, 4);
    office.ask(copy, CopyAction::ReleaseLock { shown }).await.unwrap();
    let grader = crate::office::someone();
    let lock = CopyAction::AcquireLock { lock: LockId(Uuid::now_v7()), ttl_seconds: 600 };
    let locked = crate::office::act(&other, grader, copy, lock, None, Vec::new()).await.unwrap();
    assert_eq!(locked.state.sequence, 6);
}

#[tokio::test]
async fn l3_a_repeated_key_gets_the_first_answer_and_changes_nothing() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    let first = office.ask_once(copy, score(shown, 250), office.key("k", "2.5")).await.unwrap();
    office.ask(copy, score(shown, 300)).await.unwrap();
    let before = office.count("events").await;
    let again = office.ask_once(copy, score(shown, 250), office.key("k", "2.5")).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!((again.answer, again.first_position), (first.answer, first.first_position));
    assert_eq!(office.count("events").await, before);
}

/// The repeat of a command that cannot be done twice: a rule would refuse it, the key answers it.
#[tokio::test]
async fn l3_a_repeat_is_answered_even_where_a_rule_would_refuse_it_now() {
    let office = Office::open().await;
    let (copy, action) = a_scan();
    let first = office.ask_once(copy, action.clone(), office.key("import-1", "pdf")).await.unwrap();
    office.ask(copy, pages_read()).await.unwrap();
    let again = office.ask_once(copy, action, office.key("import-1", "pdf")).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.answer, first.answer);
    assert_eq!(again.state.sequence, 2, "the state is the present one");
}

#[tokio::test]
async fn l3_the_same_key_with_another_body_is_refused() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    office.ask_once(copy, score(shown, 250), office.key("k", "2.5")).await.unwrap();
    let other = office.ask_once(copy, score(shown, 300), office.key("k", "3")).await;
    assert!(matches!(other, Err(ExecuteError::KeyReused)), "{other:?}");
    // Also where the rules would refuse it before it came to an append.
    let refused = office.ask_once(copy, pages_read(), office.key("k", "pages")).await;
    assert!(matches!(refused, Err(ExecuteError::KeyReused)), "{refused:?}");
}

#[tokio::test]
async fn l3_a_key_is_its_principals_own() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    office.ask_once(copy, score(shown, 250), office.key("k", "2.5")).await.unwrap();
    let stranger = Office { actor: crate::office::someone(), ..office };
    let (other, action) = a_scan();
    let done = stranger.ask_once(other, action, stranger.key("k", "2.5")).await.unwrap();
    assert!(!done.repeated);
}

#[tokio::test]
async fn l3_two_requests_with_one_key_at_once_are_applied_once() {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    let other =
        gradeledger::ledger::Ledger::open(office.pool().clone(), LedgerLimits::default()).await.unwrap();
    let before = office.count("events").await;
    let ask = |ledger| {
        crate::office::act(ledger, office.actor, copy, score(shown, 250), office.key("k", "2.5"), Vec::new())
    };
    let (a, b, c) = tokio::join!(ask(&office.ledger), ask(&other), ask(&office.ledger));
    let answers = [a.unwrap(), b.unwrap(), c.unwrap()];
    assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
    assert!(answers.iter().all(|answer| answer.answer == answers[0].answer));
    assert_eq!(office.count("events").await, before + 1);
}

#[tokio::test]
async fn the_ledgers_clock_is_postgres_s() {
    let office = Office::open().await;
    office.import().await;
    let ours = office.ledger.now();
    let theirs: DateTime<Utc> =
        sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(office.pool()).await.unwrap();
    let behind = theirs.timestamp_micros() - ours.micros();
    assert!((0..5_000_000).contains(&behind), "{behind} µs behind");
}
