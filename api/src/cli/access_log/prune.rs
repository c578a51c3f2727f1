//! `gradeledger access-log prune`.

use std::io::Write as _;
use std::time::Duration;

use clap::Args;

use super::Whose;
use crate::app::texts::Reason;
use crate::cli::stdout::print;

#[derive(Args, Debug)]
pub(crate) struct PruneAccesses {
    #[command(flatten)]
    whose: Whose,
    /// Rows that are older than so many days; at least 30. What is older than the limit access_log.keep goes by itself
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(30..=36_500))]
    older_than: u32,
    /// Why; sealed, in the row that says how many there were
    #[arg(long, value_name = "TEXT", value_parser = crate::cli::reason)]
    reason: Reason,
    /// Delete them
    #[arg(long)]
    yes: bool,
}

pub(super) async fn prune(asked: PruneAccesses) -> anyhow::Result<()> {
    let keep = Duration::from_secs(u64::from(asked.older_than) * 24 * 3_600);
    let days = asked.older_than;
    let told = asked.whose.with(async |log, caller| {
        if !asked.yes {
            let rows = log.older_than(keep).await?;
            return Ok(format!(
                "{rows} rows are older than {days} days; --yes deletes them, and there is no way back"
            ));
        }
        let why = Some((caller.request_id.as_str(), asked.reason.as_str()));
        let rows = log.prune(keep, (caller.actor, caller.role), why).await?;
        Ok(format!("{rows} rows were older than {days} days and are deleted"))
    });
    let told = told.await?;
    print(|out| writeln!(out, "{told}"))?;
    Ok(())
}
