//! The rows of a parked stream are held to its events before it was left out, and repaired to those.

use projections::DriftScope;

use super::{torn_and_parked, unparked};
use crate::drift::{all_views, look, look_at_all, run};
use crate::ledger::until;

#[tokio::test]
async fn the_rows_of_a_parked_stream_are_no_difference_and_damage_to_them_is_repaired_to_what_they_were() {
    let (ledger, projectors, stream, _) = torn_and_parked().await;
    let clean = look_at_all(&ledger).await;
    assert_eq!(clean.findings, vec![]);
    assert!(clean.summary.is_clean());
    let rows = ledger.dump_all().await;
    run(&ledger, "UPDATE annotations_v1 SET x = x + 1").await;
    let found = look(&ledger, &all_views(), DriftScope::Whole, true).await;
    assert_eq!(found.streams().len(), 2);
    assert!(found.streams().contains(&stream));
    ledger.has_rows(&rows).await;
    // A row that is gone, and one that the stream has only behind where it was left out.
    run(&ledger, &format!("DELETE FROM annotations_v1 WHERE copy_id = '{}'", stream.uuid())).await;
    look(&ledger, &all_views(), DriftScope::Streams(&[stream]), true).await;
    ledger.has_rows(&rows).await;
    // The leader whose lease the repair ended goes on, and knows what it leaves out.
    ledger.caught_up().await;
    assert_eq!(look_at_all(&ledger).await.findings, vec![]);
    projectors.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_unparked_and_not_yet_folded_again_is_held_to_what_it_was() {
    let (ledger, projectors, stream, at) = torn_and_parked().await;
    ledger.acts(&[unparked("annotations", stream, at)]).await;
    until("a view that stops", || async {
        ledger.views.status_named("annotations").await.unwrap().unwrap().poison
    })
    .await;
    assert_eq!(look_at_all(&ledger).await.findings, vec![]);
    projectors.stop().await;
}
