//! Whether the process lives, and whether it can serve.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::READER;
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use http::StatusCode;
use projections::{ProjectionStatus, ViewState, Views};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::errors::ApiError;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Live {
    /// Always `live`.
    status: &'static str,
}

/// What was looked at, and what it said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// `ready`, or `not_ready`.
    status: &'static str,
    /// One entry a check.
    checks: Vec<Checked>,
}

/// One check.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checked {
    /// Its name.
    name: &'static str,
    /// Whether it passed.
    ok: bool,
    /// What to look at where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

type Look = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Something that must hold before requests are sent here: the database answers, no view is stuck.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    look: Look,
}

impl Check {
    /// `look` says in a sentence what is wrong; it is shown to anyone, so it names no host, user or cause.
    pub fn new<F, R>(name: &'static str, look: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, look: Arc::new(move || look().boxed()) }
    }

    /// That a database answers at all.
    #[must_use]
    pub fn database(name: &'static str, pool: sqlx::PgPool) -> Self {
        Self::new(name, move || {
            let pool = pool.clone();
            async move {
                let answered = sqlx::query("SELECT 1").execute(&pool).await;
                answered.map(drop).map_err(|error| {
                    tracing::warn!(cause = domain::chain(&error), "the database does not answer");
                    "it does not answer; the log says why".to_owned()
                })
            }
        })
    }

    /// That the views of this build are there, so the migrations ran, and that none has stopped on an event or stands still
    /// for too long with events to fold.
    #[must_use]
    pub fn projections(views: Views) -> Self {
        Self::new("projections", move || {
            let views = views.clone();
            async move {
                let status = views.status().await.map_err(|error| {
                    tracing::warn!(cause = domain::chain(&error), "the progress of the views cannot be read");
                    "their progress cannot be read; the log says why".to_owned()
                })?;
                let trouble: Vec<String> = status.iter().filter_map(trouble).collect();
                if trouble.is_empty() {
                    return Ok(());
                }
                Err(format!("{}; GET /api/projections says more", trouble.join("; ")))
            }
        })
    }
}

/// What is wrong with a view, in words that anyone may read.
fn trouble(view: &ProjectionStatus) -> Option<String> {
    let ProjectionStatus { name, position, head, .. } = view;
    let seconds = view.stuck_ms / 1_000;
    match view.state {
        ViewState::Stopped => {
            Some(format!("{name} has stopped on an event, at position {position} of {head}"))
        }
        ViewState::Stuck => {
            Some(format!("{name} has stood still for {seconds} s, at position {position} of {head}"))
        }
        ViewState::Building => Some(building(view)),
        ViewState::TooOld if view.is_stuck => Some(format!(
            "{name} waits for an upgrade, at position {position} of {head}: it needs reader {}, and this process is reader {}",
            view.required_reader.0, READER
        )),
        ViewState::NoLeader if view.is_stuck => {
            Some(format!("no process has folded {name} for {seconds} s, at position {position} of {head}"))
        }
        ViewState::NoLeader | ViewState::TooOld | ViewState::Leading => None,
    }
}

/// A view without rows would answer that there is nothing: requests go to processes of the version before until it has them.
fn building(view: &ProjectionStatus) -> String {
    let (events, target) = view.rebuild.as_ref().map_or((0, view.head), |run| (run.events, run.target));
    format!("{} is being built, {events} of {target} events so far", view.name)
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All checks of a process.
#[derive(Clone, Debug)]
pub struct Readiness {
    checks: Arc<Vec<Check>>,
    longest: Duration,
}

impl Readiness {
    /// Asks all of `checks` at the same time, each for at most `longest`.
    #[must_use]
    pub fn new(checks: Vec<Check>, longest: Duration) -> Self {
        Self { checks: Arc::new(checks), longest }
    }

    async fn look(&self) -> Vec<Checked> {
        join_all(self.checks.iter().map(|check| async {
            let looked = tokio::time::timeout(self.longest, (check.look)()).await;
            let slow = |_| Err(format!("no answer within {} ms", self.longest.as_millis()));
            let detail = looked.unwrap_or_else(slow).err();
            Checked { name: check.name, ok: detail.is_none(), detail }
        }))
        .await
    }
}

/// Whether the process answers: for whoever restarts it.
#[utoipa::path(get, path = "/api/health/live", tag = "health",
    responses((status = 200, description = "It does", body = Live)))]
pub(super) async fn live() -> Result<Answer, ApiError> {
    Answer::ok(&Live { status: "live" })
}

/// Whether requests can be sent here: for whoever balances them.
#[utoipa::path(get, path = "/api/health/ready", tag = "health",
    responses((status = 200, description = "They can", body = Ready),
              (status = 503, description = "Not now", body = Ready)))]
pub(super) async fn ready(readiness: Readiness) -> Result<Answer, ApiError> {
    let checks = readiness.look().await;
    if checks.iter().all(|check| check.ok) {
        return Answer::ok(&Ready { status: "ready", checks });
    }
    Ok(Answer::ok(&Ready { status: "not_ready", checks })?.status(StatusCode::SERVICE_UNAVAILABLE))
}
