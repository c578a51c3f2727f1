//! What a command, an audit read, a history and a page of each list cost in ledgers of different lengths.
//!
//! Databases of each length stand on one server and are asked in turns, so that whatever else the machine does meets all alike; what
//! is compared are medians. The use cases run in this process, as a request has them run.

mod asks;
mod side;

use std::time::Duration;

use fixtures::database::TestCluster;
use fixtures::grown::Size;
use serde_json::json;

use crate::report::{Figure, Length, Report, Target};
use asks::Ask;
use side::Side;

/// How often each is asked in each ledger.
const ROUNDS: usize = 200;
/// Rounds before those that count.
const WARM_UP: usize = 20;
/// The most that a cost may grow by: what is left of noise.
const MOST: f64 = 1.5;

/// A hundred events a copy; thirty exams and more, of which a tenth have copies.
const fn size(copies: i64) -> Size {
    Size { exams: 30 + copies / 50, subjects: copies / 4, copies, events_a_copy: 100, accesses: copies * 10 }
}

/// The lengths that are compared with the first.
const LENGTHS: [(&str, i64, Length); 3] = [
    ("10,000", 100, Length::Short),
    ("1,000,000", 10_000, Length::Short),
    ("10,000,000", 100_000, Length::Long),
];

#[tokio::main]
pub(crate) async fn run(report: &mut Report) {
    let cluster = TestCluster::own().await;
    let mut sides = Vec::new();
    for (name, copies, length) in LENGTHS {
        if length == Length::Short || report.length() == Length::Long {
            let side = Side::grown(&cluster, size(copies)).await;
            println!("{name}: {} events, filled and folded in {:.0} s", side.events, side.took.as_secs_f64());
            sides.push((name, side));
        } else {
            report.skip(&format!("{name} events"), "takes --long");
        }
    }
    let mut medians = Vec::new();
    for ask in Ask::ALL {
        let costs = compared(&sides, ask).await;
        medians.push(json!({ "what": ask.name(), "ms": costs }));
        for ((name, _), cost) in sides.iter().zip(&costs).skip(1) {
            report.figure(Figure {
                case: format!("{} at {name}", ask.name()),
                unit: "ms",
                ours: *cost,
                beside: Some(("10,000 events", costs[0])),
                target: ask.is_flat().then_some(Target::RatioAtMost(MOST)),
            });
        }
    }
    report.note(json!(medians));
}

/// The median cost in each ledger, in milliseconds.
async fn compared(sides: &[(&str, Side)], ask: Ask) -> Vec<f64> {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); sides.len()];
    for round in 0..WARM_UP + ROUNDS {
        for turn in 0..sides.len() {
            // None always goes first.
            let nth = (round + turn) % sides.len();
            let took = sides[nth].1.ask(ask, round).await;
            if round >= WARM_UP {
                times[nth].push(took);
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    times.into_iter().map(median).collect()
}
