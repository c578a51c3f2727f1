//! `gradeledger projections parked`: what is parked, since when, by whom and why.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use projections::Views;
use serde_json::{Value, json};

use super::LedgerAlone;
use super::older;
use crate::app::answers::projections::LeftOutAnswer;
use crate::app::{Opener, Sight};
use crate::cli::settings::{Hand, Place};
use crate::cli::stdout::{on_a_line, print};

/// The most of a reason that stands on its line, in characters. JSON has all of it.
const REASON_CHARACTERS: usize = 300;

#[derive(Debug, Args)]
pub(crate) struct ParkedSettings {
    #[command(flatten)]
    place: Place,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn list(settings: &ParkedSettings) -> anyhow::Result<ExitCode> {
    let ledger = LedgerAlone::open(&settings.place, Hand::Reader).await?;
    let listed = list_in(&ledger, settings).await;
    ledger.close().await?;
    listed.map(|()| ExitCode::SUCCESS)
}

async fn list_in(ledger: &LedgerAlone, settings: &ParkedSettings) -> anyhow::Result<()> {
    let most = u32::try_from(domain::operations::MAX_PARKED)?;
    let streams = Views::new(ledger.pool.clone()).left_out(most).await.or_else(older)?;
    let listed: Vec<Value> = streams
        .into_iter()
        .map(|stream| {
            let view = stream.view.clone();
            let mut line = serde_json::to_value(LeftOutAnswer::from(stream))?;
            line["view"] = view.into();
            Ok(line)
        })
        .collect::<serde_json::Result<_>>()?;
    let is_empty = listed.is_empty();
    let vault = if is_empty { None } else { ledger.vault_or_say(&settings.place).await };
    let opener = vault.as_ref().map_or_else(Opener::nobody, |vault| Opener::vault(vault, Sight::ALL));
    let listed = opener.opened(json!(listed)).await?;
    print(|out| match listed.as_array() {
        _ if settings.json => writeln!(out, "{listed:#}"),
        Some(_) if is_empty => writeln!(out, "nothing is parked, and every view has every stream"),
        Some(listed) => listed.iter().try_for_each(|stream| write!(out, "{}", words(stream))),
        None => Ok(()),
    })?;
    Ok(())
}

/// The lines about one stream.
fn words(stream: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut said = format!(
        "{}: {} {}\n",
        text(&stream["view"]),
        text(&stream["stream_type"]),
        text(&stream["stream_id"])
    );
    match stream["left_out_from"].as_i64() {
        Some(from) => said.push_str(&format!("  left out   from position {from} on\n")),
        None => said.push_str("  left out   not yet: no leader of the view has come to it\n"),
    }
    let parked = &stream["parked"];
    if parked.is_null() {
        said.push_str(
            "  parked     no more: it is folded again as soon as a leader of the view comes to it\n",
        );
        return said;
    }
    said.push_str(&format!(
        "  parked     {} by {} {}, event {} of the ledger\n  because    {}\n",
        text(&parked["at"]),
        text(&parked["actor_role"]),
        text(&parked["actor_id"]),
        parked["position"],
        on_a_line(&text(&parked["reason"]), REASON_CHARACTERS)
    ));
    said
}
