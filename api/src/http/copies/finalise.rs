//! `POST /api/copies/{copy}/finalize`.

use domain::CopyId;
use http::{HeaderName, StatusCode};

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask::{self, Nothing};
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Names the preference that was honoured (RFC 7240, section 3).
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Freeze the marking and have the final PDF made. With `Prefer: wait=N` the answer is 200 where it was done, or
/// had failed for good, within N seconds.
#[utoipa::path(post, path = "/api/copies/{copy}/finalize", tag = "copies",
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("X-Lock-Token" = Option<String>, Header, description = "The token of the copy's lock; not needed after a failure"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait at most N seconds"),
    ),
    responses(
        (status = 202, description = "The copy; a worker makes its final PDF", body = crate::app::answers::copy::CopyAnswer),
        (status = 200, description = "The copy, once the wait was long enough", body = crate::app::answers::copy::CopyAnswer),
    ),
)]
pub(crate) async fn finalise(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Nothing>,
) -> Result<Answer, ApiError> {
    let shown = app.shown_lock(call.lock_token.as_deref());
    let wait = call.prefer_wait;
    let finalising = app.finalise_copy(&ask::caller(&call, &body.digest), copy, shown, wait).await?;
    let answer = ask::written(&finalising.written)?;
    Ok(match (finalising.ended, wait) {
        (true, Some(wait)) => answer.header(PREFERENCE_APPLIED, &format!("wait={}", wait.as_secs())),
        _ => answer.status(StatusCode::ACCEPTED),
    })
}
