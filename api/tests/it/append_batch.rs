//! `append_events` itself, and `append_events_of_one`: one call with commands that hold, that repeat, and that do not hold.

use domain::Digest;
use domain::leaf::Leaf;
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::office::Office;

/// A command of one stream with some events, as the call takes it.
#[derive(Clone)]
struct Asked {
    key: Uuid,
    body: &'static str,
    stream: String,
    expected: i64,
    leaf: Option<Digest>,
    events: i32,
}

impl Asked {
    fn of(stream: impl Into<String>, expected: i64, events: i32) -> Self {
        Self { key: Uuid::now_v7(), body: "body", stream: stream.into(), expected, leaf: None, events }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Answered {
    outcome: String,
    positions: Option<(i64, i64)>,
    sequence: i64,
    leaf: Option<Digest>,
    recorded_at: Option<DateTime<Utc>>,
    answer: Option<String>,
}

const CALL: &str = "SELECT * FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                    $16, $17, $18, $18, $19, $20, $17)";

const CALL_ONE: &str =
    "SELECT * FROM append_events_of_one($1, $2, $3, $4, $5, $6, $7, $8, $9, 'Tested', '1', '{}', '{}', $10)";

/// Each command comes with one sealed text, whose commitment is of its key.
async fn append(pool: &PgPool, principal: Uuid, asked: &[Asked]) -> Vec<Answered> {
    let events: usize = asked.iter().map(|one| usize::try_from(one.events).unwrap()).sum();
    let each = |text: &str| vec![text.to_owned(); events];
    let rows = sqlx::query(CALL)
        .bind(vec![principal; asked.len()])
        .bind(asked.iter().map(|one| one.key).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| Digest::of(one.body.as_bytes()).0.to_vec()).collect::<Vec<_>>())
        .bind((0..asked.len()).map(|nth| nth.to_string()).collect::<Vec<_>>())
        .bind(vec!["Test"; asked.len()])
        .bind(asked.iter().map(|one| one.stream.as_str()).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| one.expected).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| one.leaf.map(|leaf| leaf.0.to_vec())).collect::<Vec<_>>())
        .bind(asked.iter().map(|one| one.events).collect::<Vec<_>>())
        .bind((0..events).map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind(each("Tested"))
        .bind(each("1"))
        .bind(each("{}"))
        .bind(each("{}"))
        .bind(vec![Digest::of(b"content").0.to_vec(); events])
        .bind((1..).take(asked.len()).collect::<Vec<i32>>())
        .bind(asked.iter().map(|one| Digest::of(one.key.as_bytes()).0.to_vec()).collect::<Vec<_>>())
        .bind(asked.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind(vec!["copy"; asked.len()])
        .bind(vec!["comments"; asked.len()])
        .fetch_all(pool)
        .await
        .unwrap();
    rows.iter().map(answered).collect()
}

/// One command with one event and no text.
async fn append_one(pool: &PgPool, principal: Uuid, one: &Asked) -> Result<Answered, sqlx::Error> {
    let row = sqlx::query(CALL_ONE)
        .bind(principal)
        .bind(one.key)
        .bind(Digest::of(one.body.as_bytes()).0.to_vec())
        .bind("0")
        .bind("Test")
        .bind(one.stream.as_str())
        .bind(one.expected)
        .bind(one.leaf.map(|leaf| leaf.0.to_vec()))
        .bind(Uuid::now_v7())
        .bind(Digest::of(b"content").0.to_vec())
        .fetch_one(pool)
        .await?;
    Ok(answered(&row))
}

fn answered(row: &sqlx::postgres::PgRow) -> Answered {
    Answered {
        outcome: row.get("outcome"),
        positions: row.get::<Option<i64>, _>("first_position").zip(row.get("last_position")),
        sequence: row.get("current_sequence"),
        leaf: row.get::<Option<&[u8]>, _>("leaf_hash").and_then(Digest::from_slice),
        recorded_at: row.get("recorded_at"),
        answer: row.get("answer"),
    }
}

/// 200 commands, of every kind, in one call.
#[tokio::test]
async fn one_call_applies_exactly_the_commands_that_hold() {
    let (office, principal) = (Office::open().await, Uuid::now_v7());
    let mut asked = Vec::new();
    for nth in 0..40 {
        let first = Asked::of(format!("stream {nth}"), 0, 2);
        asked.push(first.clone()); // holds
        asked.push(Asked::of(format!("stream {nth}"), 0, 1)); // does not: the stream is at 2
        asked.push(first.clone()); // the first one again
        asked.push(Asked { body: "another", ..first }); // its key for something else
        asked.push(Asked::of(format!("stream {nth}"), 2, 1)); // holds, behind the first
    }
    let answered = append(office.pool(), principal, &asked).await;
    assert_eq!(answered.len(), 200);
    for (nth, five) in answered.chunks(5).enumerate() {
        let outcomes: Vec<_> = five.iter().map(|one| one.outcome.as_str()).collect();
        assert_eq!(outcomes, ["applied", "conflict", "known", "reused", "applied"]);
        let from = i64::try_from(nth).unwrap() * 3;
        assert_eq!(five[0].positions, Some((from + 1, from + 2)));
        assert_eq!((five[1].positions, five[1].sequence), (None, 2));
        assert_eq!(
            (five[2].positions, five[2].answer.clone()),
            (five[0].positions, Some((nth * 5).to_string()))
        );
        assert_eq!((five[4].positions, five[4].sequence), (Some((from + 3, from + 3)), 3));
    }
    assert_eq!((office.count("events").await, office.count("commands").await), (120, 80));
    assert_eq!(office.count("vault").await, 80, "the texts of the commands that were applied");
    office.assert_positions_are_dense().await;
    // And all of it again: nothing is new, and the refused ones are refused again.
    let again = append(office.pool(), principal, &asked).await;
    for (first, again) in answered.iter().zip(&again) {
        let expected = if first.outcome == "applied" { "known" } else { first.outcome.as_str() };
        assert_eq!((again.outcome.as_str(), again.positions), (expected, first.positions));
    }
    assert_eq!(office.count("events").await, 120);
}

#[tokio::test]
async fn a_command_that_expects_another_last_leaf_does_not_hold() {
    let (office, principal) = (Office::open().await, Uuid::now_v7());
    let first = append(office.pool(), principal, &[Asked::of("s", 0, 1)]).await;
    let other = Asked { leaf: Some(Digest::of(b"another history")), ..Asked::of("s", 1, 1) };
    let right = Asked { leaf: first[0].leaf, ..Asked::of("s", 1, 1) };
    let answered = append(office.pool(), principal, &[other, right]).await;
    let outcomes: Vec<_> = answered.iter().map(|one| one.outcome.as_str()).collect();
    assert_eq!(outcomes, ["conflict", "applied"]);
    assert_eq!(answered[0].sequence, 1);
}

/// A batch is written one command after the other, as a set, or alone, by either function; none of its callers can tell.
#[tokio::test]
async fn a_command_is_answered_and_stored_alike_alone_in_a_set_and_in_a_chain() {
    let mut seen = Vec::new();
    for way in [Way::One, Way::Alone, Way::Set, Way::Chain] {
        let (office, principal) = (Office::open().await, Uuid::now_v7());
        let standing = append(office.pool(), principal, &[Asked::of("s", 0, 1), Asked::of("r", 0, 1)]).await;
        let before = Asked::of("before", 0, 1);
        append(office.pool(), principal, std::slice::from_ref(&before)).await;
        let asked = [
            Asked::of("new", 0, 1),                                                       // holds
            Asked { leaf: standing[0].leaf, ..Asked::of("s", 1, 1) },                     // holds
            Asked::of("ahead", 3, 1),                                                     // does not
            Asked { leaf: Some(Digest::of(b"another history")), ..Asked::of("r", 1, 1) }, // does not
            Asked { body: "another", stream: "elsewhere".to_owned(), ..before.clone() },  // its key
            Asked::of("last", 0, 1),                                                      // holds
        ];
        let mut answered = Vec::new();
        match way {
            Way::One => {
                for one in &asked {
                    answered.push(append_one(office.pool(), principal, one).await.unwrap());
                }
            }
            Way::Alone => {
                for one in &asked {
                    answered.extend(append(office.pool(), principal, std::slice::from_ref(one)).await);
                }
            }
            Way::Set => answered = append(office.pool(), principal, &asked).await,
            Way::Chain => {
                // Two events of one command: no set.
                let with_two = [&asked[..], &[Asked::of("two", 0, 2)]].concat();
                answered = append(office.pool(), principal, &with_two).await;
                assert_eq!(answered.pop().unwrap().outcome, "applied");
            }
        }
        let again = match way {
            Way::One => append_one(office.pool(), principal, &before).await.unwrap(),
            _ => append(office.pool(), principal, std::slice::from_ref(&before)).await.pop().unwrap(),
        };
        assert_eq!((again.outcome.as_str(), again.answer.as_deref()), ("known", Some("0")));
        let stands: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT position, aggregate_id, sequence FROM events WHERE aggregate_id <> 'two' ORDER BY position",
        )
        .fetch_all(office.pool())
        .await
        .unwrap();
        assert_leaves_are_chained(&office).await;
        let texts: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT commitment FROM vault").fetch_all(office.pool()).await.unwrap();
        for (one, answer) in asked.iter().zip(&answered).filter(|(_, answer)| answer.outcome != "reused") {
            let text = Digest::of(one.key.as_bytes()).0.to_vec();
            let comes_with_it = !matches!(way, Way::One);
            assert_eq!(texts.contains(&text), comes_with_it && answer.outcome == "applied", "{answer:?}");
        }
        let told: Vec<_> =
            answered.into_iter().map(|one| (one.outcome, one.positions, one.sequence)).collect();
        seen.push((told, stands));
    }
    let outcomes: Vec<_> = seen[0].0.iter().map(|(outcome, ..)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["applied", "applied", "conflict", "conflict", "reused", "applied"]);
    assert!(seen.iter().all(|way| *way == seen[0]), "{seen:#?}");
}

