//! A running service: the parts of one process, started in order and stopped in the reverse of it.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use projections::{Feed, Projectors, Views};

use crate::access_log::{AccessLog, KEPT_AT_LEAST};
use crate::app::{self, App, Watched};
use crate::cli::Stores;
use crate::http::{
    Callers, Check, Figures, Frame, Readiness, Server, TrustedProxy, Uploads, routes, routes_of_every_process,
};
use crate::ledger::{Ledger, LedgerError};
use crate::limits::Limits;
use crate::logs::Logs;
use crate::metrics::{Metrics, Sources};
use crate::oidc::{OidcSettings, SignIn};
use crate::pdf::PdfWorker;
use crate::presence::{Presence, Process};
use crate::tokens::Tokens;
use crate::vault::Vault;
use crate::work::Workers;

/// Which parts a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The HTTP API.
    pub api: bool,
    /// Folding events into views.
    pub projectors: bool,
    /// Imports, finalisations and the end of leases.
    pub workers: bool,
}

impl Parts {
    /// Everything in one process.
    pub const ALL: Self = Self { api: true, projectors: true, workers: true };
}

/// What a service is started with.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Where the process listens, for the HTTP API if that runs, for health and figures in any case; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which parts run.
    pub parts: Parts,
    /// Whether the workers hold views to their events.
    pub drift_check: bool,
    /// The limits of the process.
    pub limits: Limits,
    /// The proxies whose word about the addresses of their clients is taken.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The children that read and write PDFs.
    pub pdf: PdfWorker,
    /// Where figures are recorded.
    pub metrics: Metrics,
    /// The issuer that signs people in, if one does.
    pub oidc: Option<OidcSettings>,
}

impl ServiceSettings {
    /// All parts at `listen`, with children of the program that runs.
    ///
    /// # Errors
    /// When the path of the running program cannot be found.
    pub fn at(listen: SocketAddr, limits: Limits) -> anyhow::Result<Self> {
        let pdf = PdfWorker::current(limits.pdf.clone()).context("finding the running program")?;
        let (parts, metrics, trusted_proxies) = (Parts::ALL, Metrics::new(), Vec::new());
        Ok(Self { listen, parts, drift_check: true, limits, trusted_proxies, oidc: None, pdf, metrics })
    }
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    app: App,
    server: Server,
    projectors: Option<Projectors>,
    workers: Option<Workers>,
    presence: Option<Presence>,
}

