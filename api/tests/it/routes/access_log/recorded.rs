//! Every act that is to be recorded, on every route of the page.

use std::collections::BTreeSet;

use domain::access::Act;
use domain::{SubjectId, Timestamp};
use gradeledger::access_log::{AccessLogLimits, Keeping};
use gradeledger::limits::HttpLimits;
use http::Method;
use projections::FeedLimits;
use serde_json::json;

use super::super::world::{Person, World, heard};
use super::{asked, exam_of, rows, rows_of};

/// Without an end, and asked for by itself.
const STREAM: &str = "/api/events/stream";
/// It says who has a copy in hand, and nothing of what is in it.
const SHOWS_NO_MARKS: &str = "/api/copies/{copy}/lock/status";

struct Places {
    copy: domain::CopyId,
    exam: domain::ExamId,
    subject: SubjectId,
    annotation: String,
    seen: i64,
}

impl Places {
    /// A graded copy of a subject, its results released.
    async fn new(world: &World) -> Self {
        let copy = world.graded().await;
        let (exam, subject) = (exam_of(world, copy).await, world.subject("Anna Müller").await);
        let path = format!("/api/copies/{copy}/identify");
        world.post(&world.admin, &path, json!({"subject_id": subject})).await.body(200);
        let released = world.post(&world.admin, &format!("/api/exams/{exam}/release"), json!({})).await;
        let seen = released.position();
        let listed =
            world.see(&world.admin, &format!("/api/copies/{copy}/annotations"), seen).await.body(200);
        let annotation = listed["items"][0]["id"].as_str().unwrap().to_owned();
        Self { copy, exam, subject, annotation, seen }
    }

    fn path(&self, template: &str) -> String {
        let path =
            template.replace("{copy}", &self.copy.to_string()).replace("{exam}", &self.exam.to_string());
        let path = path.replace("{subject}", &self.subject.to_string()).replace("{page}", "0.png");
        path.replace("{annotation}", &self.annotation)
    }
}

#[tokio::test]
async fn every_read_of_the_page_leaves_the_one_row_that_its_act_is_to_leave_or_none() {
    let world = World::new().await;
    let places = Places::new(&world).await;
    let student = world.student(places.subject).await;
    // Views have all that was written.
    for path in ["/api/copies", "/api/exams"] {
        world.see(&world.admin, path, places.seen).await.body(200);
    }
    let mut kept = BTreeSet::new();
    let reads =
        world.page.iter().filter(|route| *route.method() == Method::GET && route.template() != STREAM);
    for route in reads.filter(|route| !matches!(route.act(), Act::Open | Act::Scrape)) {
        let (act, template) = (route.act(), route.template());
        let (who, role): (&Person, _) =
            if act == Act::ReadOwnResults { (&student, "student") } else { (&world.admin, "admin") };
        let (said, id) = asked(&world, who, Method::GET, &places.path(template)).await;
        assert_eq!(said.status, 200, "{template}: {}", String::from_utf8_lossy(&said.bytes));
        let rows = rows_of(&world, &id).await;
        if Keeping::of(act) == Keeping::Nothing || template == SHOWS_NO_MARKS {
            assert_eq!(rows, [], "{template}");
            continue;
        }
        let [row] = &rows[..] else { panic!("{template}: {rows:?}") };
        assert_eq!((row.actor_id, row.role.as_deref()), (Some(who.id.0), Some(role)), "{template}");
        assert_eq!(row.act.as_deref(), Some(&*act.to_string()), "{template}");
        assert_eq!((row.method.as_deref(), row.route.as_deref()), (Some("GET"), Some(template)));
        assert_eq!((&*row.outcome, row.status, &row.code), ("shown", Some(200), &None), "{template}");
        assert_eq!(row.copy_id, template.contains("{copy}").then_some(places.copy.0), "{template}");
        assert_eq!(row.exam_id, template.contains("{exam}").then_some(places.exam.0), "{template}");
        assert_eq!(row.subject_id, template.contains("{subject}").then_some(places.subject.0), "{template}");
        kept.insert(act);
    }
    let expected = [
        Act::FollowEvents,
        Act::ReadCopies,
        Act::ReadPages,
        Act::ReadMarks,
        Act::ReadFinalPdfs,
        Act::ReadSubjects,
        Act::ExportSubjects,
        Act::ReadAccessLog,
        Act::ReadOwnResults,
    ];
    assert_eq!(kept, BTreeSet::from(expected), "acts of routes that read");
    // Handing a copy out is an event and a read, and so is what is answered with who somebody is; every other write is an
    // event alone.
    let path = format!("/api/copies/{}/export", places.copy);
    world.post(&world.admin, &path, json!({"format": "PDF"})).await;
    let rows = rows(&world).await;
    let written: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.method.as_deref() != Some("GET"))
        .collect::<Vec<_>>()
        .iter()
        .map(|row| (row.outcome.clone(), row.act.clone().unwrap()))
        .collect();
    let shown = |act: &str| ("shown".to_owned(), act.to_owned());
    assert_eq!(written, BTreeSet::from([shown("export copies"), shown("register subjects")]));
}

