//! `GET /api/copies/{copy}/history/diff`.

use domain::CopyId;
use projections::history::Moment;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::answers::history::HistoryDiffAnswer;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::moment;

/// Between which moments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichStretch {
    /// The earlier moment: a sequence of the copy, or an instant (RFC 3339 in UTC); its first event where nothing is said.
    from: Option<String>,
    /// The later moment, likewise; now where nothing is said.
    to: Option<String>,
}

/// What changed on a copy between two moments: `changes` compares the two states, and `acts` tells every event in
/// between, so that what was done and undone is not hidden. Both as values and in words.
#[utoipa::path(get, path = "/api/copies/{copy}/history/diff", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id"), WhichStretch),
    responses(
        (status = 200, description = "What changed", body = HistoryDiffAnswer),
        (status = 400, description = "No such moment, one that is yet to come, or `from` after `to`",
            body = crate::http::openapi::ErrorBody),
        (status = 404, description = "No such copy or sequence, or the copy had not begun",
            body = crate::http::openapi::ErrorBody),
    ))]
pub(crate) async fn history_diff(
    copy: CopyId,
    query: WhichStretch,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let from = moment::any("from", query.from.as_deref())?.unwrap_or(Moment::Sequence(1));
    let to = moment::any("to", query.to.as_deref())?.unwrap_or(Moment::Now);
    ask::read(&app.copy_history_diff(call.sight(), copy, (from, to)).await?)
}
