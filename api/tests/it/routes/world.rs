//! An exam office behind a server: its people, and the acts that most tests begin with.

use std::time::Duration;

use domain::access::{Scope, Scopes};
use domain::{ActorId, CopyId, ExamId, Role, SubjectId};
use fixtures::database::TestDatabase;
use fixtures::scans::vector_mixed_orientation;
use gradeledger::access_log::{AccessLog, AccessLogLimits};
use gradeledger::app::{App, Parts, Watched};
use gradeledger::blobs::Blobs;
use gradeledger::http::{Figures, Frame, Readiness, Route, Server, Uploads, routes};
use gradeledger::ledger::{Ledger, LedgerLimits, Place};
use gradeledger::limits::{HistoryLimits, HttpLimits, Limits};
use gradeledger::metrics::{Metrics, Sources};
use gradeledger::oidc::SignInLimits;
use gradeledger::tokens::{self, Rights, Tokens};
use gradeledger::vault::{KeyStore, MasterKey, ServerKeys, Vault};
use http::{HeaderMap, Method};
use projections::{Feed, FeedLimits, ProjectorLimits, Projectors, Views};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;

/// The longest that a test waits for anything; only a failure reaches it.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Someone with a token.
pub(crate) struct Person {
    pub(crate) id: ActorId,
    pub(crate) token: String,
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) admin: Person,
    /// Enrolled in every exam of this world, as `other` is.
    pub(crate) grader: Person,
    pub(crate) other: Person,
    pub(crate) auditor: Person,
    pub(crate) database: TestDatabase,
    pub(crate) folder: TempDir,
    pub(crate) metrics: Metrics,
    /// The page of routes.
    pub(crate) page: Vec<Route>,
    pub(crate) keys: PgPool,
    pub(crate) server: Server,
    client: Client,
    _projectors: Option<Projectors>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::led_with(HttpLimits::default(), FeedLimits::default(), AccessLogLimits::default()).await
    }

    /// A world whose views are led, with these limits.
    pub(crate) async fn led_with(limits: HttpLimits, feed: FeedLimits, log: AccessLogLimits) -> Self {
        let world = Self::with(limits, feed, log).await;
        let projectors = Projectors::start(&world.app.views, ProjectorLimits::default());
        Self { _projectors: Some(projectors), ..world }
    }

    /// A world whose views stand still.
    pub(crate) async fn without_projectors(limits: HttpLimits) -> Self {
        Self::following(limits, FeedLimits::default()).await
    }

    /// The same, with a feed of these limits.
    pub(crate) async fn following(limits: HttpLimits, feed: FeedLimits) -> Self {
        Self::with(limits, feed, AccessLogLimits::default()).await
    }

    /// The same, with a log of accesses of these limits.
    pub(crate) async fn with(limits: HttpLimits, feed: FeedLimits, log: AccessLogLimits) -> Self {
        Self::on(TestDatabase::new().await, limits, feed, log).await
    }

