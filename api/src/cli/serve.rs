//! `gradeledger serve`.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use super::database::Stores;
use super::settings::{Part, ServeSettings};
use crate::logs::Logs;
use crate::service::{Parts, Service, ServiceSettings};

pub(crate) async fn serve(settings: ServeSettings) -> anyhow::Result<ExitCode> {
    let logs = {
        let limits = settings.place.limits()?.logs;
        super::logs::to(settings.log_dir.clone(), settings.log.clone(), settings.log_format.into(), limits)?
    };
    let stores = Stores::open(&settings.place).await?;
    let served = serve_on(&stores, &settings, &logs).await;
    stores.close().await?;
    served?;
    Ok(ExitCode::SUCCESS)
}

async fn serve_on(stores: &Stores, settings: &ServeSettings, logs: &Logs) -> anyhow::Result<()> {
    let runs = |part| settings.only.contains(&part);
    let parts =
        Parts { api: runs(Part::Api), projectors: runs(Part::Projectors), workers: runs(Part::Workers) };
    let limits = settings.place.limits()?;
    let settings = ServiceSettings { parts, ..ServiceSettings::at(settings.listen, limits)? };
    let service = Service::start(stores, settings, Some(logs)).await?;
    let ended = until_told_to_stop().await;
    tracing::info!("stopping; a second signal ends at once");
    tokio::select! {
        () = service.stop() => {}
        _ = until_told_to_stop() => tracing::warn!("ended at once; what was under way is done again by others"),
    }
    ended
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn until_told_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
