//! Imports that do not end.

use std::fs;

use fixtures::scans::{damaged, tiny_pages};

use super::Night;

const SCENARIO: &str = "Import stuck";

#[tokio::test]
async fn an_import_that_waits_because_no_worker_runs_is_found_out_and_done() {
    let Some(mut night) = Night::begins(&["--only", "api,projectors"]).await else { return };
    let copy = night.desk.send(night.desk.exam().await, "A-1", tiny_pages(1)).await;
    night.place.views_caught_up().await;
    // Five minutes later.
    sqlx::query("UPDATE work_queue_v1 SET enqueued_at = enqueued_at - interval '5 minutes'")
        .execute(night.place.pool())
        .await
        .unwrap();
    night.operator.knows("COPY", &copy.to_string()).await;
    let done = night.operator.follows(SCENARIO, "Start a worker").await;
    assert!(done.contains("0 items left"), "{done}");
    assert_eq!(night.desk.import_ended(copy).await["import"]["state"], "done");
}

#[tokio::test]
async fn an_import_whose_scan_is_gone_is_found_out_and_retried_once_it_is_back() {
    let Some(mut night) = Night::begins(&["--only", "api,projectors"]).await else { return };
    let copy = night.desk.send(night.desk.exam().await, "A-1", tiny_pages(1)).await;
    let blob = night.scan_of(copy).await;
    let away = night.place.folder.path().join("away");
    fs::rename(&blob, &away).unwrap();
    let worker = night.worker().await;
    assert_eq!(night.desk.import_ended(copy).await["import"]["state"], "failed");
    night.place.views_caught_up().await;
    night.operator.knows("COPY", &copy.to_string()).await;
    // The page says to mend the cause first, and where the file belongs.
    fs::rename(&away, &blob).unwrap();
    night.operator.follows(SCENARIO, "Mend the cause and retry the import").await;
    night.place.views_caught_up().await;
    assert_eq!(night.desk.import_ended(copy).await["import"]["state"], "done");
    worker.kill().await;
    night.place.assert_sound().await;
}

#[tokio::test]
async fn a_damaged_scan_is_found_out_voided_and_scanned_again() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let copy = night.desk.send(night.desk.exam().await, "A-1", damaged()).await;
    assert_eq!(night.desk.import_ended(copy).await["import"]["state"], "failed");
    night.place.views_caught_up().await;
    let scan = night.place.folder.path().join("again.pdf");
    fs::write(&scan, tiny_pages(2)).unwrap();
    night.operator.knows("COPY", &copy.to_string()).await;
    night.operator.knows("SCAN", scan.to_str().unwrap()).await;
    night.operator.knows("ANONYMOUS_ID", "A-1-again").await;
    night.operator.follows(SCENARIO, "Have it scanned again").await;
    assert_eq!(night.place.payloads("CopyVoided").await.len(), 1);
    let (again, _) = night.place.payloads("CopyImportRequested").await.pop().unwrap();
    assert_eq!(night.desk.import_ended(again.parse().unwrap()).await["import"]["state"], "done");
}
