//! The child process: it ends when it should, and always is reaped.
#![cfg(target_os = "linux")]

use std::convert::Infallible;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fixtures::scans;
use gradeledger::pdf::finalise::finalise;
use gradeledger::pdf::overlay::{Overlay, PageOverlay};
use gradeledger::pdf::{AskedBy, ImportError, PdfError, PdfErrorType, PdfLimits, PdfStage, PdfWorker};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::pdf_import::worker;

/// Longest wait for something that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Set for the process that plays the parent to be killed: where its child's process id goes.
const PID_FOLDER_VARIABLE: &str = "GRADELEDGER_TEST_PID_FOLDER";

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{what} did not come true");
        std::thread::yield_now();
    }
}

/// A worker whose child leaves its process id in `folder`.
fn worker_in(folder: &Path, limits: PdfLimits) -> PdfWorker {
    let program = folder.join("worker");
    let script = format!(
        "#!/bin/sh\necho $$ > {folder}/pid.new\n/bin/mv {folder}/pid.new {folder}/pid\nexec {program} \"$@\"\n",
        folder = folder.display(),
        program = env!("CARGO_BIN_EXE_gradeledger"),
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    PdfWorker { program, limits, asked_by: AskedBy::default() }
}

fn process_folder(folder: &Path) -> Option<PathBuf> {
    let pid = std::fs::read_to_string(folder.join("pid")).ok()?;
    Some(Path::new("/proc").join(pid.trim()))
}

#[tokio::test]
async fn a_child_stopped_at_its_time_limit_is_killed_and_reaped() {
    let folder = TempDir::new().unwrap();
    let limits = PdfLimits { import_seconds_max: 1, ..PdfLimits::default() };
    let started = Instant::now();
    let outcome = worker_in(folder.path(), limits)
        .import(Bytes::from(scans::nested_forms(12)), |_| async { Ok::<_, Infallible>(()) })
        .await;
    assert!(matches!(outcome, Err(ImportError::Pdf(PdfError { error_type: PdfErrorType::Timeout, .. }))));
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());
    assert!(!process_folder(folder.path()).unwrap().exists(), "a zombie would still be listed");
}

