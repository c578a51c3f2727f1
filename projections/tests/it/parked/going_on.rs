//! Going on without a stream.

use projections::annotations::Annotations;
use projections::parked as parked_view;
use projections::{Projectors, RebuildError, RebuildLimits, StreamId, annotations, copies};

use super::{gaps, parked, status, stopped, torn, torn_and_parked};
use crate::ledger::{ADA, PATIENCE, Row, TestLedger, limits, until};
use crate::life::sealed;
use crate::story;

/// The marks of a copy in the view.
async fn marks(ledger: &TestLedger, anonymous_id: &str) -> i64 {
    let copy = story::copy_id(anonymous_id);
    ledger.count(&format!("SELECT count(*) FROM annotations_v1 WHERE copy_id = '{copy}'")).await
}

#[tokio::test]
async fn an_event_that_one_fold_refuses_stops_that_view_alone_and_is_named_with_its_cause() {
    let (ledger, stream, at) = torn().await;
    let projectors = ledger.start();
    let head = ledger.views.head().await.unwrap();
    let annotations = stopped(&ledger, "annotations").await;
    let poison = annotations.poison.unwrap();
    assert_eq!((annotations.position, poison.position), (at - 1, at));
    assert_eq!((poison.stream, poison.event_type), (stream.to_string(), "AnnotationRemoved".to_owned()));
    assert!(poison.cause.contains("is not in the view"), "{}", poison.cause);
    for (view, _) in projections::views::ALL {
        if view != annotations::VIEW {
            ledger.views.wait_for(view, head, PATIENCE).await.unwrap();
            assert_eq!(status(&ledger, view.name).await.poison, None);
        }
    }
    assert_eq!((marks(&ledger, "A-001").await, marks(&ledger, "A-002").await), (1, 0));
    projectors.stop().await;
}

#[tokio::test]
async fn a_parked_stream_lets_its_view_go_on_by_itself_and_its_rows_stay_as_they_stood() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    let mark = ledger.dump("annotations_v1").await;
    assert_eq!((marks(&ledger, "A-001").await, marks(&ledger, "A-002").await), (1, 1));
    let standing = status(&ledger, "annotations").await;
    assert_eq!((standing.poison, standing.left_out), (None, 1));
    // What comes to that copy now is left out as well, and what comes to others is folded.
    let StreamId::Copy(copy) = stream else { panic!("{stream}") };
    ledger.copy(copy, &[story::annotated(3, -75)]).await;
    ledger.copy(story::copy_id("A-002"), &[story::annotated(4, -75)]).await;
    ledger.caught_up().await;
    assert_eq!((marks(&ledger, "A-001").await, marks(&ledger, "A-002").await), (1, 2));
    assert!(ledger.dump("annotations_v1").await.contains(&mark[0]));
    assert_eq!(gaps(&ledger, "annotations").await, [(stream, at)]);
    // Other views have all of it.
    assert_eq!(copies::get(ledger.pool(), copy).await.unwrap().unwrap().body.annotations, 2);
    assert_eq!(status(&ledger, "copies").await.left_out, 0);
    projectors.stop().await;
}

#[tokio::test]
async fn what_is_parked_says_who_parked_it_when_why_and_from_where() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    let rows = parked_view::list(ledger.pool()).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.view.as_str(), row.stream.to_string()), ("annotations", stream.to_string()));
    assert_eq!((row.from_position, row.actor, row.reason), (at, ADA, sealed("no fix before Monday")));
    assert_eq!(row.position, ledger.views.head().await.unwrap());
    let left_out = ledger.views.left_out(10).await.unwrap();
    assert_eq!(left_out.len(), 1);
    assert_eq!((left_out[0].left_out_from, left_out[0].parked.as_ref()), (Some(at), Some(row)));
    projectors.stop().await;
}

#[tokio::test]
async fn a_leader_that_starts_only_after_a_stream_was_parked_goes_on_without_it() {
    let (ledger, stream, at) = torn().await;
    let projectors = ledger.start();
    stopped(&ledger, "annotations").await;
    projectors.stop().await;
    ledger.acts(&[parked("annotations", stream, at)]).await;
    ledger.fold_all().await;
    assert_eq!(gaps(&ledger, "annotations").await, [(stream, at)]);
    assert_eq!((marks(&ledger, "A-001").await, marks(&ledger, "A-002").await), (1, 1));
}

#[tokio::test]
async fn an_event_that_cannot_even_be_read_is_left_out_without_being_read() {
    for row in [
        Row::of("CopyTorn", &serde_json::json!({ "CopyTorn": {} })),
        Row { payload: "{\"CopyVoided\":{\"reason\":7}}".to_owned(), ..Row::of("CopyVoided", &()) },
    ] {
        let ledger = TestLedger::new().await;
        let copy = story::copy_id("A-001");
        ledger.copy(copy, &story::to_locked("A-001")).await;
        let at = ledger.append(StreamId::Copy(copy), &[row]).await;
        ledger.copy(story::copy_id("A-002"), &story::to_locked("A-002")).await;
        let of_copies = ["copies", "copy_locks", "annotations", "audit_trail", "work_queue"];
        let projectors = ledger.start();
        for name in of_copies {
            assert_eq!(stopped(&ledger, name).await.position, at - 1, "{name}");
        }
        let acts: Vec<_> = of_copies.map(|name| parked(name, StreamId::Copy(copy), at)).into();
        ledger.acts(&acts).await;
        ledger.caught_up().await;
        assert!(copies::get(ledger.pool(), story::copy_id("A-002")).await.unwrap().is_some());
        assert_eq!(copies::get(ledger.pool(), copy).await.unwrap().unwrap().position, at - 1);
        projectors.stop().await;
    }
}

