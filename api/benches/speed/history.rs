//! The past of a copy, beside the bare SELECT of the same rows on the same server in the same run.

use std::time::{Duration, Instant};

use domain::copy::command::Marking;
use domain::copy::{Mark, MarkKind};
use domain::{AnnotationId, CopyId, PageBox, Points};
use fixtures::database::TestCluster;
use gradeledger::app::{CopyPast, Opener, Sight, Spelling};
use gradeledger::ledger::{Ledger, LedgerLimits};
use gradeledger::limits::HistoryLimits;
use gradeledger::vault::{KeyStore, MasterKey, Purpose, Vault, VaultOwner, VaultRow};
use projections::history::{self, Moment};
use sqlx::{PgPool, Row as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::marking::{self, Shape};
use crate::report::{Figure, Report};

/// Lengths of history that are measured, in events.
const LENGTHS: [u32; 3] = [50, 500, 5_000];
/// Copies that stand beside, and the events of each: what must not be paid for.
const OTHERS: (u32, u32) = (60, 500);
/// How often each length is measured.
const ROUNDS: usize = 101;

/// A ledger with its vault.
#[derive(Clone)]
struct Office {
    ledger: Ledger,
    vault: Vault,
    pool: PgPool,
}

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::own().await;
    let database = cluster.database().await;
    let pool = database.pool().clone();
    let keys = KeyStore::open(database.keys_connect_options(), &MasterKey::random().unwrap()).await.unwrap();
    let ledger = Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap();
    let office = Office { ledger, vault: Vault::new(pool.clone(), keys), pool };
    let mut running = JoinSet::new();
    for _ in 0..OTHERS.0 {
        let office = office.clone();
        running.spawn(async move { office.copy(OTHERS.1).await });
    }
    running.join_all().await;
    for events in LENGTHS {
        let copy = office.copy(events).await;
        sqlx::query("ANALYZE events").execute(&office.pool).await.unwrap();
        office.measure(report, copy, events).await;
    }
}

impl Office {
    /// A copy of so many events, half of them annotations with a text.
    async fn copy(&self, events: u32) -> CopyId {
        let hand = marking::take_in_hand(&self.ledger, Shape::LEAST).await;
        for number in 0..events - marking::TO_LOCKED {
            let (act, sealed) = if number % 2 == 0 {
                self.annotation(hand.copy, number).await
            } else {
                (marking::score(0, u64::from(number)), Vec::new())
            };
            marking::execute(&self.ledger, hand, hand.marks(act), sealed).await;
        }
        hand.copy
    }

    async fn annotation(&self, copy: CopyId, number: u32) -> (Marking, Vec<VaultRow>) {
        let text = format!("remark {number}: a step is missing between the second and the third line");
        let sealed = self.vault.seal(VaultOwner::Copy(copy), Purpose::Comments, &text).await.unwrap();
        let mark = Mark {
            area: PageBox { x: 100_000, y: 250_000, width: 300_000, height: 50_000 },
            kind: MarkKind::Error,
            points: Some(Points(-25)),
            question: Some("0".parse().unwrap()),
            text: Some(sealed.commitment),
        };
        let annotation = AnnotationId(Uuid::now_v7());
        (Marking::AddAnnotation { annotation, page_index: 0, mark }, vec![sealed.row])
    }

    async fn measure(&self, report: &mut Report, copy: CopyId, events: u32) {
        let most = HistoryLimits::default().events;
        let past = CopyPast {
            pool: &self.pool,
            opener: Opener::vault(&self.vault, Sight::ALL),
            spelling: Spelling::Exact,
            most_events: most,
        };
        let (mut select, mut fold, mut answer) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            select.push(timed(self.select(copy, events)).await);
            fold.push(
                timed(async {
                    let then = history::as_of(&self.pool, copy, Moment::Now, most).await.unwrap();
                    assert_eq!(then.state.last().unwrap().sequence, u64::from(events));
                })
                .await,
            );
            answer.push(
                timed(async {
                    let document = past.at(copy, Moment::Now).await.unwrap();
                    assert!(document.to_string().contains("a step is missing"));
                })
                .await,
            );
        }
        let [select, fold, answer] = [select, fold, answer].map(median_ms);
        for (what, ours) in [("folded", fold), ("as a document", answer)] {
            report.figure(Figure {
                case: format!("{events} events, {what}"),
                unit: "ms",
                ours,
                beside: Some(("SELECT", select)),
                target: None,
            });
        }
    }

    /// The same rows, read and thrown away.
    async fn select(&self, copy: CopyId, events: u32) {
        let rows = sqlx::query(include_str!("history_rows.sql"))
            .bind(copy.0.to_string())
            .fetch_all(&self.pool)
            .await
            .unwrap();
        assert_eq!(rows.len(), events as usize);
        assert!(rows.iter().all(|row| !row.get::<&str, _>("payload").is_empty()));
    }
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}
