//! What was found: a line a check, and what to do below each that is not well.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::super::screen::{Paint, wrap};
use super::super::stdout::on_a_line;

/// How wide the names of checks are.
const NAME: usize = 18;
/// How much of a detail is told.
const DETAIL_CHARACTERS: usize = 600;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Well.
    Ok,
    /// Not as it should be, or not looked at.
    Warn,
    /// Not well.
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    detail: String,
    /// What to do; none where it is well.
    advice: Option<String>,
}

/// All checks, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.0.push(Finding { check, verdict: Verdict::Ok, detail: detail.into(), advice: None });
    }

    pub(super) fn warn(&mut self, check: &'static str, detail: impl Into<String>, advice: impl Into<String>) {
        let advice = Some(advice.into());
        self.0.push(Finding { check, verdict: Verdict::Warn, detail: detail.into(), advice });
    }

    pub(super) fn fail(&mut self, check: &'static str, detail: impl Into<String>, advice: impl Into<String>) {
        let advice = Some(advice.into());
        self.0.push(Finding { check, verdict: Verdict::Fail, detail: detail.into(), advice });
    }

    /// What Postgres answers within the bound; that it did not is a failed check.
    pub(super) async fn asked<T>(
        &mut self,
        check: &'static str,
        longest: Duration,
        asking: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Option<T> {
        let because = match tokio::time::timeout(longest, asking).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", longest.as_secs_f32()),
        };
        let advice = "look who holds a lock or keeps the database busy: \
                      `SELECT pid, state, wait_event, left(query, 80) FROM pg_stat_activity WHERE state <> 'idle'`";
        self.fail(check, format!("could not be looked at: {because}"), advice);
        None
    }

    pub(super) fn has_failed(&self) -> bool {
        self.count(Verdict::Fail) > 0
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.0.iter().filter(|finding| finding.verdict == verdict).count()
    }

    pub(super) fn write(&self, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        for Finding { check, verdict, detail, advice } in &self.0 {
            let (word, painted) = match verdict {
                Verdict::Ok => ("ok", paint.well("ok")),
                Verdict::Warn => ("warn", paint.warning("warn")),
                Verdict::Fail => ("FAIL", paint.alarm("FAIL")),
            };
            let line = wrap(&format!("{word:6}{check:NAME$}"), &on_a_line(detail, DETAIL_CHARACTERS));
            write!(out, "{}", line.replacen(word, &painted, 1))?;
            if let Some(advice) = advice {
                write!(out, "{}", wrap(&format!("{:6}{:NAME$}", "", "  do"), advice))?;
            }
        }
        let (failed, warned) = (self.count(Verdict::Fail), self.count(Verdict::Warn));
        let verdict = match (failed, warned) {
            (0, 0) => paint.well("all is well"),
            (0, _) => paint.warning(&format!("nothing failed, {warned} to look at")),
            (_, _) => paint.alarm(&format!("{failed} FAILED, {warned} to look at")),
        };
        writeln!(out, "\n{} checks: {verdict}", self.0.len())
    }

    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let verdict = match (self.count(Verdict::Fail), self.count(Verdict::Warn)) {
            (0, 0) => Verdict::Ok,
            (0, _) => Verdict::Warn,
            (_, _) => Verdict::Fail,
        };
        writeln!(out, "{:#}", json!({ "verdict": verdict, "checks": self.0 }))
    }
}
