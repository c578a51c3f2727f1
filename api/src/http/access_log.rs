//! `GET /api/access-log`.

use domain::Timestamp;
use domain::time::InvalidTimestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::answer::Answer;
use super::ask;
use super::call::Call;
use super::errors::ApiError;
use super::paging;
use crate::access_log::{AccessFilter, Outcome};
use crate::app::App;
use crate::app::answers::access::AccessLine;
use crate::app::answers::list::List;

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAccesses {
    /// Those of this copy.
    copy_id: Option<Uuid>,
    /// Those of this subject.
    subject_id: Option<Uuid>,
    /// Those of this actor.
    actor_id: Option<Uuid>,
    /// `shown`, `refused`, `failed`, `left_out` or `pruned`.
    outcome: Option<String>,
    /// Those from then on, such as 2026-05-18T08:30:00Z.
    since: Option<String>,
    /// Those before then.
    until: Option<String>,
    /// 1 to 200; 50 where nothing is said.
    limit: Option<u16>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Who read what and who was refused, the newest first, with the reasons that were given. Reading it is recorded as well, and
/// what was read a moment ago may be missing for as long.
#[utoipa::path(get, path = "/api/access-log", tag = "access log", params(WhichAccesses),
    responses((status = 200, description = "A page of the log", body = List<AccessLine>)))]
pub(crate) async fn list(query: WhichAccesses, app: App, _call: Call) -> Result<Answer, ApiError> {
    let filter = AccessFilter {
        copy: query.copy_id,
        subject: query.subject_id,
        actor: query.actor_id,
        outcome: query.outcome.as_deref().map(outcome).transpose()?,
        since: query.since.as_deref().map(|text| time("since", text)).transpose()?,
        until: query.until.as_deref().map(|text| time("until", text)).transpose()?,
    };
    let page = paging::page(query.limit, query.cursor.as_deref())?;
    ask::read(&app.accesses(page, filter).await?)
}

fn outcome(text: &str) -> Result<Outcome, ApiError> {
    let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
    outcome.ok_or_else(|| {
        let known = Outcome::ALL.map(Outcome::as_str).join(", ");
        ApiError::bad_request("invalid_outcome", format!("outcome is one of {known}"))
    })
}

fn time(name: &str, text: &str) -> Result<Timestamp, ApiError> {
    text.parse()
        .map_err(|error: InvalidTimestamp| ApiError::bad_request("invalid_time", format!("{name}: {error}")))
}
