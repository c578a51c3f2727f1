//! What is looked at, and as of when.

use std::collections::BTreeSet;

use domain::copy::CopyEvent;
use projections::{Difference, DriftScope, DriftWalk, Projectors, StreamId, annotations, copies};

use super::{all_views, folded, look, look_at_all, run};
use crate::ledger::{Row, limits, until};
use crate::story;

#[tokio::test]
async fn a_look_at_some_copies_tells_of_those_and_of_no_others() {
    let (ledger, office) = folded(21).await;
    run(&ledger, "UPDATE copies_v2 SET sequence = sequence + 1").await;
    let asked = [StreamId::Copy(office.lives[0].id), StreamId::Copy(office.lives[2].id)];
    let found = look(&ledger, &all_views(), DriftScope::Streams(&asked), false).await;
    let mut sorted = asked.to_vec();
    sorted.sort_unstable();
    assert_eq!(found.streams(), sorted);
    assert_eq!(found.summary.streams, 2);
}

#[tokio::test]
async fn a_sample_as_large_as_the_ledger_finds_everything() {
    let (ledger, office) = folded(22).await;
    run(&ledger, "UPDATE copies_v2 SET sequence = sequence + 1").await;
    let copies = office.lives.iter().filter(|life| !life.events.is_empty()).count();
    let found =
        look(&ledger, &all_views(), DriftScope::Next(&mut DriftWalk::from_somewhere(), 1_000), false).await;
    assert_eq!(found.streams().len(), copies);
    // Two exams and the acts of operators beside the copies.
    assert_eq!(found.summary.streams, copies as u64 + 3);
}

#[tokio::test]
async fn a_walk_that_goes_on_where_it_was_comes_by_every_stream_once_before_it_begins_again() {
    let (ledger, office) = folded(23).await;
    run(&ledger, "UPDATE copies_v2 SET sequence = sequence + 1").await;
    let copies = office.lives.iter().filter(|life| !life.events.is_empty()).count();
    let (mut walk, mut seen, mut rounds) = (DriftWalk::from_somewhere(), BTreeSet::new(), 0);
    while seen.len() < copies {
        let found = look(&ledger, &[copies::VIEW], DriftScope::Next(&mut walk, 2), false).await;
        for stream in found.streams() {
            assert!(seen.insert(stream), "{stream} came twice before others came once");
        }
        rounds += 1;
        // Two a round, and one round more where the walk turns.
        assert!(rounds <= copies / 2 + 2, "{} of {copies} after {rounds} rounds", seen.len());
    }
}

#[tokio::test]
async fn a_view_that_is_stopped_is_held_to_the_events_up_to_where_it_stands() {
    let (ledger, _) = folded(24).await;
    let copy = story::copy_id("A-001");
    ledger.copy(copy, &story::to_locked("A-001")).await;
    let unknown = Row::of("CopyTorn", &serde_json::json!({ "CopyTorn": {} }));
    let at = ledger.append(StreamId::Copy(copy), &[unknown]).await;
    ledger.copy(story::copy_id("A-002"), &story::to_locked("A-002")).await;
    let projectors = ledger.start();
    until("the views of copies stop", || async {
        let status = ledger.views.status().await.unwrap();
        (status.iter().filter(|view| view.poison.is_some()).count() >= 5).then_some(())
    })
    .await;
    let looked = look_at_all(&ledger).await;
    assert_eq!(looked.findings, vec![]);
    let of_copies = looked.summary.views.iter().find(|view| view.view == copies::VIEW).unwrap();
    assert_eq!((of_copies.position, of_copies.stopped), (at - 1, true));
    assert!(of_copies.head > at);
    // And what is wrong in it is found and repaired all the same.
    run(&ledger, "UPDATE copies_v2 SET sequence = sequence + 1").await;
    look(&ledger, &all_views(), DriftScope::Whole, true).await;
    assert_eq!(look_at_all(&ledger).await.findings, vec![]);
    projectors.stop().await;
}

#[tokio::test]
async fn an_event_that_was_folded_and_can_be_no_longer_is_told_and_its_rows_are_left_alone() {
    let (ledger, _) = folded(25).await;
    let copy = story::copy_id("A-001");
    ledger.copy(copy, &story::to_locked("A-001")).await;
    let mut projectors = Projectors::none(&ledger.views, limits());
    projectors.run::<projections::annotations::Annotations>();
    ledger
        .views
        .wait_for(annotations::VIEW, ledger.views.head().await.unwrap(), crate::ledger::PATIENCE)
        .await
        .unwrap();
    projectors.stop().await;
    let rows = ledger.dump("annotations_v1").await;
    // A mark is revised that was never made, and the view is moved over it by hand.
    let revised = CopyEvent::AnnotationRemoved {
        annotation: story::annotation(9),
        from_revision: 1,
        before: story::mark(None),
    };
    let at = ledger.copy(copy, &[revised]).await;
    run(&ledger, "UPDATE projections SET position = position + 1 WHERE name = 'annotations'").await;
    let looked = look(&ledger, &[annotations::VIEW], DriftScope::Whole, true).await;
    let told: Vec<_> = looked.findings.iter().map(|finding| (finding.stream, &finding.difference)).collect();
    let [(Some(StreamId::Copy(of)), Difference::Unfoldable { position, .. })] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((of, *position), (copy, at));
    assert_eq!((looked.repaired, ledger.dump("annotations_v1").await), (vec![], rows));
    assert!(!looked.summary.is_clean());
}
