//! Reading copies: `/api/copies` and the pages of one.

use domain::{CopyId, Digest};
use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, heard, without};

#[tokio::test]
async fn a_copy_reads_as_it_was_answered_when_it_was_written() {
    let world = World::new().await;
    let copy = world.imported().await;
    let written = world.post(&world.admin, &format!("/api/copies/{copy}/ready"), json!({})).await;
    let request = world.ask(&world.admin, Method::GET, &format!("/api/copies/{copy}"));
    let mut read = heard(request.header("ledger-position", written.position())).await.body(200);
    for member in ["created_at", "updated_at"] {
        assert!(read.as_object_mut().unwrap().remove(member).is_some());
    }
    assert_eq!(read, written.body(200));
    assert_json_snapshot!(without(read, &["/id", "/exam_id", "/source/sha256", "/pages"]));
}

#[tokio::test]
async fn the_image_of_a_page_is_the_one_that_the_ledger_names() {
    let world = World::new().await;
    let copy = world.imported().await;
    let seen = world.last_position(copy).await;
    let request = world.ask(&world.grader, Method::GET, &format!("/api/copies/{copy}"));
    let read = heard(request.header("ledger-position", seen)).await.body(200);
    let pages = read["pages"].as_array().unwrap();
    assert_eq!(pages.len(), fixtures::scans::ORIENTATIONS.len());
    for page in pages {
        let image = world.get(&world.grader, page["href"].as_str().unwrap()).await;
        assert_eq!((image.status, image.header("content-type")), (200, "image/png"));
        assert_eq!(Digest::of(&image.bytes).to_string(), page["sha256"].as_str().unwrap());
        assert_eq!(image.header("cache-control"), "no-store", "a scan is personal data");
    }
    let bare = format!("/api/copies/{copy}/pages/0.png");
    let image = world.get(&world.grader, &bare).await;
    assert_eq!(image.header("cache-control"), "no-store");
    let known = world.ask(&world.grader, Method::GET, &bare).header("if-none-match", image.header("etag"));
    let known = heard(known).await;
    assert_eq!((known.status, known.bytes.len()), (304, 0));
}

#[tokio::test]
async fn a_page_that_is_not_there_is_404_and_one_that_is_not_read_yet_409() {
    let world = World::new().await;
    let copy = world.requested().await;
    let page = |page: &str| format!("/api/copies/{copy}/pages/{page}");
    world.get(&world.grader, &page("0.png")).await.refused(409, "not_imported");
    super::worker::import(&world.app, copy).await;
    for name in ["99.png", "0.jpg", "-1.png", "+1.png", "99999999999999999999999.png"] {
        world.get(&world.grader, &page(name)).await.refused(404, "not_found");
    }
    let other = format!("{}?sha256={}", page("0.png"), Digest::of(b"another"));
    world.get(&world.grader, &other).await.refused(404, "not_found");
    let nowhere = format!("/api/copies/{}/pages/0.png", Uuid::now_v7());
    world.get(&world.grader, &nowhere).await.refused(404, "not_found");
}

#[tokio::test]
async fn copies_are_listed_by_exam_and_status() {
    let world = World::new().await;
    let exam = world.exam().await;
    let mut copies = Vec::new();
    for anonymous_id in ["A-1", "A-2", "A-3"] {
        let said = world.send_scan(exam, anonymous_id, "a.pdf").await.body(202);
        copies.push(said["id"].as_str().unwrap().parse::<CopyId>().unwrap());
    }
    super::worker::import(&world.app, copies[1]).await;
    world.post(&world.admin, &format!("/api/copies/{}/ready", copies[1]), json!({})).await.body(200);
    let reason = json!({"reason": "twice"});
    let last = world.post(&world.admin, &format!("/api/copies/{}/void", copies[2]), reason).await.position();
    let list = async |path: String| -> Vec<Value> {
        let request = world.ask(&world.admin, Method::GET, &path).header("ledger-position", last);
        let page = heard(request).await.body(200);
        page["items"].as_array().unwrap().iter().map(|copy| copy["id"].clone()).collect()
    };
    assert_eq!(
        list(format!("/api/exams/{exam}/copies")).await,
        [json!(copies[0]), json!(copies[1]), json!(copies[2])]
    );
    assert_eq!(list(format!("/api/exams/{exam}/copies?status=STAGING")).await, [json!(copies[0])]);
    assert_eq!(list(format!("/api/copies?exam_id={exam}&status=READY")).await, [json!(copies[1])]);
    assert_eq!(list("/api/copies?status=VOIDED".to_owned()).await, [json!(copies[2])]);
    let first = world.get(&world.admin, &format!("/api/copies?exam_id={exam}&limit=2")).await.body(200);
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(list(format!("/api/copies?exam_id={exam}&limit=2&cursor={cursor}")).await, [json!(copies[2])]);
    world.get(&world.admin, "/api/copies?status=LOST").await.refused(400, "invalid_status");
    let two = format!("/api/exams/{exam}/copies?exam_id={}", Uuid::now_v7());
    world.get(&world.admin, &two).await.refused(400, "invalid_query");
}

#[tokio::test]
async fn a_failed_import_says_how_it_failed() {
    let world = World::new().await;
    let copy = world.requested().await;
    super::worker::fail_import(&world.app, copy).await;
    let seen = world.last_position(copy).await;
    let request = world.ask(&world.admin, Method::GET, &format!("/api/copies/{copy}"));
    let read = heard(request.header("ledger-position", seen)).await.body(200);
    assert_eq!(read["import"], json!({"state": "failed", "attempt": 1}));
    assert_json_snapshot!(read["last_failure"]);
}
