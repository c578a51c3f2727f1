//! Whether memory depends on how many pages a scan has: of the child that works, and of the service that hands it the work.

use std::convert::Infallible;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{Digest, Role};
use fixtures::database::TestCluster;
use fixtures::scans;
use gradeledger::tokens;
use http::Method;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;

use super::ours::{Ours, overlay};
use super::{GREY, SEED};
use crate::report::{Figure, Report, Target};
use crate::served::Served;

/// Few pages, more, and as many as a scan may have: the same sheet again and again, so that the file is no larger.
const PAGES: [usize; 3] = [5, 50, 500];
/// Pages of the largest scan in grey that is taken: 50 MB.
const LARGEST: usize = 45;
/// How much more memory the most pages may take than the fewest.
const RATIO: f64 = 1.3;
/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most memory of each, in MB.
struct Peaks {
    pages: usize,
    importing: f64,
    finalising: f64,
    service: f64,
}

/// A process, and its peak.
type Part = (&'static str, fn(&Peaks) -> f64);

pub(super) async fn run(report: &mut Report, ours: &Ours) {
    let cluster = TestCluster::own().await;
    let mut measured = Vec::new();
    for pages in PAGES {
        let source = Bytes::from(scans::one_sheet_many_pages(pages, SEED));
        measured.push(peaks(ours, &cluster, &source, pages).await);
    }
    let largest = Bytes::from(scans::grey_jpeg_scan(LARGEST, SEED));
    let largest = peaks(ours, &cluster, &largest, LARGEST).await;
    println!("{:>6} {:>12} {:>12} {:>12}", "pages", "import MB", "finalise MB", "service MB");
    for Peaks { pages, importing, finalising, service } in measured.iter().chain([&largest]) {
        println!("{pages:>6} {importing:>12.1} {finalising:>12.1} {service:>12.1}");
    }
    let (few, many) = (&measured[0], &measured[PAGES.len() - 1]);
    let parts: [Part; 3] = [
        ("child that imports", |peaks| peaks.importing),
        ("child that finalises", |peaks| peaks.finalising),
        ("service", |peaks| peaks.service),
    ];
    for (part, of) in parts {
        report.figure(Figure {
            case: format!("memory, {} pages, {part}", many.pages),
            unit: "MB",
            ours: of(many),
            beside: Some(("5 pages", of(few))),
            target: Some(Target::RatioAtMost(RATIO)),
        });
        report.figure(Figure {
            case: format!("memory, 50 MB of {GREY}, {part}"),
            unit: "MB",
            ours: of(&largest),
            beside: None,
            target: None,
        });
    }
}

async fn peaks(ours: &Ours, cluster: &TestCluster, source: &Bytes, pages: usize) -> Peaks {
    let drop_page = |_| async { Ok::<_, Infallible>(()) };
    let (imported, importing) = watched(ours.worker().import(source.clone(), drop_page)).await;
    assert_eq!(imported.unwrap().pages.len(), pages);
    let overlay = overlay(pages);
    let made = ours.worker().finalise(source.clone(), Digest::of(source).0, &overlay);
    let (finalised, finalising) = watched(made).await;
    assert_eq!(finalised.unwrap().source_page_count as usize, pages);
    Peaks { pages, importing, finalising, service: service(cluster, source.clone()).await }
}

/// Does work, and the most memory that a PDF process of this one had meanwhile.
async fn watched<T>(work: impl Future<Output = T>) -> (T, f64) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !done.load(Ordering::Relaxed) {
                for pid in pdf_processes() {
                    most = most.max(peak_mb(pid).unwrap_or(0.0));
                }
            }
            most
        });
        let worked = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work));
        done.store(true, Ordering::Relaxed);
        (worked, watching.join().unwrap())
    })
}

fn pdf_processes() -> Vec<u32> {
    let own = format!("PPid:\t{}\n", std::process::id());
    let all = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        let works = command.split(|byte| *byte == 0).nth(1) == Some(b"pdf-worker".as_slice());
        (works && status.contains(&own)).then_some(pid)
    });
    all.collect()
}

/// The most memory that a process has had (proc(5), `VmHWM`); none of one that is gone.
fn peak_mb(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1_024.0 / 1e6)
}

/// The most memory of a service that imports the scan and makes its final PDF.
async fn service(cluster: &TestCluster, source: Bytes) -> f64 {
    let (database, folder) = (cluster.database().await, TempDir::new().unwrap());
    let served = Served::start(&database, folder.path()).await;
    let keys = PgPoolOptions::new().max_connections(1).connect_lazy_with(database.keys_connect_options());
    let (office, _) = tokens::create(&keys, Role::Admin, "office", None).await.unwrap();
    let (grader, id) = tokens::create(&keys, Role::Grader, "grader", None).await.unwrap();
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let ask = |method: Method, path: String| {
        client.request(method, format!("http://{}/api{path}", served.address)).bearer_auth(office.reveal())
    };
    let post = async |path: String, body: Value| heard(ask(Method::POST, path).json(&body)).await;
    let exam = named(&post("/exams".to_owned(), json!({"code": "BENCH"})).await);
    post(format!("/exams/{exam}/scheme"), json!({"questions": [{"id": "1", "maximum": 20}]})).await;
    post(format!("/exams/{exam}/graders"), json!({"grader_id": id})).await;
    let scan = ask(Method::POST, format!("/exams/{exam}/copies/import?anonymous_id=A-1"));
    let copy = named(&heard(scan.header("content-type", "application/pdf").body(source)).await);
    until(async || heard(ask(Method::GET, format!("/copies/{copy}"))).await["import"]["state"] == "done")
        .await;
    post(format!("/copies/{copy}/ready"), json!({})).await;
    let mark = |tail: &str, body: Value| {
        let path = format!("http://{}/api/copies/{copy}/{tail}", served.address);
        client.post(path).bearer_auth(grader.reveal()).json(&body)
    };
    let lock = heard(mark("lock", json!({"ttl_seconds": 3_600}))).await["token"].as_str().unwrap().to_owned();
    heard(mark("finalize", json!({})).header("x-lock-token", lock)).await;
    until(async || heard(ask(Method::GET, format!("/copies/{copy}"))).await["status"] == "GRADED").await;
    peak_mb(served.pid()).unwrap()
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "it did not come true");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn heard(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    serde_json::from_str(&text).unwrap()
}

fn named(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}
