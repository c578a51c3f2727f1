//! `GET /api/events`.

use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::asked;
use crate::app::answers::event::EventsPage;
use crate::app::{App, EventsAsked};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// Events of a page where nothing is said.
const DEFAULT_EVENTS: usize = 100;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichEvents {
    /// Those after this place: the `next` of the page before, or a position. The ledger's beginning where nothing is said.
    after: Option<String>,
    /// 1 to 1,000 (the limit `feed.page_events`); 100 where nothing is said.
    limit: Option<usize>,
    /// Those of these types, with commas between them, such as `CopyGraded,CopyExported`.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    types: Option<String>,
    /// Those of this exam's own stream and of the streams of its copies.
    exam: Option<Uuid>,
    /// Those of this copy's stream.
    copy: Option<Uuid>,
}

/// The events of the ledger in order of position, as they were written. `next` is always there, and moves on over what is not
/// asked for: a reader that asks again and again for what follows it misses nothing and meets nothing twice. A page whose
/// `items` are empty is the last one for now only where its `next` is its `head`.
#[utoipa::path(get, path = "/api/events", tag = "events", params(WhichEvents),
    responses(
        (status = 200, description = "A page of events", body = EventsPage),
        (status = 400, description = "No such type, limit or place", body = crate::http::openapi::ErrorBody),
        (status = 409, description = "The place is of an epoch that has ended, or past the head: the ledger was restored. \
            `next` is the place to go on from, `same_up_to` the last position that names the same event as before",
            body = crate::http::openapi::ErrorBody),
    ))]
pub(crate) async fn list(query: WhichEvents, app: App, _: Call) -> Result<Answer, ApiError> {
    let asked = EventsAsked {
        what: "place",
        after: query.after.as_deref().map(|text| asked::after("after", text)).transpose()?,
        filter: asked::filter(query.types.as_deref(), query.exam, query.copy)?,
    };
    let most = app.feed.limits().page_events;
    let events = query.limit.unwrap_or_else(|| DEFAULT_EVENTS.min(most));
    if !(1..=most).contains(&events) {
        let detail = format!("limit takes a number from 1 to {most}");
        return Err(ApiError::bad_request("invalid_limit", detail));
    }
    ask::read(&app.events(&asked, events).await?)
}
