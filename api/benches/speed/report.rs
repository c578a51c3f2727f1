//! What was measured, beside what, and whether it is what it should be.

use std::path::Path;

use serde_json::{Value, json};

use crate::machine;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Short,
    Long,
}

/// What a figure must be.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "not every part has a target of every kind")]
pub(crate) enum Target {
    /// Ours over the other's.
    RatioAtLeast(f64),
    RatioAtMost(f64),
    /// Ours, whatever the other's.
    AtLeast(f64),
    AtMost(f64),
}

/// One line of the table.
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// Who else, and what it measured.
    pub(crate) beside: Option<(&'static str, f64)>,
    pub(crate) target: Option<Target>,
}

pub(crate) struct Report {
    length: Length,
    machine: Value,
    part: &'static str,
    lines: Vec<(&'static str, Figure)>,
    /// By part, what has no place in a line.
    notes: serde_json::Map<String, Value>,
}

impl Report {
    pub(crate) fn new(length: Length) -> Self {
        let machine = machine::describe();
        println!("{machine:#}");
        Self { length, machine, part: "", lines: Vec::new(), notes: serde_json::Map::new() }
    }

    pub(crate) fn length(&self) -> Length {
        self.length
    }

    pub(crate) fn begin(&mut self, part: &'static str) {
        self.part = part;
        println!("\n== {part}");
    }

    pub(crate) fn figure(&mut self, figure: Figure) {
        println!("{}", figure.line(self.part));
        self.lines.push((self.part, figure));
    }

    /// Keeps what has no place in a line of the table; a part that says it again replaces it.
    pub(crate) fn note(&mut self, note: Value) {
        self.notes.insert(self.part.to_owned(), note);
    }

    pub(crate) fn skip(&mut self, case: &str, why: &str) {
        println!("skipped: {case}: {why}");
    }

    pub(crate) fn save(&self) {
        let figures: Vec<Value> = self.lines.iter().map(|(part, figure)| figure.json(part)).collect();
        let document = json!({ "machine": self.machine, "figures": figures, "notes": self.notes });
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("speed.json");
        std::fs::write(file, format!("{document:#}\n")).unwrap();
    }

    pub(crate) fn print(&self) {
        println!("\n{}", self.machine);
        println!(
            "{:<9} {:<44} {:>12} {:>12} {:>7}  {:<14} {:<16} target",
            "part", "case", "ours", "beside", "ratio", "unit", "who"
        );
        for (part, figure) in &self.lines {
            println!("{}", figure.line(part));
        }
        let missed = self.lines.iter().filter(|(_, figure)| figure.met() == Some(false)).count();
        println!("{missed} of {} figures miss their target", self.lines.len());
    }
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        self.beside.map(|(_, other)| self.ours / other)
    }

    fn met(&self) -> Option<bool> {
        let over = self.ratio().unwrap_or(f64::NAN);
        self.target.map(|target| match target {
            Target::RatioAtLeast(least) => over >= least,
            Target::RatioAtMost(most) => over <= most,
            Target::AtLeast(least) => self.ours >= least,
            Target::AtMost(most) => self.ours <= most,
        })
    }

    fn line(&self, part: &str) -> String {
        let number = |value: f64| match value.abs() {
            size if size >= 1_000.0 => format!("{value:.0}"),
            size if size >= 10.0 => format!("{value:.1}"),
            _ => format!("{value:.3}"),
        };
        let (who, other) = self
            .beside
            .map_or((String::new(), String::new()), |(who, other)| (who.to_owned(), number(other)));
        let ratio = self.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let target = self.target.map_or(String::new(), |target| {
            let asked = match target {
                Target::RatioAtLeast(least) => format!("ratio at least {least}"),
                Target::RatioAtMost(most) => format!("ratio at most {most}"),
                Target::AtLeast(least) => format!("at least {}", number(least)),
                Target::AtMost(most) => format!("at most {}", number(most)),
            };
            format!("{} ({asked})", if self.met() == Some(true) { "met" } else { "MISSED" })
        });
        let line = format!(
            "{part:<9} {:<44} {:>12} {other:>12} {ratio:>7}  {:<14} {who:<16} {target}",
            self.case,
            number(self.ours),
            self.unit
        );
        line.trim_end().to_owned()
    }

    fn json(&self, part: &str) -> Value {
        json!({
            "part": part, "case": self.case, "unit": self.unit, "ours": self.ours,
            "beside": self.beside.map(|(who, other)| json!({ "who": who, "figure": other })),
            "ratio": self.ratio(), "met": self.met(),
        })
    }
}
