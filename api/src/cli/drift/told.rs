//! What `gradeledger drift` prints, for a person or for a program.

use std::io::{self, Write as _};
use std::time::Duration;

use domain::READER;
use indicatif::ProgressBar;
use projections::{Difference, DriftNews, DriftSummary, Finding, StreamId, ViewDrift};
use serde_json::{Value, json};

use crate::cli::stdout::{on_a_line, print};

/// The longest value that is shown to a person, in characters.
const VALUE_CHARACTERS: usize = 60;

/// The most rows that are shown to a person one by one. JSON has all.
const SHOWN_ROWS: u64 = 200;

/// Prints news as it comes.
pub(super) struct Told {
    json: bool,
    bar: ProgressBar,
    rows: u64,
    /// The copy or exam that the last line was about.
    about: Option<(&'static str, StreamId)>,
    /// What stdout answered, once it took no more.
    broken: Option<io::Error>,
}

impl Told {
    pub(super) fn new(json: bool, bar: ProgressBar) -> Self {
        Self { json, bar, rows: 0, about: None, broken: None }
    }

    pub(super) fn news(&mut self, news: &DriftNews<'_>) {
        match news {
            DriftNews::Looked { events, .. } => self.bar.inc(*events),
            DriftNews::Found(finding) if self.json => self.say(&format!("{}\n", as_json(finding))),
            DriftNews::Found(finding) => self.found(finding),
            DriftNews::Repaired { view, streams } if self.json => {
                let streams: Vec<Value> = streams.iter().map(|stream| of(*stream)).collect();
                let repaired =
                    json!({"repaired": {"view": view.name, "version": view.version, "streams": streams}});
                self.say(&format!("{repaired}\n"));
            }
            DriftNews::Repaired { .. } => {}
        }
    }

    /// One row for a person.
    fn found(&mut self, finding: &Finding) {
        self.rows += 1;
        if self.rows > SHOWN_ROWS {
            return;
        }
        let mut text = String::new();
        match finding.stream {
            Some(stream) if self.about != Some((finding.view.name, stream)) => {
                text.push_str(&format!("{}: {}\n", finding.view.name, words(stream)));
                self.about = Some((finding.view.name, stream));
            }
            Some(_) => {}
            None => text.push_str(&format!("{}\n", finding.view.name)),
        }
        text.push_str(&row(finding));
        self.say(&text);
    }

    pub(super) fn end(
        &mut self,
        summary: Option<&DriftSummary>,
        took: Duration,
        repair: bool,
    ) -> io::Result<()> {
        self.bar.finish_and_clear();
        let Some(summary) = summary else { return Ok(()) };
        if self.json {
            self.say(&format!("{}\n", summary_json(summary, took)));
        } else {
            if self.rows > SHOWN_ROWS {
                self.say(&format!("... and {} rows more; --json lists every one\n", self.rows - SHOWN_ROWS));
            }
            self.say(&page(summary, took, repair));
        }
        self.broken.take().map_or(Ok(()), Err)
    }