#[tokio::test]
async fn another_stream_than_the_one_that_stops_a_view_does_not_let_it_go_on() {
    let (ledger, stream, at) = torn().await;
    let projectors = ledger.start();
    stopped(&ledger, "annotations").await;
    let other = StreamId::Copy(story::copy_id("A-002"));
    // Another stream; the same stream of another view; and the same from behind the event on.
    let acts = [
        parked("annotations", other, at),
        parked("copies", stream, at + 100),
        parked("annotations", stream, at + 1),
    ];
    ledger.acts(&acts).await;
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(parked_view::VIEW, head, PATIENCE).await.unwrap();
    let token = "SELECT extract(epoch FROM lease_until)::bigint FROM projections WHERE name = 'annotations'";
    let before = ledger.count(token).await;
    until("a leader that looked", || async { (ledger.count(token).await > before + 1).then_some(()) }).await;
    let standing = status(&ledger, "annotations").await;
    assert_eq!((standing.position, standing.poison.unwrap().position), (at - 1, at));
    projectors.stop().await;
}

#[tokio::test]
async fn a_position_that_is_missing_cannot_be_left_out() {
    let ledger = TestLedger::new().await;
    let copy = story::copy_id("A-001");
    ledger.copy(copy, &story::to_locked("A-001")).await;
    sqlx::query("ALTER TABLE events DISABLE TRIGGER ALL").execute(ledger.pool()).await.unwrap();
    sqlx::query("DELETE FROM events WHERE position = 3").execute(ledger.pool()).await.unwrap();
    ledger.acts(&[parked("annotations", StreamId::Copy(copy), 3)]).await;
    // What is parked is itself behind the damage, so it is put there by hand.
    let insert = "INSERT INTO parked_v1 VALUES
        (gen_random_uuid(), 'annotations', 'ExamCopy', $1, 3, repeat('0', 64), $1, 'admin', 9, now())";
    sqlx::query(insert).bind(copy.0).execute(ledger.pool()).await.unwrap();
    let mut projectors = Projectors::none(&ledger.views, limits());
    projectors.run::<Annotations>();
    let standing = stopped(&ledger, "annotations").await;
    assert_eq!((standing.position, standing.poison.unwrap().position), (2, 3));
    projectors.stop().await;
    assert_eq!(gaps(&ledger, "annotations").await, []);
}

#[tokio::test]
async fn a_view_that_is_made_anew_leaves_out_what_is_parked_from_the_same_position() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    let rows = ledger.dump_all().await;
    ledger.rebuild_all().await;
    ledger.caught_up().await;
    projectors.stop().await;
    ledger.has_rows(&rows).await;
    assert_eq!(gaps(&ledger, "annotations").await, [(stream, at)]);
}

#[tokio::test]
async fn a_rebuild_leaves_out_what_is_parked_readable_or_not_and_notes_the_same_gaps() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    projectors.stop().await;
    let rows = ledger.dump_all().await;
    // Beside what cannot be folded, what cannot even be read.
    let damaged = story::copy_id("A-777");
    let from = ledger.copy(damaged, &story::to_locked("A-777")).await;
    sqlx::query("ALTER TABLE events DISABLE TRIGGER ALL").execute(ledger.pool()).await.unwrap();
    sqlx::query("UPDATE events SET payload = '7' WHERE position = $1")
        .bind(from)
        .execute(ledger.pool())
        .await
        .unwrap();
    let error = ledger.views.rebuild(&[annotations::VIEW], RebuildLimits::default(), &mut |_| {}).await;
    assert!(matches!(error, Err(RebuildError::Unfoldable(unfoldable)) if unfoldable.position == from));
    ledger.has_rows(&rows).await;
    let damaged = StreamId::Copy(damaged);
    ledger.acts(&[parked("annotations", damaged, from)]).await;
    let mut alone = Projectors::none(&ledger.views, limits());
    alone.run::<parked_view::Parked>();
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(parked_view::VIEW, head, PATIENCE).await.unwrap();
    alone.stop().await;
    let proofs =
        ledger.views.rebuild(&[annotations::VIEW], RebuildLimits::default(), &mut |_| {}).await.unwrap();
    assert_eq!(proofs[0].position, head);
    let mut left_out = gaps(&ledger, "annotations").await;
    left_out.sort_by_key(|(_, from)| *from);
    assert_eq!(left_out, [(stream, at), (damaged, from)]);
    let annotations = rows.iter().find(|(table, _)| *table == "annotations_v1").unwrap();
    assert_eq!(ledger.dump("annotations_v1").await, annotations.1);
}
