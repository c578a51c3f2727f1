//! `GET /api/events/stream`: Server-Sent Events (WHATWG HTML, section 9.2).

use futures::stream::poll_fn;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use tokio::sync::mpsc;
use tracing::{Instrument as _, Span};
use utoipa::IntoParams;
use uuid::Uuid;

use super::asked;
use super::sending::Sending;
use crate::app::{App, EventsAsked};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::stay::Stay;

/// Where a client that comes back was.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx to pass on what it gets at once, whatever its settings.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Pieces that wait for the connection to take them. One: what is not taken is not read on.
const PIECES: usize = 1;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichStream {
    /// Those after this place: the `next` of a page, or a position; a `Last-Event-ID` goes before it. The ledger's beginning where
    /// neither is said.
    after: Option<String>,
    /// Those of these types, with commas between them, such as `CopyGraded,CopyExported`.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    types: Option<String>,
    /// Those of this exam's own stream and of the streams of its copies.
    exam: Option<Uuid>,
    /// Those of this copy's stream.
    copy: Option<Uuid>,
}

/// The events of the ledger as they are appended, beginning with those that are there: each `data` is a CloudEvent as in the
/// items of `GET /api/events`, each `id` the place to come back to. An `id` without data says that nothing up to there was
/// asked for. Before the server ends a stream it says why: in an event `epoch` where the ledger was restored, with the
/// members of the 409 that the old place is answered with from then on, else in an event `end` with the members of an error.
#[utoipa::path(get, path = "/api/events/stream", tag = "events",
    params(WhichStream,
        ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was received: what follows it is sent")),
    responses(
        (status = 200, description = "Events without end", content_type = "text/event-stream", body = String),
        (status = 400, description = "No such type or place", body = crate::http::openapi::ErrorBody),
        (status = 409, description = "The place is of an epoch that has ended, or past the head: the ledger was restored. \
            `next` is the place to go on from, `same_up_to` the last position that names the same event as before",
            body = crate::http::openapi::ErrorBody),
        (status = 503, description = "Too many streams are open; Retry-After says when to come back",
            body = crate::http::openapi::ErrorBody),
    ))]
pub(crate) async fn stream(
    query: WhichStream,
    headers: HeaderMap,
    stay: Stay,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let (what, after) = match last_event_id(&headers)? {
        Some(text) => ("Last-Event-ID", Some(asked::after("Last-Event-ID", text)?)),
        None => ("place", query.after.as_deref().map(|text| asked::after("after", text)).transpose()?),
    };
    let filter = asked::filter(query.types.as_deref(), query.exam, query.copy)?;
    let following = app.follow(EventsAsked { what, after, filter }).await?;
    let (pieces, mut taken) = mpsc::channel(PIECES);
    let open = app.metrics.stream_opened();
    let limits = *app.feed.limits();
    let sending = Sending { following, stay, limits, request_id: call.request_id, pieces, open };
    tokio::spawn(sending.run().instrument(Span::current()));
    let body = poll_fn(move |context| taken.poll_recv(context).map(|piece| piece.map(Ok)));
    Ok(Answer::stream("text/event-stream", body)
        .header(CACHE_CONTROL, ask::NO_STORE)
        .header(X_ACCEL_BUFFERING, "no"))
}

/// Sent at most once; an empty one is that of a client which has received none.
fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut sent = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = sent.next().filter(|value| !value.is_empty()) else { return Ok(None) };
    match (value.to_str(), sent.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(ApiError::bad_request("invalid_place", "Last-Event-ID takes one id as it was received")),
    }
}