/// Each leaf is the one of the definition, behind the one before it in its stream.
async fn assert_leaves_are_chained(office: &Office) {
    let rows: Vec<(i64, String, DateTime<Utc>, Vec<u8>)> =
        sqlx::query_as("SELECT position, aggregate_id, recorded_at, leaf_hash FROM events ORDER BY position")
            .fetch_all(office.pool())
            .await
            .unwrap();
    let epoch = office.ledger.epoch().await.unwrap();
    let mut last = std::collections::HashMap::new();
    for (position, stream, recorded_at, stored) in rows {
        let previous = last.get(&stream).copied().unwrap_or(Digest::ZERO);
        let recorded_at = domain::Timestamp::from_micros(recorded_at.timestamp_micros());
        let leaf =
            Leaf { epoch, position, recorded_at, content_hash: Digest::of(b"content"), previous }.hash();
        assert_eq!(Digest::from_slice(&stored), Some(leaf), "position {position}");
        last.insert(stream, leaf);
    }
}

#[derive(Clone, Copy)]
enum Way {
    One,
    Alone,
    Set,
    Chain,
}

#[tokio::test]
async fn leaves_that_one_call_chains_are_those_of_the_definition() {
    let (office, principal) = (Office::open().await, Uuid::now_v7());
    let asked = [Asked::of("s", 0, 2), Asked::of("t", 0, 1), Asked::of("s", 2, 1)];
    let answered = append(office.pool(), principal, &asked).await;
    let recorded_at = domain::Timestamp::from_micros(answered[0].recorded_at.unwrap().timestamp_micros());
    let epoch = office.ledger.epoch().await.unwrap();
    let leaf = |position, previous| {
        Leaf { epoch, position, recorded_at, content_hash: Digest::of(b"content"), previous }.hash()
    };
    let second = leaf(2, leaf(1, Digest::ZERO));
    let leaves: Vec<_> = answered.iter().filter_map(|one| one.leaf).collect();
    assert_eq!(leaves, [second, leaf(3, Digest::ZERO), leaf(4, second)]);
}

