//! What the page has beside its scenarios.

use super::Night;

/// A ledger at work: every block outside the scenarios runs on it as it stands.
#[tokio::test]
async fn every_query_of_the_appendices_runs_on_a_ledger_at_work() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let held = night.desk.held(night.desk.exam().await, "A-1", 1).await;
    night.desk.finalise(&held).await;
    night.place.views_caught_up().await;
    night.operator.knows("COPY", &held.copy.to_string()).await;
    let request = night.desk.trail(held.copy).await[0]["request_id"].as_str().unwrap().to_owned();
    night.operator.knows("REQUEST", &request).await;
    night.operator.runs_appendices().await;
}
