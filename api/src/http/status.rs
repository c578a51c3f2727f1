//! `GET /api/status`.

use super::answer::Answer;
use super::ask;
use super::call::Call;
use super::errors::ApiError;
use crate::app::App;
use crate::app::answers::status::StatusAnswer;

/// How the ledger stands: what needs a person and what to do, views, work, copies, locks, processes, disk. A part that cannot be
/// read is told in `unread`, and hides no other.
#[utoipa::path(get, path = "/api/status", tag = "projections",
    responses((status = 200, description = "How it stands", body = StatusAnswer)))]
pub(super) async fn status(app: App, call: Call) -> Result<Answer, ApiError> {
    ask::read(&app.status(call.actor.role).await?)
}
