//! A hundred consumers of the stream of events over real HTTP, against a steady rate of appends.
//!
//! The service runs in this process; its consumers have a runtime of their own, and are sockets that are read and little more.
//! Memory is the process's, with the appends and before any, so that what consumers cost shows in the difference.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use domain::Role;
use fixtures::database::ClusterFolder;
use futures::future::join_all;
use gradeledger::ledger::{Ledger, LedgerLimits};
use gradeledger::limits::Limits;
use gradeledger::metrics::Metrics;
use gradeledger::service::{Service, ServiceSettings};
use gradeledger::tokens;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use crate::marking::{self, Shape};
use crate::observed::stores;
use crate::process::memory_mb;
use crate::report::{Figure, Report, Target};
use crate::spread::Spread;

/// Consumers, of which no caller may have more than 64.
const CONSUMERS: usize = 100;
const CALLERS: usize = 2;
/// Appends a second.
const RATE: u32 = 200;
const MEASURED: Duration = Duration::from_secs(10);
/// Copies in hand.
const COPIES: usize = 50;
/// What one read of a socket takes at most.
const READ_BYTES: usize = 16 << 10;
/// What p99 from an append's answer to its arrival is to stay under, in milliseconds.
const TARGET_MS: f64 = 50.0;

/// Where each event arrived, and when.
type Arrivals = Vec<(i64, Instant)>;

pub(crate) fn run(report: &mut Report) {
    let folder = TempDir::new().unwrap();
    let serving = Builder::new_multi_thread().enable_all().build().unwrap();
    let consuming = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let cluster = serving.block_on(ClusterFolder::own());
    let (stores, private) = serving.block_on(stores(&cluster, folder.path()));
    let (service, ledger, hands) = serving.block_on(async {
        let ledger = Ledger::open(stores.ledger.clone(), LedgerLimits::default()).await.unwrap();
        // Before there are workers, who would look for the scans.
        let hands = join_all((0..COPIES).map(|_| marking::take_in_hand(&ledger, Shape::USUAL))).await;
        let mut settings = ServiceSettings::at("127.0.0.1:0".parse().unwrap(), Limits::default()).unwrap();
        settings.metrics = Metrics::off();
        settings.pdf.program = env!("CARGO_BIN_EXE_gradeledger").into();
        (Service::start(&stores, settings, None).await.unwrap(), ledger, hands)
    });
    let tokens: Vec<String> = serving.block_on(join_all((0..CALLERS).map(|nth| {
        let keys = &stores.keys;
        async move {
            let name = format!("consumer {nth}");
            let (token, _) = tokens::create(keys, Role::Auditor, &name, None).await.unwrap();
            token.reveal().to_owned()
        }
    })));
    let head = serving.block_on(head(&stores.ledger));
    let appends = i64::try_from(MEASURED.as_secs()).unwrap() * i64::from(RATE);
    let before = memory_mb();
    let (opened, mut all_opened) = tokio::sync::mpsc::channel::<()>(CONSUMERS);
    let consumers: Vec<_> = (0..CONSUMERS)
        .map(|nth| {
            let (address, token) = (service.address(), tokens[nth % CALLERS].clone());
            let opened = opened.clone();
            consuming.spawn(async move { consume(address, &token, head, head + appends, opened).await })
        })
        .collect();
    drop(opened);
    let answered = serving.block_on(async {
        for _ in 0..CONSUMERS {
            all_opened.recv().await.unwrap();
        }
        append(&ledger, &hands, usize::try_from(appends).unwrap()).await
    });
    let began = *answered.values().min().unwrap();
    let arrivals: Vec<Arrivals> =
        consuming.block_on(join_all(consumers)).into_iter().map(Result::unwrap).collect();
    let after = memory_mb();
    let last = arrivals.iter().flatten().map(|(_, at)| *at).max().unwrap();
    let delivered: usize = arrivals.iter().map(Vec::len).sum();
    let late =
        arrivals.iter().flatten().map(|(position, at)| at.saturating_duration_since(answered[position]));
    let spread = Spread::of(late.collect());
    println!("{delivered} events to {CONSUMERS} consumers, {RATE} appends/s\n{:<28}{}", "", Spread::HEADING);
    println!("{:<28}{spread}", "answered to arrived");
    report.figure(Figure {
        case: format!("delivered to {CONSUMERS} consumers"),
        unit: "events/s",
        ours: delivered as f64 / (last - began).as_secs_f64(),
        beside: Some(("appended", f64::from(RATE))),
        target: Some(Target::RatioAtLeast(0.95 * CONSUMERS as f64)),
    });
    report.figure(Figure {
        case: format!("p99 from answered to arrived at {RATE}/s"),
        unit: "ms",
        ours: spread.p99,
        beside: None,
        target: Some(Target::AtMost(TARGET_MS)),
    });
    report.figure(Figure {
        case: format!("memory with {CONSUMERS} consumers"),
        unit: "MB",
        ours: after,
        beside: Some(("none", before)),
        target: None,
    });
    serving.block_on(async {
        service.stop().await;
        private.stop().await.unwrap();
    });
}

async fn head(ledger: &sqlx::PgPool) -> i64 {
    sqlx::query_scalar("SELECT max(position) FROM events").fetch_one(ledger).await.unwrap()
}

/// Appends by the clock; answers when each position was answered.
async fn append(ledger: &Ledger, hands: &[marking::Hand], appends: usize) -> HashMap<i64, Instant> {
    let start = tokio::time::Instant::now();
    let mut sent = tokio::task::JoinSet::new();
    for nth in 0..appends {
        tokio::time::sleep_until(start + Duration::from_secs(1) * u32::try_from(nth).unwrap() / RATE).await;
        let (ledger, hand) = (ledger.clone(), hands[nth % hands.len()]);
        sent.spawn(async move { (marking::mark(&ledger, hand, nth / COPIES).await, Instant::now()) });
    }
    sent.join_all().await.into_iter().collect()
}

/// Reads a stream after `after` until `last` has come; says when it is open.
async fn consume(
    server: SocketAddr,
    token: &str,
    after: i64,
    last: i64,
    opened: tokio::sync::mpsc::Sender<()>,
) -> Arrivals {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!(
        "GET /api/events/stream?after={after} HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut arrivals = Arrivals::new();
    let (mut text, mut bytes) = (Vec::new(), vec![0; READ_BYTES]);
    let (mut is_open, mut place) = (Some(opened), 0);
    while arrivals.last().is_none_or(|(position, _)| *position < last) {
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "nobody ends this stream: {}", String::from_utf8_lossy(&text));
        let now = Instant::now();
        text.extend_from_slice(&bytes[..read]);
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // Lines of chunk sizes between those of the stream are neither of these.
        for line in text[..whole].split(|byte| *byte == b'\n') {
            if let Some(id) = line.strip_prefix(b"id: ") {
                let id = std::str::from_utf8(id).unwrap();
                place = id.trim_end().rsplit('.').next().unwrap().parse().unwrap();
                if let Some(opened) = is_open.take() {
                    opened.send(()).await.unwrap();
                }
            } else if line.starts_with(b"data: ") && place > after {
                arrivals.push((place, now));
            }
        }
        text.drain(..whole);
    }
    arrivals
}
