//! How fast the ledger is, each figure beside a peer or a limit that is measured in the same run, on the same machine.
//!
//! `cargo bench -p gradeledger` runs all parts; `cargo bench -p gradeledger -- append rebuild` those that are named; `--long`
//! adds what takes an hour. Each part starts what it needs. At the end stands a table of all ratios, which is saved with the
//! machine's description as `target/speed.json`. Ratios travel; absolute numbers do not.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot set up its world should fail there"
)]

mod append;
mod catch_up;
mod drift;
mod fanout;
mod growth;
mod history;
mod http;
mod machine;
mod marked;
mod marking;
mod observed;
mod pdf;
mod process;
mod rebuild;
mod report;
mod served;
mod spread;
mod start;
mod visible;

use report::{Length, Report};

/// A part: its name on the command line and in the table, and what measures it.
type Part = (&'static str, fn(&mut Report));

const PARTS: &[Part] = &[
    ("append", append::run),
    ("http", http::run),
    ("visible", visible::run),
    ("observed", observed::run),
    ("growth", growth::run),
    ("history", history::run),
    ("rebuild", rebuild::run),
    ("drift", drift::run),
    ("catch_up", catch_up::run),
    ("fanout", fanout::run),
    ("pdf", pdf::run),
    ("start", start::run),
];

fn main() {
    let (mut asked, mut length) = (Vec::new(), Length::Short);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Cargo's own.
            "--bench" => {}
            "--long" => length = Length::Long,
            name if PARTS.iter().any(|(part, _)| *part == name) => asked.push(argument),
            other => {
                let parts: Vec<&str> = PARTS.iter().map(|(part, _)| *part).collect();
                let parts = parts.join(", ");
                eprintln!("{other} is none of the parts: {parts}; or --long");
                std::process::exit(2);
            }
        }
    }
    let mut report = Report::new(length);
    for &(name, run) in PARTS {
        if asked.is_empty() || asked.iter().any(|part| part == name) {
            report.begin(name);
            run(&mut report);
            report.save();
        }
    }
    report.print();
}
