//! The walk over the whole ledger, and what an owner's tampering shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gradeledger::ledger::verify::{Fault, Finding, Verdict, verify};
use sqlx::PgPool;

use crate::office::{Office, score};

async fn walk(pool: &PgPool) -> Verdict {
    verify(pool, 2, Arc::new(|_, _| {})).await.unwrap()
}

/// A ledger of ten events: 1 to 4 and 9, 10 of one copy, 5 to 8 of another.
async fn ten_events() -> Office {
    let office = Office::open().await;
    let (copy, shown) = office.locked().await;
    office.locked().await;
    office.ask(copy, score(shown, 100)).await.unwrap();
    office.ask(copy, score(shown, 200)).await.unwrap();
    office
}

/// What an owner of the tables can do, who switches the triggers off.
async fn tamper(pool: &PgPool, statements: &[&str]) {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("ALTER TABLE events DISABLE TRIGGER USER").execute(&mut *transaction).await.unwrap();
    for statement in statements {
        let done = sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_sound_ledger_is_said_to_be_sound_and_every_event_was_seen() {
    let office = ten_events().await;
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    let progress = Arc::new(move |more, of| {
        assert_eq!(of, 10);
        count.fetch_add(more, Ordering::Relaxed);
    });
    assert_eq!(verify(office.pool(), 2, progress).await.unwrap(), Verdict::Sound { events: 10 });
    assert_eq!(seen.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn an_empty_ledger_is_sound() {
    assert_eq!(walk(Office::open().await.pool()).await, Verdict::Sound { events: 0 });
}

#[tokio::test]
async fn each_kind_of_tampering_is_found_at_its_first_position() {
    let zero = "decode(repeat('00', 32), 'hex')";
    let cases: Vec<(String, i64, Fault)> = vec![
        ("UPDATE events SET payload = replace(payload::text, '100', '900')::json WHERE position = 9".into(), 9, Fault::Content),
        ("UPDATE events SET metadata = replace(metadata::text, 'a-test', 'b-test')::json WHERE position = 3".into(), 3, Fault::Content),
        // The same JSON in another text is another text.
        ("UPDATE events SET metadata = (metadata::text || ' ')::json WHERE position = 3".into(), 3, Fault::Content),
        ("UPDATE events SET event_type = 'CopyGraded' WHERE position = 9".into(), 9, Fault::Content),
        ("UPDATE events SET event_version = '2' WHERE position = 9".into(), 9, Fault::Content),
        ("UPDATE events SET event_id = gen_random_uuid() WHERE position = 7".into(), 7, Fault::Content),
        ("UPDATE events SET sequence = 60 WHERE position = 10".into(), 10, Fault::Content),
        (format!("UPDATE events SET content_hash = {zero} WHERE position = 6"), 6, Fault::Content),
        ("UPDATE events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 4".into(), 4, Fault::Leaf),
        (format!("UPDATE events SET leaf_hash = {zero} WHERE position = 8"), 8, Fault::Leaf),
        // A leaf in the middle of a chain: it is wrong itself, before it makes the next one wrong.
        (format!("UPDATE events SET leaf_hash = {zero} WHERE position = 2"), 2, Fault::Leaf),
        ("DELETE FROM events WHERE position = 5".into(), 5, Fault::Missing),
        ("DELETE FROM events WHERE position = 1".into(), 1, Fault::Missing),
        ("DELETE FROM events WHERE position > 8".into(), 9, Fault::LostTail),
        ("UPDATE events SET position = 11 WHERE position = 10".into(), 10, Fault::Missing),
    ];
    for (statement, position, fault) in cases {
        let office = ten_events().await;
        tamper(office.pool(), &[&statement]).await;
        assert_eq!(walk(office.pool()).await, Verdict::Broken(Finding { position, fault }), "{statement}");
    }
}

#[tokio::test]
async fn two_events_that_change_places_are_found() {
    let office = ten_events().await;
    tamper(
        office.pool(),
        &[
            "UPDATE events SET position = 100 WHERE position = 4",
            "UPDATE events SET position = 4 WHERE position = 8",
            "UPDATE events SET position = 8 WHERE position = 100",
        ],
    )
    .await;
    let Verdict::Broken(finding) = walk(office.pool()).await else { panic!("not found") };
    assert_eq!(finding.position, 4);
}

/// An event removed with its gap closed, as well as can be done without making every later leaf anew.
#[tokio::test]
async fn an_event_cut_out_of_the_middle_is_found_where_the_gap_was_closed() {
    let office = ten_events().await;
    tamper(
        office.pool(),
        &[
            "DELETE FROM events WHERE position = 9",
            "UPDATE events SET position = 9, sequence = 5 WHERE position = 10",
        ],
    )
    .await;
    assert_eq!(walk(office.pool()).await, Verdict::Broken(Finding { position: 9, fault: Fault::Content }));
}
