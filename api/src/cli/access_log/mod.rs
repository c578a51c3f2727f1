//! `gradeledger access-log`: who read what, and the end of what is older than it is kept.

mod list;
mod prune;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::list::ListAccesses;
use self::prune::PruneAccesses;
use super::acting::Acting;
use super::database::Stores;
use super::settings::Place;
use crate::access_log::AccessLog;
use crate::app::Caller;
use crate::metrics::Metrics;

#[derive(Debug, Subcommand)]
pub(crate) enum AccessLogCommand {
    /// List who read what and who was refused, the newest first, with the reasons that were given. Recorded itself
    List(ListAccesses),
    /// Delete rows that are older than some days, with a row that says who did and why. Without --yes only count them
    Prune(PruneAccesses),
}

/// Where the log is, and in whose name it is read or pruned.
#[derive(Args, Debug)]
pub(super) struct Whose {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
}

impl Whose {
    /// Does something with the log, as the admin whose token it is.
    async fn with<T>(
        &self,
        act: impl AsyncFnOnce(AccessLog, Caller) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.place.refuse_without_ledger()?;
        let stores = Stores::open(&self.place).await?;
        let done = self.within(&stores, act).await;
        stores.close().await?;
        done
    }

    async fn within<T>(
        &self,
        stores: &Stores,
        act: impl AsyncFnOnce(AccessLog, Caller) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let caller = self.acting.caller(&self.place, stores).await?;
        let (pool, keys) = (stores.keys.clone(), stores.key_store.clone());
        let log = AccessLog::new(pool, keys, self.place.limits()?.access_log, Metrics::new());
        act(log, caller).await
    }
}

pub(crate) async fn access_log(command: AccessLogCommand) -> anyhow::Result<ExitCode> {
    match command {
        AccessLogCommand::List(asked) => list::list(asked).await?,
        AccessLogCommand::Prune(asked) => prune::prune(asked).await?,
    }
    Ok(ExitCode::SUCCESS)
}
