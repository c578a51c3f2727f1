//! `gradeledger history`: the past of a copy, from the ledger's database alone.

mod page;

use std::process::ExitCode;

use clap::Args;
use domain::CopyId;
use projections::history::Moment;
use serde_json::{Value, json};

use super::database::LedgerAlone;
use super::settings::{Hand, Place};
use super::stdout::print;
use crate::app::{CopyPast, Opener, Sight, Spelling};

#[derive(Debug, Args)]
pub(crate) struct HistorySettings {
    #[command(flatten)]
    place: Place,
    /// The copy's id
    copy: CopyId,
    /// Show the copy as it stood after the event with this sequence, or at this instant in UTC, such as
    /// 2026-05-18T08:30:00Z
    #[arg(long, value_name = "SEQUENCE|TIME")]
    at: Option<Moment>,
    /// Show the copy as it stood at this position of the ledger
    #[arg(long, value_name = "POSITION", conflicts_with = "at", value_parser = clap::value_parser!(i64).range(1..))]
    at_position: Option<i64>,
    /// Show what changed between two moments, each a sequence or an instant
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with_all = ["at", "at_position"])]
    diff: Option<Vec<Moment>>,
    /// Print one JSON document, as the API answers it
    #[arg(long)]
    json: bool,
}

/// What is printed.
enum Asked {
    /// Every event, and the copy as it stands.
    Life,
    /// The copy at a moment.
    At(Moment),
    /// What changed between two.
    Between(Moment, Moment),
}

impl HistorySettings {
    fn asked(&self) -> Asked {
        match (self.at, self.at_position, self.diff.as_deref()) {
            (Some(moment), ..) => Asked::At(moment),
            (None, Some(position), _) => Asked::At(Moment::Position(position)),
            (None, None, Some([from, to])) => Asked::Between(*from, *to),
            (None, None, _) => Asked::Life,
        }
    }
}

pub(crate) async fn history(settings: HistorySettings) -> anyhow::Result<ExitCode> {
    let ledger = LedgerAlone::open(&settings.place, Hand::Reader).await?;
    let told = tell(&ledger, &settings).await;
    ledger.close().await?;
    told?;
    Ok(ExitCode::SUCCESS)
}

async fn tell(ledger: &LedgerAlone, settings: &HistorySettings) -> anyhow::Result<()> {
    let vault = ledger.vault_or_say(&settings.place).await;
    let past = CopyPast {
        pool: &ledger.pool,
        opener: vault.as_ref().map_or_else(Opener::nobody, |vault| Opener::vault(vault, Sight::ALL)),
        spelling: if settings.json { Spelling::Exact } else { Spelling::Brief },
        most_events: settings.place.limits()?.history.events,
    };
    let copy = settings.copy;
    let (document, page): (Value, fn(&Value) -> String) = match settings.asked() {
        Asked::At(moment) => (past.at(copy, moment).await?, page::state),
        Asked::Between(from, to) => (past.between(copy, (from, to)).await?, page::diff),
        Asked::Life => {
            let told = past.told(copy, Moment::Now).await?;
            let mut document = told.then;
            document["acts"] = json!(told.acts);
            (document, page::life)
        }
    };
    print(|out| {
        use std::io::Write as _;
        if settings.json { writeln!(out, "{document:#}") } else { write!(out, "{}", page(&document)) }
    })?;
    Ok(())
}