    fn say(&mut self, text: &str) {
        if self.broken.is_none() {
            self.broken = self.bar.suspend(|| print(|out| out.write_all(text.as_bytes()))).err();
        }
    }
}

fn words(stream: StreamId) -> String {
    match stream {
        StreamId::Copy(copy) => format!("copy {copy}"),
        StreamId::Exam(exam) => format!("exam {exam}"),
        StreamId::Operations(_) => "acts of operators".to_owned(),
        StreamId::Subject(subject) => format!("subject {subject}"),
    }
}

fn of(stream: StreamId) -> Value {
    json!({"type": stream.kind().as_str(), "id": stream.uuid()})
}

/// The lines about one row.
fn row(finding: &Finding) -> String {
    let which = which(finding);
    match &finding.difference {
        Difference::Columns(columns) => columns
            .iter()
            .map(|column| {
                let (expected, live) = (short(&column.expected), short(&column.live));
                format!("    {which}{}: the events give {expected}, the row has {live}\n", column.name)
            })
            .collect(),
        Difference::Missing
        | Difference::TooMany
        | Difference::More { .. }
        | Difference::Unfoldable { .. } => format!("    {which}{}\n", finding.difference),
    }
}

/// What tells a row from others of the same stream; nothing where the stream has one row.
fn which(finding: &Finding) -> String {
    let stream = finding.stream.map(|stream| stream.uuid().to_string());
    let Value::Object(key) = &finding.key else { return String::new() };
    let parts: Vec<String> = key
        .iter()
        .filter(|(_, value)| stream.is_none() || value.as_str() != stream.as_deref())
        .map(|(column, value)| {
            format!("{column} {}", value.as_str().map_or(value.to_string(), str::to_owned))
        })
        .collect();
    if parts.is_empty() { String::new() } else { format!("{}, {}: ", finding.table, parts.join(", ")) }
}

fn short(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { on_a_line(&value.to_string(), VALUE_CHARACTERS) }
}

fn as_json(finding: &Finding) -> Value {
    let mut line = json!({
        "view": finding.view.name,
        "version": finding.view.version,
        "table": finding.table,
        "stream": finding.stream.map(of),
        "key": finding.key,
    });
    let (difference, facts) = match &finding.difference {
        Difference::Missing => ("row_missing", json!({})),
        Difference::TooMany => ("row_too_many", json!({})),
        Difference::Columns(columns) => {
            let columns: Vec<Value> = columns
                .iter()
                .map(|it| json!({"column": it.name, "expected": it.expected, "live": it.live}))
                .collect();
            ("columns", json!({"columns": columns}))
        }
        Difference::More { rows } => ("more_rows", json!({"rows": rows})),
        Difference::Unfoldable { position, cause } => {
            ("unfoldable", json!({"position": position, "cause": cause}))
        }
    };
    line["difference"] = difference.into();
    if let (Value::Object(line), Value::Object(facts)) = (&mut line, facts) {
        line.extend(facts);
    }
    line
}

fn summary_json(summary: &DriftSummary, took: Duration) -> Value {
    let views: Vec<Value> = summary
        .views
        .iter()
        .map(|it| {
            json!({
                "view": it.view.name, "version": it.view.version, "position": it.position, "head": it.head,
                "stopped": it.stopped, "needs_reader": it.needs_reader.map(|it| it.0), "streams_differ": it.streams, "rows_differ": it.rows,
                "streams_repaired": it.repaired,
            })
        })
        .collect();
    let seconds = (took.as_secs_f64() * 1e3).round() / 1e3;
    json!({"summary": {
        "clean": summary.is_clean(), "streams": summary.streams, "events": summary.events, "seconds": seconds,
        "views": views,
    }})
}

/// The end for a person: what each view came to, and what to type next.
fn page(summary: &DriftSummary, took: Duration, repair: bool) -> String {
    let mut page = String::new();
    if !summary.is_clean() {
        page.push('\n');
    }
    let rate = summary.events as f64 / took.as_secs_f64().max(1e-9);
    page.push_str(&format!(
        "looked at {} copies and exams, {} events, in {:.1} s ({rate:.0} events/s)\n",
        summary.streams,
        summary.events,
        took.as_secs_f64()
    ));
    summary.views.iter().for_each(|view| page.push_str(&line(view)));
    let wrong: Vec<&str> =
        summary.views.iter().filter(|view| view.rows > 0).map(|view| view.view.name).collect();
    if !wrong.is_empty() && !repair {
        page.push_str(&format!(
            "`gradeledger drift {} --repair` writes the rows that differ anew from their events\n",
            wrong.join(" ")
        ));
    }
    page
}

fn line(view: &ViewDrift) -> String {
    if let Some(needs) = view.needs_reader {
        return format!(
            "  {:<14} was not looked at: it needs reader {}, and this gradeledger is reader {READER}; use the version that \
             leads it\n",
            view.view.name, needs.0
        );
    }
    let standing = match (view.stopped, view.head - view.position) {
        (true, _) => format!(", where it is stopped (the ledger is at {})", view.head),
        (false, 0) => String::new(),
        (false, behind) => format!(", {behind} behind the ledger"),
    };
    let repaired = if view.repaired > 0 { format!(", {} rewritten", view.repaired) } else { String::new() };
    let differ = match (view.rows, view.streams) {
        (0, _) => "nothing differs".to_owned(),
        (1, _) => format!("1 row differs{repaired}"),
        (rows, 0) => format!("{rows} rows differ"),
        (rows, streams) => format!("{rows} rows differ, of {streams} copies and exams{repaired}"),
    };
    format!("  {:<14} as of position {}{standing}: {differ}\n", view.view.name, view.position)
}