#[tokio::test]
async fn a_stream_is_recorded_before_its_first_event() {
    let world = World::new().await;
    world.exam().await;
    let id = "a-stream";
    let mut answer =
        world.ask(&world.auditor, Method::GET, STREAM).header("x-request-id", id).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    let rows = rows_of(&world, id).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].act.as_deref(), &*rows[0].outcome), (Some("follow events"), "shown"));
}

/// Nobody reads who read what without being seen, and pages follow each other without gaps.
#[tokio::test]
async fn the_log_is_read_the_newest_first_by_what_is_asked_for_and_its_reading_is_recorded() {
    let world = World::new().await;
    let copy = world.graded().await;
    let marks = format!("/api/copies/{copy}/annotations");
    for who in [&world.grader, &world.auditor, &world.grader] {
        world.get(who, &marks).await.body(200);
    }
    world.app.access_log.flush().await;
    let log =
        async |query: &str| world.get(&world.auditor, &format!("/api/access-log{query}")).await.body(200);
    let of_grader = log(&format!("?copy_id={copy}&actor_id={}", world.grader.id)).await;
    let items = of_grader["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{of_grader:#}");
    for item in items {
        assert_eq!(
            (&item["act"], &item["outcome"], &item["role"]),
            (&json!("read marks"), &json!("shown"), &json!("grader"))
        );
    }
    let again = log("?outcome=shown&since=2020-01-01T00:00:00Z").await;
    assert_eq!(again["items"][0]["act"], "read access log", "{again:#}");
    let mut listed: Vec<(Timestamp, i64)> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = log(&format!("?limit=2&until=2100-01-01T00:00:00Z{cursor}")).await;
        let items = page["items"].as_array().unwrap().iter();
        listed.extend(
            items.map(|item| (item["at"].as_str().unwrap().parse().unwrap(), item["id"].as_i64().unwrap())),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    // Rows of two batches may have been written in another order than they happened in.
    assert!(listed.len() >= 5 && listed.windows(2).all(|two| two[0] > two[1]), "{listed:?}");
    let ids: BTreeSet<i64> = listed.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids, (1..).take(listed.len()).collect(), "{listed:?}");
    for (query, code) in [("?outcome=seen", "invalid_outcome"), ("?since=yesterday", "invalid_time")] {
        world.get(&world.auditor, &format!("/api/access-log{query}")).await.refused(400, code);
    }
}

#[tokio::test]
async fn an_answer_to_a_write_that_appended_nothing_is_a_read_and_leaves_a_row() {
    let world = World::new().await;
    let copy = world.graded().await;
    let subject = world.subject("Zoë Quartermain").await;
    // Who somebody is stands in the answer, whether anything was changed or not.
    let path = format!("/api/subjects/{subject}");
    for body in [json!({}), json!({"name": "Zoë Quarter"})] {
        let request =
            world.ask(&world.admin, Method::PATCH, &path).header("x-request-id", "patched").json(&body);
        heard(request).await.body(200);
    }
    assert_eq!(rows_of(&world, "patched").await.len(), 2);
    // The first is an event, and the repeat is none.
    let path = format!("/api/copies/{copy}/reopen");
    for (request_id, rows) in [("first", 0), ("repeat", 1)] {
        let request = world.ask(&world.admin, Method::POST, &path).header("idempotency-key", "reopen-1");
        let request = request.header("x-request-id", request_id).json(&json!({"reason": "a second look"}));
        heard(request).await.body(200);
        assert_eq!(rows_of(&world, request_id).await.len(), rows, "{request_id}");
    }
}

/// Bug: a row that waited for a connection was told younger by as long as it waited, and stood behind what came after it.
#[tokio::test]
async fn a_row_that_waits_for_a_connection_keeps_the_time_at_which_it_was_queued() {
    let log = AccessLogLimits { connections: 1, ..AccessLogLimits::default() };
    let world = World::with(HttpLimits::default(), FeedLimits::default(), log).await;
    let copy = world.ready().await;
    world.app.access_log.flush().await;
    let mut held = world.app.access_log.writing().acquire().await.unwrap();
    let (page, id) =
        asked(&world, &world.grader, Method::GET, &format!("/api/copies/{copy}/pages/0.png")).await;
    assert_eq!(page.status, 200);
    let later: String = sqlx::query_scalar("SELECT clock_timestamp()::text FROM pg_sleep(0.4)")
        .fetch_one(&mut *held)
        .await
        .unwrap();
    drop(held);
    world.app.access_log.flush().await;
    let kept: bool = sqlx::query_scalar(
        "SELECT at < $1::timestamptz - interval '200 milliseconds' FROM access_log WHERE request_id = $2",
    )
    .bind(later)
    .bind(id)
    .fetch_one(&world.keys)
    .await
    .unwrap();
    assert!(kept);
}
