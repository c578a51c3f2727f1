//! The way of every request: id, route, caller, headers, handler, answer, log line, figures.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use domain::TraceParent;
use domain::access::Act;
use futures::FutureExt as _;
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use tracing::{Instrument as _, Span};
use warp::reply::Response;

use super::admission::{Admission, Guest, Proxies, TrustedProxy};
use super::body::{BodyError, BoundedBody, Drain};
use super::call::Call;
use super::callers::{Callers, Shown};
use super::errors::ApiError;
use super::guarded;
use super::request_id::{RequestId, X_REQUEST_ID};
use super::route::{BodySize, Route};
use super::stay::{Stay, Stopping};
use super::table::{Found, Table, about, copy_in};
use super::trace;
use super::visit::{OfKnown, Visit};
use super::who;
use crate::app::App;
use crate::limits::HttpLimits;
use crate::logs;
use crate::metrics::Metrics;
use crate::tokens::Actor;

/// What stands in logs and figures for a path that no route has.
const NO_ROUTE: &str = "(none)";

/// The cause of an answer that a panic took the place of.
const PANICKED: &str = "a handler panicked: the line of this request at CRITICAL says where";

/// The refusal of a path whose id is none.
const NO_ID: &str = "the path names an exam or a copy by what is no id; ids are UUIDs";

/// All that lies between the socket and the handlers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Frame {
    table: Arc<Table>,
    callers: Callers,
    app: App,
    limits: Arc<HttpLimits>,
    admission: Admission,
}

impl Frame {
    /// Serves `routes` of `app` to those whom `callers` lets in.
    #[must_use]
    pub fn new(routes: Vec<Route>, callers: impl Into<Callers>, app: App, limits: HttpLimits) -> Self {
        for route in &routes {
            app.metrics.route(method_label(route.method()), route.template());
        }
        for method in METHODS {
            app.metrics.route(method, NO_ROUTE);
        }
        let admission = Admission::new(&limits, Proxies::default(), app.metrics.clone());
        Self {
            table: Arc::new(Table::new(routes)),
            callers: callers.into(),
            app,
            limits: Arc::new(limits),
            admission,
        }
    }

    /// The same behind these proxies, whose word about the addresses of their clients is taken.
    #[must_use]
    pub fn behind(mut self, proxies: Vec<TrustedProxy>) -> Self {
        self.admission = Admission::new(&self.limits, Proxies::new(proxies), self.app.metrics.clone());
        self
    }

    pub(super) fn limits(&self) -> &HttpLimits {
        &self.limits
    }

    pub(super) const fn admission(&self) -> &Admission {
        &self.admission
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.app.metrics
    }