impl Service {
    /// Starts the parts.
    ///
    /// # Errors
    /// A ledger that cannot be opened, or an address that is taken.
    pub async fn start(
        stores: &Stores,
        settings: ServiceSettings,
        logs: Option<&Logs>,
    ) -> anyhow::Result<Self> {
        if settings.limits.access_log.keep < KEPT_AT_LEAST {
            anyhow::bail!(
                "the limit access_log.keep is less than {}h: younger rows of the log of accesses are nobody's to delete",
                KEPT_AT_LEAST.as_secs() / 3_600
            );
        }
        let app = app(stores, &settings.limits, settings.metrics.clone()).await?;
        let views = app.views.clone();
        // The address first: a taken port must not leave half a service running.
        let server = serve(stores, &app, &views, logs, &settings)?;
        let mut service = Self { app, server, projectors: None, workers: None, presence: None };
        if settings.parts.projectors {
            service.projectors = Some(Projectors::start(&views, settings.limits.projectors));
        }
        if settings.parts.workers {
            let (app, limits) = (service.app.clone(), settings.limits.work);
            service.workers = Some(Workers::start(app, settings.pdf, limits, settings.drift_check));
        }
        let process = service.process(settings.parts);
        let pool = service.app.views.upkeep().clone();
        service.presence = Some(Presence::start(pool, process, settings.limits.presence));
        Ok(service)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The application behind it.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// What the process says of itself.
    fn process(&self, parts: Parts) -> Process {
        let parts = [("api", parts.api), ("projectors", parts.projectors), ("workers", parts.workers)];
        Process {
            parts: parts.into_iter().filter(|(_, runs)| *runs).map(|(part, _)| part).collect(),
            worker: self.workers.as_ref().map(Workers::worker),
            projector: self.projectors.as_ref().map(Projectors::leader),
        }
    }

    /// Stops: no new requests, then no new work, then no new rows; each within its bound.
    pub async fn stop(self) {
        self.server.stop().await;
        self.app.access_log.flush().await;
        self.app.access_log.close().await;
        if let Some(workers) = self.workers {
            workers.stop().await;
        }
        if let Some(projectors) = self.projectors {
            projectors.stop().await;
        }
        if let Some(presence) = self.presence {
            presence.stop().await;
        }
    }
}

/// The application over these stores, and nothing that runs by itself.
pub(crate) async fn app(stores: &Stores, limits: &Limits, metrics: Metrics) -> Result<App, LedgerError> {
    let views = Views::new(stores.reading.clone())
        .kept_through(stores.projecting.clone())
        .stuck_after(limits.projectors.stuck_after);
    Ok(App::new(app::Parts {
        ledger: Ledger::open(stores.ledger.clone(), limits.append).await?,
        vault: Vault::new(stores.ledger.clone(), stores.key_store.clone()),
        blobs: stores.blobs.clone(),
        watched: Watched {
            views: views.clone(),
            keys: Some(stores.keys.clone()),
            blobs: stores.blobs.folder().map(Path::to_owned),
            limits: limits.of_status(),
        },
        views,
        feed: Feed::new(stores.reading.clone(), limits.feed),
        server_keys: stores.server_keys.clone(),
        access_log: AccessLog::new(
            stores.keys.clone(),
            stores.key_store.clone(),
            limits.access_log,
            metrics.clone(),
        ),
        metrics,
        history: limits.history,
        sign_in: limits.sign_in,
        read_your_writes: limits.http.read_your_writes,
    }))
}

fn serve(
    stores: &Stores,
    app: &App,
    views: &Views,
    logs: Option<&Logs>,
    settings: &ServiceSettings,
) -> anyhow::Result<Server> {
    let http = settings.limits.http.clone();
    let sources = Sources::of(&app.ledger, views, &app.metrics);
    sources.add_pool("ledger", &stores.ledger);
    sources.add_pool("keys", &stores.keys);
    sources.add_pool("access_log", app.access_log.writing());
    let mut checks = vec![
        Check::database("ledger", stores.ledger.clone()),
        Check::database("keys", stores.keys.clone()),
        Check::projections(views.clone()),
    ];
    if stores.are_under_roles() {
        for (name, pool) in [("projecting", &stores.projecting), ("reading", &stores.reading)] {
            sources.add_pool(name, pool);
            checks.push(Check::database(name, pool.clone()));
        }
    }
    if let Some(logs) = logs {
        sources.add(logs.source());
    }
    let readiness = Readiness::new(checks, http.ready);
    let figures = Figures { metrics: app.metrics.clone(), sources, longest: http.scrape };
    let uploads = Uploads::new(&http, &app.metrics);
    // A process without the API is watched like any other.
    let routes = if settings.parts.api {
        routes(app, &uploads, &readiness, &figures)
    } else {
        routes_of_every_process(&readiness, &figures)
    };
    let sign_in = settings.oidc.clone().map(|oidc| {
        let people = (stores.keys.clone(), stores.server_keys.sign_ins().clone());
        SignIn::new(oidc, people, settings.limits.sign_in, &http)
    });
    let callers = Callers::new(Tokens::new(stores.keys.clone(), &http), sign_in.transpose()?);
    let frame = Frame::new(routes, callers, app.clone(), http).behind(settings.trusted_proxies.clone());
    Ok(Server::start(settings.listen, frame)?)
}
