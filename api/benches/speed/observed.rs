//! What it costs to be watched: the same commands on a service that logs and counts, and on one that does neither.
//!
//! Two whole services run in this process, each on a private Postgres of its own that flushes every commit, and are asked over real HTTP. One logs at
//! INFO, as JSON, into a folder, and is scraped once a second while it is asked; the other has no log and no figures. They take turns, a few
//! commands each, so that whatever else the machine does meets both alike.

mod side;

use std::time::Duration;

pub(crate) use side::stores;
use side::{Side, Watched};

use crate::report::{Figure, Report, Target};
use crate::spread::Spread;

/// Rounds of each side.
const ROUNDS: usize = 40;
/// Rounds before those that count.
const WARM_UP: usize = 3;
/// The most that p95 may grow by.
const TARGET: Duration = Duration::from_millis(5);

pub(crate) fn run(report: &mut Report) {
    let mut sides = [Side::open(Watched::Yes), Side::open(Watched::No)];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..WARM_UP + ROUNDS {
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
    tell(report, watched, blind, lines);
}

fn tell(report: &mut Report, watched: Spread, blind: Spread, lines: usize) {
    println!(
        "{} commands of each side in {ROUNDS} rounds, {} at a time; {lines} lines logged",
        watched.count,
        side::GRADERS
    );
    println!("{:<28}{}", "milliseconds", Spread::HEADING);
    println!("{:<28}{blind}", "no log, no figures");
    println!("{:<28}{watched}", "logged, counted, scraped");
    report.figure(Figure {
        case: "p95 of a command, logged and counted".to_owned(),
        unit: "ms",
        ours: watched.p95,
        beside: Some(("neither", blind.p95)),
        target: Some(Target::AtMost(blind.p95 + TARGET.as_secs_f64() * 1e3)),
    });
}
