//! A view that stopped, as an operator finds it and gets it going: `status`, `projections`, the log and the figures.

use domain::CopyId;
use serde_json::Value;

use super::desk::Desk;
use super::place::{PROGRAM, Place};
use super::process::{Process, environment, program, run, run_as, run_at, stderr, stdout};
use super::seen;
use crate::torn::tear;

/// A ready copy that `annotations` cannot fold, behind which the view is stopped. Gives the event's position.
async fn torn(place: &Place, desk: &Desk) -> (CopyId, i64) {
    let copy = desk.ready(desk.exam().await, "A-1", 1).await;
    place.views_caught_up().await;
    let at = tear(place.pool(), copy).await;
    seen("annotations is stopped", async || {
        stdout(&run_at(place, &["status"]).await).contains("STOPPED on event").then_some(())
    })
    .await;
    (copy, at)
}

#[tokio::test]
async fn status_log_and_metric_name_position_stream_type_and_cause_of_what_stops_a_view() {
    let place = Place::new().await;
    let process = Process::serve(&place, None, &[]).await;
    let desk = Desk::open(&place.database, process.address).await;
    let (copy, at) = torn(&place, &desk).await;
    let status = run_at(&place, &["status"]).await;
    let said = stdout(&status);
    assert_eq!(status.status.code(), Some(1), "{said}");
    let stream = format!("ExamCopy {copy}");
    for told in [
        format!("stopped    by position {at}: AnnotationRemoved of {stream}\n"),
        "because    annotation ".to_owned(),
        "`gradeledger projections retry annotations`".to_owned(),
        format!("`gradeledger projections park annotations --stream {copy} --reason TEXT`"),
    ] {
        assert!(said.contains(&told), "{told} is not in\n{said}");
    }
    let lines = process.lines();
    let line =
        lines.iter().find(|line| line["message"] == "a view stops before an event that it cannot fold");
    let line = line.unwrap();
    let fields = &line["fields"];
    assert_eq!((&fields["view"], &fields["stream"]), (&"annotations_v1".into(), &stream.as_str().into()));
    assert_eq!((&line["position"], &fields["event_type"]), (&at.into(), &"AnnotationRemoved".into()));
    assert_eq!(line["copy_id"], copy.to_string());
    assert!(fields["cause"].as_str().unwrap().contains("is not in the view"), "{fields}");

    let figures = desk.metrics().await;
    assert_eq!(figures.of("projection_poison_position{projection=\"annotations\"}"), at as f64);
    // What stands in the event is told by log and status; a label of it would be a series for each trouble there was.
    for data in [copy.to_string().as_str(), "AnnotationRemoved", "is not in the view"] {
        assert!(!figures.0.contains(data), "{data}: {}", figures.0);
    }
    assert_eq!(figures.of("projection_stopped{projection=\"annotations\"}"), 1.0);

    let park =
        ["projections", "park", "annotations", "--stream", &copy.to_string(), "--reason", "no fix yet"];
    let parked = run_as(&place, &desk.admin.token, &park).await;
    assert!(parked.status.success(), "{}{}", stdout(&parked), stderr(&parked));
    let figures = desk.metrics().await;
    assert_eq!(figures.of("projection_poison_position{projection=\"annotations\"}"), 0.0);
    assert_eq!(figures.of("projection_stopped{projection=\"annotations\"}"), 0.0);
    assert_eq!(figures.of("projection_parked_streams{projection=\"annotations\"}"), 1.0);
    assert_eq!(figures.of("projection_parked_streams{projection=\"copies\"}"), 0.0);
    process.kill().await;
}

#[tokio::test]
async fn an_operator_parks_the_stream_that_stops_a_view_and_unparks_it() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let (copy, at) = torn(&place, desk).await;
    let copy = copy.to_string();
    let admin = &desk.admin.token;
    let reason = "Müller's copy: the fix\ncomes on Monday";
    let park = ["projections", "park", "annotations", "--stream", &copy, "--reason", reason];
    let parked = run_as(&place, admin, &park).await;
    let said = stdout(&parked);
    assert!(parked.status.success(), "{said}{}", stderr(&parked));
    assert!(
        said.contains(&format!("parked ExamCopy {copy} for annotations from position {at} on: event ")),
        "{said}"
    );
    assert!(said.contains("annotations goes on without it: at position "), "{said}");
    place.views_caught_up().await;

    let status = run_at(&place, &["status"]).await;
    assert!(status.status.success(), "{}", stdout(&status));
    assert!(stdout(&status).contains("`gradeledger projections parked` lists them"), "{}", stdout(&status));
    let listed = stdout(&run_at(&place, &["projections", "parked"]).await);
    for told in [
        format!("annotations: ExamCopy {copy}\n  left out   from position {at} on\n  parked     "),
        format!(" by admin {}, event ", desk.admin.id),
        "  because    Müller's copy: the fix comes on Monday\n".to_owned(),
    ] {
        assert!(listed.contains(&told), "{told} is not in\n{listed}");
    }
    let json: Value =
        serde_json::from_str(&stdout(&run_at(&place, &["projections", "parked", "--json"]).await)).unwrap();
    assert_eq!((&json[0]["view"], &json[0]["parked"]["reason"]), (&"annotations".into(), &reason.into()));
    // Without the keys it is told that, and the rest.
    let mut alone = program(PROGRAM);
    alone.args(["projections", "parked"]).env("DATABASE_URL", place.database.url());
    let alone = run(alone).await;
    assert!(stdout(&alone).contains("because    [sealed]"), "{}{}", stdout(&alone), stderr(&alone));
    let drift = run_at(&place, &["drift"]).await;
    assert_eq!(drift.status.code(), Some(0), "{}", stdout(&drift));

    let unpark = ["projections", "unpark", "annotations", "--stream", &copy];
    let unparked = run_as(&place, admin, &unpark).await;
    let said = stdout(&unparked);
    assert_eq!(unparked.status.code(), Some(1), "{said}{}", stderr(&unparked));
    assert!(
        said.contains(&format!("is stopped: position {at}, AnnotationRemoved of ExamCopy {copy}")),
        "{said}"
    );
    assert!(said.contains("because    annotation ") && said.contains("next       mend the cause"), "{said}");
    let retried = run_at(&place, &["projections", "retry", "annotations"]).await;
    let said = stdout(&retried);
    assert_eq!(retried.status.code(), Some(1), "{said}{}", stderr(&retried));
    assert!(said.contains(&format!("annotations is stopped by the same event: position {at}, ")), "{said}");
    let again = run_as(&place, admin, &park).await;
    assert!(stdout(&again).contains("goes on without it"), "{}{}", stdout(&again), stderr(&again));

    // Who did what stands in the ledger.
    let acts: Vec<(String, String)> = sqlx::query_as(
        "SELECT event_type, metadata ->> 'actor_id' FROM events WHERE aggregate_type = 'Operations' ORDER BY position",
    )
    .fetch_all(place.pool())
    .await
    .unwrap();
    let by = desk.admin.id.to_string();
    let expected = ["ProjectionParked", "ProjectionUnparked", "ProjectionParked"];
    assert_eq!(acts, expected.map(|act| (act.to_owned(), by.clone())));
    office.stop().await;
}

