//! `gradeledger serve`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::database::Stores;
use super::settings::{Part, ServeSettings};
use crate::logs::Logs;
use crate::service::{Parts, Service, ServiceSettings};
use crate::vault::VaultError;

pub(crate) async fn serve(settings: ServeSettings) -> anyhow::Result<ExitCode> {
    let logs = {
        let limits = settings.place.limits()?.logs;
        super::logs::to(settings.log_dir.clone(), settings.log.clone(), settings.log_format.into(), limits)?
    };
    let mut stop = Stop::listen()?;
    let stores = tokio::select! {
        stores = Stores::open(&settings.place) => stores?,
        // A private Postgres that is being started is waited for, to be stopped again.
        () = stop.told(), if !settings.place.private => bail!("told to stop before it served"),
    };
    let served = serve_on(&stores, &settings, &logs, &mut stop).await;
    stores.close().await?;
    served?;
    Ok(ExitCode::SUCCESS)
}

async fn serve_on(
    stores: &Stores,
    settings: &ServeSettings,
    logs: &Logs,
    stop: &mut Stop,
) -> anyhow::Result<()> {
    let runs = |part| settings.only.contains(&part);
    let parts =
        Parts { api: runs(Part::Api), projectors: runs(Part::Projectors), workers: runs(Part::Workers) };
    let limits = settings.place.limits()?;
    let trusted_proxies = settings.trusted_proxies.clone();
    let drift_check = !settings.no_drift_check;
    let (address, oidc) = (settings.address(), settings.oidc.settings()?);
    let settings = ServiceSettings {
        parts,
        drift_check,
        trusted_proxies,
        oidc,
        ..ServiceSettings::at(address, limits)?
    };
    let service = Service::start(stores, settings, Some(logs)).await?;
    let moved_away = tokio::select! {
        () = stop.told() => false,
        () = stores.key_store.moved_away() => true,
    };
    if moved_away {
        // It could read and seal less and less; another that is given the new key is to take its place.
        tracing::error!("stopping: the key store was moved to a master key that this process was not given");
    } else {
        tracing::info!("stopping; a second signal ends at once");
    }
    stop_unless_told_again(service, stop).await;
    if moved_away { Err(VaultError::MasterKeyMoved.into()) } else { Ok(()) }
}

/// Stops a service; another signal ends the wait for what is under way.
pub(crate) async fn stop_unless_told_again(service: Service, stop: &mut Stop) {
    tokio::select! {
        () = service.stop() => {}
        () = stop.told() => tracing::warn!("ended at once; what was under way is done again by others"),
    }
}

/// Ctrl-C and SIGTERM from the moment it is made, so that one that comes while things start is not lost and nothing that
/// was started is left behind.
#[derive(Debug)]
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
        let terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        Ok(Self { interrupt, terminate })
    }

    /// Waits until someone says so.
    pub(crate) async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
