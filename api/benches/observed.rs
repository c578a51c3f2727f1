//! What it costs to be watched: the same commands on a service that logs and counts, and on one that does neither.
//!
//! `cargo bench -p gradeledger --bench observed`, with a number behind `--` for other than 40 rounds. Two whole services run in
//! this process, each on a private Postgres of its own that flushes every commit, and are asked over real HTTP. One logs at
//! INFO, as JSON, into a folder, and is scraped once a second while it is asked; the other has no log and no figures. They take turns, a few
//! commands each, so that whatever else the machine does meets both alike.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench that cannot set up its world should fail there"
)]

#[path = "observed/side.rs"]
mod side;
#[path = "observed/spread.rs"]
mod spread;

use std::time::Duration;

use serde_json::json;
use side::{Side, Watched};
use spread::Spread;

/// Rounds of each side.
const ROUNDS: usize = 40;
/// Rounds before those that count.
const WARM_UP: usize = 3;
/// The most that p95 may grow by.
const TARGET: Duration = Duration::from_millis(5);

fn main() {
    // Cargo passes a flag of its own.
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let mut sides = [Side::open(Watched::Yes), Side::open(Watched::No)];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..WARM_UP + rounds {
        // Neither always goes first.
        for nth in [round % 2, (round + 1) % 2] {
            let took = sides[nth].round();
            if round >= WARM_UP {
                times[nth].extend(took);
            }
        }
    }
    let [watched, blind] = times.map(Spread::of);
    let lines = sides[0].logged_lines();
    sides.into_iter().for_each(Side::close);
    report(watched, blind, rounds, lines);
}

fn report(watched: Spread, blind: Spread, rounds: usize, lines: usize) {
    println!(
        "{} commands of each side in {rounds} rounds, {} at a time; {lines} lines logged; {}",
        watched.count,
        side::GRADERS,
        spread::machine()
    );
    println!("{:<28}{:>9}{:>9}{:>9}{:>9}", "milliseconds", "p50", "p95", "p99", "max");
    println!("{:<28}{blind}", "no log, no figures");
    println!("{:<28}{watched}", "logged, counted, scraped");
    println!(
        "{:<28}{:9.2}{:9.2}{:9.2}",
        "difference",
        watched.p50 - blind.p50,
        watched.p95 - blind.p95,
        watched.p99 - blind.p99
    );
    println!(
        "{:<28}{:9.2}{:9.2}{:9.2}",
        "ratio",
        watched.p50 / blind.p50,
        watched.p95 / blind.p95,
        watched.p99 / blind.p99
    );
    let grown = watched.p95 - blind.p95;
    let verdict = if grown < TARGET.as_secs_f64() * 1e3 { "under" } else { "NOT under" };
    println!("p95 has grown by {grown:.2} ms, {verdict} {} ms", TARGET.as_millis());
    let figures = json!({"machine": spread::machine(), "watched": watched.json(), "blind": blind.json()});
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/observed.json");
    std::fs::write(&file, format!("{figures:#}\n")).unwrap();
    println!("saved as {}", file.display());
}
