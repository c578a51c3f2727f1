//! A finalisation whose scan is gone: fails for real, thrice, and ends well once the scan is back.

use std::fs;

use gradeledger::limits::LogLimits;
use gradeledger::logs::{DEFAULT_FILTER, Format, LogOptions, subscriber};
use http::Method;
use serde_json::{Value, json};

use super::place::Place;
use super::session::of;

/// Laws L4 and L14: each failure is an event of its own, timed and counted; the third calls for a person.
#[tokio::test]
async fn l4_a_finalisation_fails_three_times_loudly_and_then_ends_well_when_its_scan_is_back() {
    let logged = tempfile::tempdir().unwrap();
    let options = LogOptions {
        format: Format::Json,
        folder: Some(logged.path().to_owned()),
        filter: DEFAULT_FILTER.to_owned(),
        limits: LogLimits::default(),
    };
    let (subscriber, logs) = subscriber(&options).unwrap();
    // All tasks of this test's service run on this thread.
    let logging = crate::listening::listen(subscriber);
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let held = desk.held(desk.exam().await, "A-1", 2).await;
    let copy = held.copy;
    desk.score(&held, "1", json!(7.5)).await;

    let source = desk.copy(copy).await["source"]["sha256"].as_str().unwrap().to_owned();
    let blob = place.blobs().join(copy.to_string()).join(source);
    let away = place.folder.path().join("away");
    fs::rename(&blob, &away).unwrap();
    let failed = desk.finalise(&held).await;
    assert_eq!(failed["status"], "GRADING_FAILED");
    assert_eq!(
        (&failed["finalisation"]["attempt"], &failed["finalisation"]["will_retry"]),
        (&json!(3), &json!(false))
    );
    let trail = desk.trail(copy).await;
    let told: Vec<&Value> = of(&trail, "FINALIZE").into_iter().map(|line| &line["metadata"]).collect();
    let retries: Vec<_> = told.iter().map(|told| &told["retries"]).collect();
    assert_eq!(retries, [&json!(0), &json!(1), &json!(2)]);
    for told in &told {
        assert_eq!((&told["success"], &told["stage"]), (&json!(false), &json!("fetch")));
        assert_eq!(told["error"], "unknown while at the stage fetch");
    }
    let figures = desk.metrics().await;
    for attempt in ["1", "2", "3+"] {
        let labels = format!("status=\"failed\",retry_attempt=\"{attempt}\"");
        let count = format!("grading_finalize_duration_seconds_count{{{labels}}}");
        assert!((figures.of(&count) - 1.0).abs() < f64::EPSILON, "{labels}");
    }

    assert_eq!(figures.of("work_retries_exhausted_total{kind=\"FINALISE\"}"), 1.0);

    fs::rename(&away, &blob).unwrap();
    let path = format!("/api/copies/{copy}/finalize");
    let again = desk.ask(&desk.admin, Method::POST, &path).header("prefer", "wait=60").json(&json!({}));
    let graded = desk.hear(again).await.body(200);
    assert_eq!((&graded["status"], &graded["grade"]["total"]), (&json!("GRADED"), &json!(7.5)));
    assert_eq!(graded["grade"]["attempt"], 4);
    let trail = desk.trail(copy).await;
    let last = of(&trail, "FINALIZE")[3];
    let told = &last["metadata"];
    assert_eq!(
        (&told["success"], &told["retries"], &told["final_score"]),
        (&json!(true), &json!(3), &json!(7.5))
    );
    let requests: Vec<_> =
        of(&trail, "FINALIZE")[..3].iter().map(|line| line["request_id"].clone()).collect();
    office.stop().await;
    place.assert_sound().await;

    drop(logging);
    drop(logs);
    let text = fs::read_to_string(logged.path().join("ledger.log")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let critical: Vec<_> = lines.iter().filter(|line| line["level"] == "CRITICAL").collect();
    assert_eq!(critical.len(), 1, "{critical:#?}");
    assert_eq!(critical[0]["copy_id"], json!(copy));
    assert_eq!(critical[0]["fields"]["attempt"], json!(3));
    assert_eq!(critical[0]["request_id"], requests[2]);
    // One thread leads from the grader's request through all attempts.
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
}
