//! Final PDFs that are not made.

use std::fs;

use serde_json::json;

use super::Night;

#[tokio::test]
async fn a_finalisation_whose_scan_is_gone_is_found_out_and_ends_well_once_it_is_restored() {
    let Some(mut night) = Night::begins(&[]).await else { return };
    let held = night.desk.held(night.desk.exam().await, "A-1", 2).await;
    let copy = held.copy;
    night.desk.score(&held, "1", json!(7.5)).await;
    let blob = night.scan_of(copy).await;
    let backup = night.place.folder.path().join("backup");
    fs::create_dir_all(backup.join(copy.to_string())).unwrap();
    fs::rename(&blob, backup.join(copy.to_string()).join(blob.file_name().unwrap())).unwrap();
    assert_eq!(night.desk.finalise(&held).await["status"], "GRADING_FAILED");
    night.place.views_caught_up().await;

    night.operator.knows("COPY", &copy.to_string()).await;
    night.operator.knows("BACKUP", backup.to_str().unwrap()).await;
    night.operator.follows("Finalisation failing", "Restore the scan and finalise again").await;
    let graded = night.desk.copy_when(copy, "graded", |copy| copy["status"] == "GRADED").await;
    assert_eq!((&graded["grade"]["total"], &graded["grade"]["attempt"]), (&json!(7.5), &json!(4)));
    night.place.assert_sound().await;
}
