//! What PDF work costs, counted and never timed: processes, bytes read and written, memory.
#![cfg(target_os = "linux")]

use std::fs;

use domain::CopyId;
use fixtures::scans::{grey_jpeg_scan, one_sheet_many_pages};
use serde_json::json;

use super::desk::{Desk, Held};
use super::place::{PROGRAM, Place};
use super::process::{Process, environment, program};

/// What a service reads and writes beside scans, pages and final PDFs: its log, and what it says to databases and clients.
const SLACK_BYTES: u64 = 2_000_000;

/// `serve`, which tells of each child that it starts.
async fn served(place: &Place) -> (Process, Desk) {
    let mut command = program(PROGRAM);
    command.arg("serve").envs(environment(place)).env("GRADELEDGER_LOG", "info,gradeledger::pdf=debug");
    let served = Process::start(command, place.folder.path(), None).await;
    let desk = Desk::open(&place.database, served.address).await;
    (served, desk)
}

/// Bytes that a process, and each child of it that has ended, has read from files and pipes and written to them (proc(5),
/// `rchar` and `wchar`).
fn read_and_written(served: &Process) -> [u64; 2] {
    ["rchar: ", "wchar: "].map(|name| number(served, "io", name))
}

fn number(served: &Process, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/{file}", served.id())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn children(served: &Process) -> usize {
    served.messages().iter().filter(|message| *message == "a PDF process works").count()
}

/// Bytes of all blobs of a copy.
fn stored(place: &Place, copy: CopyId) -> u64 {
    let blobs = fs::read_dir(place.blobs().join(copy.to_string())).unwrap();
    blobs.map(|blob| blob.unwrap().metadata().unwrap().len()).sum()
}

fn assert_at_most_a_little_more(what: &str, bytes: u64, expected: u64) {
    assert!(bytes >= expected, "{what}: {bytes}, and {expected} at least were expected");
    assert!(bytes - expected <= SLACK_BYTES, "{what}: {bytes}, where {expected} would do");
}

#[tokio::test]
async fn an_import_and_a_finalisation_take_one_child_each_and_move_no_byte_more_often_than_they_must() {
    let place = Place::new().await;
    let (served, desk) = served(&place).await;
    let exam = desk.exam().await;
    let scan = grey_jpeg_scan(6, 11);
    let scan_bytes = scan.len() as u64;

    let [read_before, written_before] = read_and_written(&served);
    let copy = desk.send(exam, "A-1", scan).await;
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "done");
    let [read, written] = read_and_written(&served);
    let pages = stored(&place, copy) - scan_bytes;
    assert_eq!(children(&served), 1);
    // From the store, by the child, and its pages by the service.
    assert_at_most_a_little_more("read by an import", read - read_before, 2 * scan_bytes + pages);
    // To the store and to the child; each page by the child, and to the store.
    assert_at_most_a_little_more("written by an import", written - written_before, 2 * (scan_bytes + pages));

    desk.post(&desk.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
    let held = desk.lock(copy, 3_600).await;
    let [read_before, written_before] = read_and_written(&served);
    desk.finalise(&held).await;
    let [read, written] = read_and_written(&served);
    let made = stored(&place, copy) - pages - scan_bytes;
    assert_eq!(children(&served), 2);
    assert_at_most_a_little_more("read by a finalisation", read - read_before, 2 * scan_bytes + made);
    assert_at_most_a_little_more(
        "written by a finalisation",
        written - written_before,
        scan_bytes + 2 * made,
    );
}

#[tokio::test]
async fn memory_of_a_service_does_not_grow_with_the_number_of_pages() {
    let place = Place::new().await;
    let (served, desk) = served(&place).await;
    let exam = desk.exam().await;
    let few = peak_kibibytes(&served, &desk, &held(&desk, exam, "A-1", 5).await).await;
    let many = peak_kibibytes(&served, &desk, &held(&desk, exam, "A-2", 100).await).await;
    assert!(many < few + few / 4, "5 pages took {few} KiB and 100 took {many}");
}

/// A copy of so many pages, in the grader's hands.
async fn held(desk: &Desk, exam: domain::ExamId, anonymous_id: &str, pages: usize) -> Held {
    let copy = desk.send(exam, anonymous_id, one_sheet_many_pages(pages, 12)).await;
    assert_eq!(desk.import_ended(copy).await["import"]["state"], "done");
    desk.post(&desk.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
    desk.lock(copy, 3_600).await
}

/// The greatest resident size of the service so far, once it has made the final PDF as well (proc(5), `VmHWM`).
async fn peak_kibibytes(served: &Process, desk: &Desk, held: &Held) -> u64 {
    desk.finalise(held).await;
    number(served, "status", "VmHWM:")
}