#[tokio::test]
async fn time_never_goes_back_in_the_ledger() {
    let (office, principal) = (Office::open().await, Uuid::now_v7());
    append(office.pool(), principal, &[Asked::of("s", 0, 1)]).await;
    // As if Postgres's clock had been an hour ahead, and was then put right.
    sqlx::query("ALTER TABLE events DISABLE TRIGGER USER").execute(office.pool()).await.unwrap();
    sqlx::query("UPDATE events SET recorded_at = recorded_at + interval '1 hour'")
        .execute(office.pool())
        .await
        .unwrap();
    let second = append(office.pool(), principal, &[Asked::of("s", 1, 1)]).await;
    let third = append_one(office.pool(), principal, &Asked::of("s", 2, 1)).await.unwrap();
    let first: DateTime<Utc> = sqlx::query_scalar("SELECT recorded_at FROM events WHERE position = 1")
        .fetch_one(office.pool())
        .await
        .unwrap();
    assert_eq!((second[0].recorded_at, third.recorded_at), (Some(first), Some(first)));
}

#[tokio::test]
async fn a_transaction_with_one_snapshot_for_all_may_not_append() {
    let (office, principal) = (Office::open().await, Uuid::now_v7());
    let mut options = office.database.connect_options();
    options = options.options([("default_transaction_isolation", r"repeatable\ read")]);
    let pool = PgPool::connect_with(options).await.unwrap();
    let refused = sqlx::query(CALL)
        .bind(vec![principal])
        .bind(vec![Uuid::now_v7()])
        .bind(vec![None::<Vec<u8>>])
        .bind(vec!["1"])
        .bind(vec!["Test"])
        .bind(vec!["s"])
        .bind(vec![0_i64])
        .bind(vec![None::<Vec<u8>>])
        .bind(vec![1_i32])
        .bind(vec![Uuid::now_v7()])
        .bind(vec!["Tested"])
        .bind(vec!["1"])
        .bind(vec!["{}"])
        .bind(vec!["{}"])
        .bind(vec![Digest::of(b"content").0.to_vec()])
        .bind(Vec::<i32>::new())
        .bind(Vec::<Vec<u8>>::new())
        .bind(Vec::<Uuid>::new())
        .bind(Vec::<&str>::new())
        .bind(Vec::<&str>::new())
        .execute(&pool)
        .await
        .unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "25000");
    let refused = append_one(&pool, principal, &Asked::of("s", 0, 1)).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "25000");
    assert_eq!(office.count("commands").await, 0);
}
