//! `gradeledger access-log list`.

use std::io::{self, Write};

use anyhow::Context as _;
use clap::Args;
use domain::Timestamp;
use domain::access::Act;
use projections::views::PageSize;
use uuid::Uuid;

use super::Whose;
use crate::access_log::{Access, AccessFilter, AccessLog, AccessRow, Outcome};
use crate::app::Caller;
use crate::app::answers::access::AccessLine;
use crate::cli::stdout::print;

#[derive(Args, Debug)]
pub(crate) struct ListAccesses {
    #[command(flatten)]
    whose: Whose,
    /// Those of this copy
    #[arg(long, value_name = "COPY")]
    copy: Option<Uuid>,
    /// Those of this subject
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Uuid>,
    /// Those of this actor, as `gradeledger token list` names them
    #[arg(long, value_name = "ACTOR")]
    actor: Option<Uuid>,
    /// Those that ended so: shown, refused, failed, left_out or pruned
    #[arg(long, value_parser = outcome)]
    outcome: Option<Outcome>,
    /// Those from then on, such as 2026-05-18T08:30:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Those before then
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Rows at most
    #[arg(long, value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=MOST))]
    most: u32,
    /// One JSON object a line, as the API answers them
    #[arg(long)]
    json: bool,
}

/// The most rows that one command lists.
const MOST: i64 = 100_000;

fn outcome(text: &str) -> Result<Outcome, String> {
    let known = Outcome::ALL.map(Outcome::as_str).join(", ");
    let found = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
    found.ok_or_else(|| format!("an outcome is one of {known}"))
}

pub(super) async fn list(asked: ListAccesses) -> anyhow::Result<()> {
    let rows = asked.whose.with(async |log, caller| read(&asked, &log, &caller).await).await?;
    if asked.json {
        let lines: Result<Vec<String>, _> =
            rows.into_iter().map(|row| serde_json::to_string(&AccessLine::from(row))).collect();
        let lines = lines?;
        print(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    } else {
        print(|out| rows.iter().try_for_each(|row| write_row(out, row)))?;
    }
    Ok(())
}

async fn read(asked: &ListAccesses, log: &AccessLog, caller: &Caller) -> anyhow::Result<Vec<AccessRow>> {
    let ListAccesses { copy, subject, actor, outcome, since, until, most, .. } = *asked;
    let filter = AccessFilter { copy, subject, actor, outcome, since, until };
    let (mut rows, mut before) = (Vec::new(), None);
    loop {
        let left = usize::try_from(most)? - rows.len();
        let size = PageSize::new(u16::try_from(left).unwrap_or(u16::MAX).min(PageSize::MAX.items()))?;
        let slice = log.read(filter, before, size).await.context("reading the log of accesses")?;
        rows.extend(slice.items);
        before = slice.next;
        if before.is_none() || rows.len() >= usize::try_from(most)? {
            break;
        }
    }
    // As of a request: nothing is printed unless it is recorded who read it.
    let row = Access {
        what: Some((Act::ReadAccessLog, "CLI", "gradeledger access-log list")),
        request_id: Some(caller.request_id.clone()),
        ..Access::of_many(Some((caller.actor, caller.role)), Outcome::Shown, 1)
    };
    log.commit(row).await?;
    Ok(rows)
}

/// One line of words, and the reason behind it where there is one.
fn write_row(out: &mut dyn Write, row: &AccessRow) -> io::Result<()> {
    let who = row.actor.map_or_else(|| "nobody".to_owned(), |actor| actor.to_string());
    let role = row.role.as_deref().unwrap_or("-");
    write!(out, "{}  {:36}  {role:8}  {:8}", row.at, who, row.outcome)?;
    match (&row.act, &row.route) {
        (Some(act), Some(route)) => write!(out, "  {act}: {} {route}", row.method.as_deref().unwrap_or("-"))?,
        _ => write!(out, "  {} rows", row.times)?,
    }
    for (what, id) in [("copy", row.copy), ("exam", row.exam), ("subject", row.subject)] {
        if let Some(id) = id {
            write!(out, "  {what} {id}")?;
        }
    }
    if let Some(code) = &row.code {
        write!(out, "  {code}")?;
    }
    if let Some(reason) = &row.reason {
        write!(out, "  because: {reason}")?;
    }
    writeln!(out)
}
