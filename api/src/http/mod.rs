//! The HTTP API. This is the page that lists every route.
//!
//! The way of a request: [`Server`] takes the connection; [`Frame`] gives it a request id, finds its route in the
//! [`Table`], its caller by token, and reads what the headers say into a [`Call`]; the route's warp filter
//! takes out path, call, query and body; the handler turns them into a use case of `app` and answers with an
//! [`Answer`] or an [`ApiError`]; the frame renders errors, sets `X-Request-ID`, writes the log line and counts.
//!
//! To add a route:
//! 1. write the handler, one file a verb, in `http/<resource>/`:
//!    `pub(in crate::http) async fn acquire(copy: CopyId, call: Call, body: JsonBody<Acquire>, app: App) -> Result<Answer, ApiError>`,
//!    under a `#[utoipa::path(post, path = "/api/copies/{copy}/lock", ...)]`. It describes its own answers; 400, 401, 403,
//!    404 and the rest of the frame's are added for it;
//! 2. add one line to [`routes`], whose filter hands over the arguments in order:
//!    `Route::new(POST, at!("api" / "copies" / copy: CopyId / "lock"), Mark,
//!    |path| path.and(call()).and(json()).and(with(app)).then(lock::acquire))`. The [`Action`] says who may. What takes a
//!    PDF ends with `.takes_pdf()` and uses `pdf(&uploads)` in place of `json()`; a query is `warp::query()`;
//! 3. name the handler in `paths(...)` of `openapi.rs`. A test fails while the page and the document differ.
//!
//! Name the parameter of a copy's id `copy`: the frame finds it by that name for the log.

mod answer;
mod body;
mod call;
mod errors;
mod figures;
mod frame;
mod health;
mod openapi;
mod prefer;
mod request_id;
mod roles;
mod route;
mod server;
mod table;

pub use answer::{Answer, LEDGER_POSITION};
pub use body::{BodyError, JsonBody, PdfUpload, Uploads, json, pdf};
pub use call::{Call, IDEMPOTENCY_KEY, X_LOCK_TOKEN};
pub use errors::ApiError;
pub use figures::Figures;
pub use frame::Frame;
pub use health::{Check, Readiness};
pub use openapi::of as openapi;
pub use request_id::{RequestId, X_REQUEST_ID};
pub use roles::Action;
pub use route::{At, BodySize, Route, call, with};
pub use server::{BindError, DEFAULT_ADDRESS, Server};
pub use table::Table;

use http::Method;
use warp::Filter as _;

use crate::at;
use Action::{Open, Scrape};

const GET: Method = Method::GET;

/// Every route that the server has.
#[must_use]
pub fn routes(readiness: &Readiness, figures: &Figures) -> Vec<Route> {
    let mut routes = vec![
        Route::new(GET, at!("api" / "health" / "live"), Open, |path| path.then(health::live)),
        Route::new(GET, at!("api" / "health" / "ready"), Open, |path| {
            path.and(with(readiness)).then(health::ready)
        }),
        Route::new(GET, at!("metrics"), Scrape, |path| path.and(with(figures)).then(figures::scrape)),
    ];
    routes.push(openapi::route(&routes));
    routes
}