#[tokio::test]
async fn what_is_parked_while_nobody_leads_is_taken_up_by_whoever_starts_next() {
    let place = Place::new().await;
    let office = place.service().await;
    let (copy, at) = torn(&place, &office.desk).await;
    let token = office.desk.admin.token.clone();
    office.stop().await;
    let copy = copy.to_string();
    let soon = ["--limit", "operator.take_up=100ms"];
    let park = ["projections", "park", "annotations", "--stream", &copy, "--reason", "no fix yet"];
    let parked = run_as(&place, &token, &[&park[..], &soon[..]].concat()).await;
    assert!(parked.status.success(), "{}", stderr(&parked));
    assert!(stdout(&parked).contains("recorded; no process leads annotations now"), "{}", stdout(&parked));
    let listed = stdout(&run_at(&place, &["projections", "parked"]).await);
    assert!(listed.contains("nothing is parked"), "the view of it has no leader either: {listed}");
    let office = place.service().await;
    let left_out = format!("left out   from position {at} on");
    seen("the copy is left out", async || {
        stdout(&run_at(&place, &["projections", "parked"]).await).contains(&left_out).then_some(())
    })
    .await;
    place.views_caught_up().await;
    office.stop().await;
}

#[tokio::test]
async fn what_an_operator_cannot_do_is_refused_with_what_to_do_instead() {
    let place = Place::new().await;
    let office = place.service().await;
    let desk = &office.desk;
    let (copy, at) = torn(&place, desk).await;
    let copy = copy.to_string();
    let park = |view, stream| ["projections", "park", view, "--stream", stream, "--reason", "why"];
    let refused = async |token: &str, arguments: &[&str]| {
        let output = run_as(&place, token, arguments).await;
        assert!(!output.status.success(), "{}", stdout(&output));
        stderr(&output)
    };
    let admin = &desk.admin.token;
    let make_one = "`gradeledger token create --role admin --name NAME` makes one";
    for (token, told) in [
        ("", "no token was given"),
        ("glt_nothing", "is no token"),
        (&desk.auditor.token, "the token has the role auditor, and this takes that of an admin"),
    ] {
        let said = refused(token, &park("annotations", &copy)).await;
        assert!(said.contains(told) && said.contains(make_one), "{said}");
    }
    let other = uuid::Uuid::now_v7().to_string();
    let said = refused(admin, &park("annotations", &other)).await;
    assert!(
        said.contains(&format!("is stopped at position {at} by ExamCopy {copy}; park that stream")),
        "{said}"
    );
    assert!(refused(admin, &park("copies", &copy)).await.contains("the view copies is not stopped"));
    assert!(refused(admin, &park("parked", &copy)).await.contains("nothing can be parked for it"));
    assert!(
        refused(admin, &park("pages", &copy)).await.contains("there is no view pages; there are copies, ")
    );
    assert!(
        refused(admin, &park("annotations", "A-1")).await.contains("invalid value 'A-1' for '--stream <ID>'")
    );
    let unpark = ["projections", "unpark", "annotations", "--stream", &copy];
    assert!(refused(admin, &unpark).await.contains("`gradeledger projections parked` lists what is"));
    let retry = run_at(&place, &["projections", "retry", "copies"]).await;
    assert!(stderr(&retry).contains("the view copies is not stopped"), "{}", stderr(&retry));
    // A token in a file is one, too.
    let file = place.folder.path().join("token");
    std::fs::write(&file, format!("{admin}\n")).unwrap();
    let mut command = program(PROGRAM);
    command.args(park("annotations", &copy)).envs(environment(&place)).env("GRADELEDGER_TOKEN_FILE", file);
    let parked = run(command).await;
    assert!(parked.status.success(), "{}", stderr(&parked));
    office.stop().await;
}