#[tokio::test]
async fn an_import_that_is_dropped_takes_its_child_along() {
    let folder = TempDir::new().unwrap();
    let worker = worker_in(folder.path(), PdfLimits::default());
    let import = worker.import(Bytes::from(scans::nested_forms(12)), |_| async { Ok::<_, Infallible>(()) });
    let running = tokio::time::timeout(Duration::from_millis(500), import);
    assert!(running.await.is_err(), "content without end cannot be done");
    let process = process_folder(folder.path()).unwrap();
    let started = Instant::now();
    while process.exists() {
        assert!(started.elapsed() < PATIENCE, "the child outlived its import");
        // Reaping is the runtime's work, so it needs its turn.
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_stored_ends_the_import_and_its_child() {
    let folder = TempDir::new().unwrap();
    let mut taken = 0;
    let outcome = worker_in(folder.path(), PdfLimits::default())
        .import(Bytes::from(scans::bilevel_g4_scan(8, 2)), |page| {
            taken += 1;
            std::future::ready(if page.index < 2 { Ok(()) } else { Err("no room") })
        })
        .await;
    assert!(matches!(outcome, Err(ImportError::Page("no room"))), "{outcome:?}");
    assert_eq!(taken, 3);
    assert!(!process_folder(folder.path()).unwrap().exists());
}

#[test]
fn a_child_ends_when_its_parent_is_killed() {
    let folder = TempDir::new().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "pdf_child::plays_a_parent_that_waits_for_content_without_end"])
        .env(PID_FOLDER_VARIABLE, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the child's start", || process_folder(folder.path()).is_some());
    let process = process_folder(folder.path()).unwrap();
    // At work: it has read its job, and used processor time on it.
    wait_until("the child's work", || processor_ticks(&process) > 5);
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("the child's end", || !process.exists());
}

/// User time of a process, in clock ticks (proc(5), field 14 of `stat`).
fn processor_ticks(process: &Path) -> u64 {
    let stat = std::fs::read_to_string(process.join("stat")).expect("the child is still there");
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.split_whitespace().nth(11).unwrap().parse().unwrap()
}

#[tokio::test]
#[ignore = "started, and killed, by a_child_ends_when_its_parent_is_killed"]
async fn plays_a_parent_that_waits_for_content_without_end() {
    let folder = PathBuf::from(std::env::var_os(PID_FOLDER_VARIABLE).unwrap());
    let worker = worker_in(&folder, PdfLimits::default());
    let _ = worker.import(Bytes::from(scans::nested_forms(12)), |_| async { Ok::<_, Infallible>(()) }).await;
}

#[tokio::test]
async fn memory_of_a_child_does_not_grow_with_the_number_of_pages() {
    let few = peak_kibibytes(6).await;
    let many = peak_kibibytes(24).await;
    assert!(many < few + few / 4, "6 pages took {few} KiB and 24 took {many}");
}

/// One page was seen to need 36 MiB in grey and 51 in colour, 18 of which are stacks. As the renderer holds a page's pixels they
/// take 8 MB: one more copy of them does not fit.
#[tokio::test]
async fn a_page_is_made_without_one_more_copy_of_its_pixels() {
    for (what, source, mebibytes) in
        [("grey", scans::grey_jpeg_scan(1, 8), 40), ("colour", scans::rgb_jpeg_scan(1, 8), 56)]
    {
        let limits = PdfLimits { memory_bytes_max: mebibytes * 1024 * 1024, ..PdfLimits::default() };
        let outcome = worker(limits).import(Bytes::from(source), |_| async { Ok::<_, Infallible>(()) }).await;
        assert!(outcome.is_ok(), "{what} in {mebibytes} MiB: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_of_a_finalisation_hardly_grows_with_the_number_of_pages() {
    let few = peak_of_a_finalisation(5).await;
    let many = peak_of_a_finalisation(500).await;
    assert!(many < 2 * few, "5 pages took {few} KiB and 500 took {many}");
}

/// The greatest resident size of a child that finalises, looked at for as long as it lives. It reaches that before it begins to
/// write the file, which takes more than one look.
async fn peak_of_a_finalisation(page_count: usize) -> u64 {
    let folder = TempDir::new().unwrap();
    let worker = worker_in(folder.path(), PdfLimits::default());
    let source = Bytes::from(scans::one_sheet_many_pages(page_count, 4));
    let mut overlay = overlay(0);
    let marked = overlay.pages.remove(0);
    overlay.pages = (0..page_count).map(|page_index| PageOverlay { page_index, ..marked.clone() }).collect();
    let finalising =
        tokio::spawn(
            async move { worker.finalise(source.clone(), sha256(&source), &overlay).await.unwrap() },
        );
    let mut peak = 0;
    while !finalising.is_finished() {
        let process = process_folder(folder.path());
        peak = process.and_then(|process| high_water_kibibytes(&process)).unwrap_or(0).max(peak);
    }
    assert_eq!(finalising.await.unwrap().source_page_count as usize, page_count);
    peak
}

/// The greatest resident size of a process so far (proc(5), `VmHWM`); none of one that is gone.
fn high_water_kibibytes(process: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The greatest resident size of a child that imports, read while it waits to hand over its last page.
async fn peak_kibibytes(page_count: usize) -> u64 {
    let folder = TempDir::new().unwrap();
    let mut peak = 0;
    let worker = worker_in(folder.path(), PdfLimits::default());
    let source = Bytes::from(scans::bilevel_g4_scan(page_count, 4));
    let imported = worker
        .import(source, |page| {
            // A page is larger than the pipe, so the child cannot be done before we read on.
            if page.index as usize == page_count - 2 {
                peak = high_water_kibibytes(&process_folder(folder.path()).unwrap()).unwrap();
            }
            async { Ok::<_, Infallible>(()) }
        })
        .await
        .unwrap();
    assert_eq!(imported.pages.len(), page_count);
    peak
}

#[tokio::test]
async fn a_program_that_is_missing_or_is_not_ours_is_told_apart_from_a_bad_pdf() {
    for program in ["/nowhere/gradeledger", "/bin/echo", "/bin/false"] {
        let worker =
            PdfWorker { program: program.into(), limits: PdfLimits::default(), asked_by: AskedBy::default() };
        let good = Bytes::from(scans::tiny_pages(1));
        let outcome = worker.import(good, |_| async { Ok::<_, Infallible>(()) }).await;
        let Err(ImportError::Pdf(error)) = outcome else { panic!("{program}: {outcome:?}") };
        assert_eq!((error.stage, error.error_type), (PdfStage::Worker, PdfErrorType::Unknown), "{program}");
    }
}

#[test]
fn the_child_refuses_to_be_started_by_hand() {
    let output = Command::new(env!("CARGO_BIN_EXE_gradeledger"))
        .arg("pdf-worker")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("started by gradeledger itself"));
    assert_eq!(output.stdout, b"");
}

#[tokio::test]
async fn a_child_that_waits_for_room_is_not_stopped_for_our_own_slowness() {
    let limits = PdfLimits { import_seconds_max: 2, ..PdfLimits::default() };
    let pause = Duration::from_millis(700);
    let outcome = worker(limits)
        .import(Bytes::from(scans::tiny_pages(4)), |_| async move {
            // Stands for a slow store; there is no condition to wait for.
            tokio::time::sleep(pause).await;
            Ok::<_, Infallible>(())
        })
        .await;
    assert_eq!(outcome.unwrap().pages.len(), 4);
}

/// Between half of what it needs and a little less than all of it, an allocation fails in each part of the work. Some of the code
/// that the child is made of panics then, as it does over damage.
#[tokio::test]
async fn a_finalisation_without_enough_memory_says_so_and_never_that_its_source_is_damaged() {
    let source = Bytes::from(scans::vector_mixed_orientation());
    let within = async |kibibytes: u64| {
        let limits = PdfLimits { memory_bytes_max: kibibytes * 1024, ..PdfLimits::default() };
        worker(limits).finalise(source.clone(), sha256(&source), &overlay(2)).await
    };
    let (mut short, mut enough) = (1_024, 65_536);
    assert!(within(enough).await.is_ok());
    while enough - short > 64 {
        let middle = short.midpoint(enough);
        if within(middle).await.is_ok() { enough = middle } else { short = middle }
    }
    for less in 0..32 {
        let kibibytes = short - less * short / 64;
        let error = within(kibibytes).await.unwrap_err();
        assert_eq!(
            (error.stage, error.error_type),
            (PdfStage::Finalise, PdfErrorType::Unknown),
            "{kibibytes} KiB: {error}"
        );
        assert!(error.detail.contains("memory limit"), "{kibibytes} KiB: {error}");
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A score sheet with nothing on it, and marks on a page that may or may not exist.
fn overlay(page_index: usize) -> Overlay {
    let overlay = serde_json::json!({
        "document": { "anonymous_id": "A-17", "copy_id": "0", "basis_sequence": 9, "attempt": 1 },
        "pages": [{ "page_index": page_index, "marks": [{
            "number": 1, "kind": "ERROR", "points_hundredths": -250, "text": "Signe oublié",
            "box": { "x": 100_000, "y": 200_000, "width": 300_000, "height": 50_000 },
        }] }],
        "score_sheet": { "questions": [], "total_hundredths": 0, "maximum_total_hundredths": 0 },
    });
    serde_json::from_value(overlay).unwrap()
}

#[tokio::test]
async fn a_child_finalises_to_the_same_bytes_as_the_function_that_it_runs() {
    let source = scans::vector_mixed_orientation();
    let expected = finalise(&source, &overlay(2)).unwrap();
    let made = worker(PdfLimits::default())
        .finalise(source.clone().into(), sha256(&source), &overlay(2))
        .await
        .unwrap();
    assert_eq!(made.bytes, expected.bytes);
    assert_eq!(made.sha256, sha256(&made.bytes));
    assert_eq!(made.source_page_count as usize, scans::ORIENTATIONS.len());
    assert_eq!(made.page_count as usize, expected.page_count);
}

#[tokio::test]
async fn a_finalisation_that_is_refused_names_its_step_and_the_next_one_works() {
    let worker = worker(PdfLimits::default());
    let source = Bytes::from(scans::tiny_pages(1));
    let missing = worker.finalise(source.clone(), sha256(&source), &overlay(1)).await.unwrap_err();
    assert_eq!((missing.stage, missing.error_type), (PdfStage::Finalise, PdfErrorType::Unknown), "{missing}");
    let damaged = Bytes::from(scans::damaged());
    let damaged = worker.finalise(damaged.clone(), sha256(&damaged), &overlay(0)).await.unwrap_err();
    assert_eq!((damaged.stage, damaged.error_type), (PdfStage::Open, PdfErrorType::InvalidPdf), "{damaged}");
    assert_eq!(
        worker.finalise(source.clone(), sha256(&source), &overlay(0)).await.unwrap().source_page_count,
        1
    );
}