    /// Answers one request; nothing that a handler does, a panic included, leaves it without an answer.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        stopping: Stopping,
    ) -> Response {
        let began = Instant::now();
        let request_id = RequestId::of(request.headers());
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(stopping);
        let traceparent = trace::parent(&parts.headers);
        // Of the highest level, so that no filter takes the ids off the lines that it lets pass.
        let span = tracing::error_span!(
            "request",
            request_id = request_id.as_str(),
            trace_id = traceparent.map(|parent| parent.trace_id()),
            span_id = traceparent.map(|parent| parent.span_id()),
            user_id = tracing::field::Empty,
            copy_id = tracing::field::Empty,
            position = tracing::field::Empty,
        );
        let method = parts.method.clone();
        let found = self.table.find(&method, parts.uri.path());
        let route = if let Found::Route(route) = found { Some(route) } else { None };
        let bounded = self.bound(body, route);
        let served =
            self.serve(found, parts, bounded, (&request_id, traceparent), peer).instrument(span.clone());
        let mut response = served.await.unwrap_or_else(warp::Reply::into_response);
        let is_known = response.extensions_mut().remove::<OfKnown>().is_some();
        let error = response.extensions_mut().remove::<ApiError>();
        if let Some(error) = &error {
            response = error.render(&request_id);
        }
        guarded::guard(&mut response);
        if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
            response.headers_mut().insert(X_REQUEST_ID, id);
        }
        let report = Report {
            method: &method,
            route,
            status: response.status(),
            error,
            is_known,
            took: began.elapsed(),
        };
        span.in_scope(|| report.write(self.metrics()));
        response
    }

    fn bound(&self, body: Incoming, route: Option<&Route>) -> BoundedBody {
        let limits = &self.limits;
        let drain = Drain { bytes: limits.drain_bytes, time: limits.drain };
        BoundedBody::new(body, self.body_limit(route), limits.body, drain)
    }

    fn body_limit(&self, route: Option<&Route>) -> u64 {
        match route.map(Route::body) {
            Some(BodySize::Pdf) => self.limits.pdf_bytes + self.limits.form_overhead_bytes,
            Some(BodySize::Json) => self.limits.json_bytes,
            None => 0,
        }
    }

    async fn serve(
        &self,
        found: Found<'_>,
        parts: Parts,
        body: BoundedBody,
        (request_id, traceparent): (&RequestId, Option<TraceParent>),
        peer: SocketAddr,
    ) -> Result<Response, ApiError> {
        let guest = self.admission.enter(peer.ip(), &parts.headers)?;
        let route = match found {
            Found::Route(route) => route,
            Found::OtherMethods(allow) => return Err(ApiError::wrong_method(allow)),
            Found::Nothing => {
                return Err(ApiError::not_found(
                    "there is nothing at this path; /api/openapi.json lists all paths",
                ));
            }
        };
        if let Some(copy) = copy_in(route.template(), parts.uri.path()) {
            Span::current().record("copy_id", tracing::field::display(copy));
        }
        let mut visit = Visit::of((method_label(route.method()), route), &parts, request_id);
        let served =
            self.serve_route(route, (parts, body), (request_id, traceparent), guest, &mut visit).await;
        Ok(visit.recorded(&self.app.access_log, served.unwrap_or_else(warp::Reply::into_response)).await)
    }

    async fn serve_route(
        &self,
        route: &Route,
        (mut parts, body): (Parts, BoundedBody),
        (request_id, traceparent): (&RequestId, Option<TraceParent>),
        guest: Guest,
        visit: &mut Visit,
    ) -> Result<Response, ApiError> {
        if let Some((actor, shown)) = self.caller(route.act(), &parts, guest).await? {
            visit.by(actor);
            Span::current().record("user_id", tracing::field::display(actor.id));
            if !actor.may(route.act()) {
                let who = who::may(route.act());
                let detail = format!("the role {} may not do this; it takes: {who}", actor.role);
                return Err(ApiError::forbidden("role_forbidden", detail));
            }
            let about =
                about(route.template(), parts.uri.path()).ok_or_else(|| ApiError::not_found(NO_ID))?;
            let permitted = self.app.permit(&actor, route.act(), about).await;
            let found = permitted.inspect_err(|error| visit.turned_away(error))?;
            let call =
                Call::of(&parts, (actor, found), (request_id.clone(), traceparent), self.limits.prefer_wait)?;
            visit.says_why(&call, &self.app.access_log).await?;
            // Here and not in the handlers: none can then answer in the name of a history that its caller has not seen.
            if let Some(seen) = call.seen {
                self.app.check_seen(seen).await?;
            }
            parts.extensions.insert(call);
            if let Some(stopping) = parts.extensions.remove::<Stopping>() {
                // A share of the streams is held for as long as the answer goes on.
                let share = if route.is_stream() { Some(self.admission.stream(actor.id)?) } else { None };
                parts.extensions.insert(Stay::new(
                    (self.callers.clone(), shown),
                    route.act(),
                    stopping,
                    share,
                ));
            }
        }
        self.refuse_announced(&parts, route)?;
        let serving = AssertUnwindSafe(route.serve(Request::from_parts(parts, body))).catch_unwind();
        match tokio::time::timeout(self.limits.answer, serving).await {
            Ok(Ok(response)) => Ok(response),
            // What a panic says may be anything, a piece of a text included.
            Ok(Err(_)) => Err(ApiError::internal(PANICKED)),
            Err(_) => {
                let seconds = self.limits.answer.as_secs();
                let detail = format!(
                    "no answer within {seconds} seconds; what was asked for may still happen: read it back"
                );
                Err(ApiError::new(StatusCode::GATEWAY_TIMEOUT, "too_slow", detail))
            }
        }
    }

    /// Who calls, by which token; none where the route answers anyone.
    async fn caller(
        &self,
        act: Act,
        parts: &Parts,
        guest: Guest,
    ) -> Result<Option<(Actor, Shown)>, ApiError> {
        if act == Act::Open || (act == Act::Scrape && guest.sender.is_local) {
            return Ok(None);
        }
        let known = self.known_caller(&parts.headers).await;
        let (actor, shown) = known.map_err(|error| self.admission.refused(guest, error))?;
        self.admission.recognised(guest, actor.id)?;
        Ok(Some((actor, shown)))
    }

    /// Whoever the token that was sent belongs to.
    async fn known_caller(&self, headers: &HeaderMap) -> Result<(Actor, Shown), ApiError> {
        let Some(header) = headers.get(AUTHORIZATION) else {
            return Err(ApiError::unauthorised(
                "this path needs a token: send Authorization: Bearer <token>",
            ));
        };
        self.callers.let_in(header, self.metrics()).await
    }

    /// Refuses a body that is too large by its own announcement before a byte of it is read.
    fn refuse_announced(&self, parts: &Parts, route: &Route) -> Result<(), ApiError> {
        let announced =
            parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let limit_bytes = self.body_limit(Some(route));
        if announced.is_some_and(|bytes| bytes > limit_bytes) {
            return Err((&BodyError::TooLarge { limit_bytes }).into());
        }
        Ok(())
    }
}

/// What the log and the figures say about one request.
struct Report<'a> {
    method: &'a Method,
    route: Option<&'a Route>,
    status: StatusCode,
    error: Option<ApiError>,
    /// Whether the caller was recognised.
    is_known: bool,
    took: std::time::Duration,
}

impl Report<'_> {
    /// The path itself stays out: a query or a mistyped path can hold anything.
    fn write(&self, metrics: &Metrics) {
        // HEAD counts as the GET whose route answers it.
        let method = method_label(self.route.map_or(self.method, Route::method));
        let status = self.status.as_u16();
        let template = self.route.map_or(NO_ROUTE, Route::template);
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        metrics.answered(method, template, self.status, self.took);
        let code = self.error.as_ref().map(ApiError::code);
        if let Some(error) = self.error.as_ref().filter(|_| self.status.is_server_error()) {
            let cause = error.chain();
            match self.status {
                // Over by itself: whoever asked is told to come back, or how far behind a view is.
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                    tracing::warn!(
                        method,
                        route = template,
                        status,
                        code,
                        cause,
                        "{method} {template} not now"
                    );
                }
                _ => tracing::error!(
                    method,
                    route = template,
                    status,
                    code,
                    cause,
                    "{method} {template} failed"
                ),
            }
        }
        tracing::info!(method, route = template, status, code, millis, "{method} {template} {status}");
        // Whoever is nobody here has done nothing: their requests would push out of the files what others have.
        if self.is_known && self.route.is_some_and(|route| route.act().writes()) {
            tracing::info!(target: logs::AUDIT, method, route = template, status, code, "{method} {template} {status}");
        }
    }
}

/// The methods that a label may have: a client can invent others.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
