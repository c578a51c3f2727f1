//! What a refused or failed request is answered with: `{"detail", "code", "request_id"}`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};
use warp::Reply;
use warp::reply::Response;

use super::request_id::RequestId;

/// The challenge to who showed no token, and to who showed one that is none.
const NO_TOKEN: &str = "Bearer realm=\"gradeledger\"";
const INVALID_TOKEN: &str = "Bearer realm=\"gradeledger\", error=\"invalid_token\"";

/// An answer that is not the one that was asked for.
///
/// A handler returns it, or a filter of `http::body` rejects with it; the frame adds the request id and,
/// for a 5xx, logs the cause, which the client never sees.
#[derive(Clone, Debug)]
pub struct ApiError(Box<Refusal>);

/// Boxed: errors are rare, and every handler's result has room for one.
#[derive(Clone, Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: Map<String, Value>,
    retry_after: Option<Duration>,
    allow: Option<String>,
    /// A token was shown, and is none (RFC 6750, section 3.1).
    invalid_token: bool,
    /// It was one: somebody who has a token, and no one who guesses.
    was_token: bool,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// An error with a sentence that says what to do.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (detail, fields) = (detail.into(), Map::new());
        Self(Box::new(Refusal {
            status,
            code,
            detail,
            fields,
            retry_after: None,
            allow: None,
            invalid_token: false,
            was_token: false,
            cause: None,
        }))
    }

    /// 400: malformed, or against a rule of form.
    #[must_use]
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 403: the caller is known, and may not.
    #[must_use]
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: nothing is there.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409: the state of things is against it.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422: well formed, and yet not to be done.
    #[must_use]
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 503: try again after this long.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: impl Into<String>, retry_after: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(retry_after)
    }

    /// 500: our fault. The client gets the request id, the log gets the cause.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "something went wrong on our side; the request id leads to it in the logs";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).because(cause)
    }

    /// 401: no token, or none that is valid.
    #[must_use]
    pub(super) fn unauthorised(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", detail)
    }

    /// 401: a token that is none, or none any more.
    #[must_use]
    pub(super) fn invalid_token(detail: impl Into<String>) -> Self {
        let mut error = Self::unauthorised(detail);
        error.0.invalid_token = true;
        error
    }

    /// The same for a token that somebody was given, and that lets them in no more, or not here.
    #[must_use]
    pub(super) fn no_token_any_more(detail: impl Into<String>) -> Self {
        let mut error = Self::invalid_token(detail);
        error.0.was_token = true;
        error
    }

    /// Of a 401: whether somebody may have guessed, since the token is nobody's as far as is known.
    pub(super) const fn may_be_a_guess(&self) -> bool {
        !self.0.was_token
    }

    /// 405, with the methods that the path takes (RFC 9110, section 15.5.6).
    #[must_use]
    pub(super) fn wrong_method(allow: String) -> Self {
        let detail = format!("this path takes {allow}");
        let mut error = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        error.0.allow = Some(allow);
        error
    }

    /// One more member of the body, such as `current_sequence`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Asks the client to wait this long (whole seconds, at least one).
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Keeps what happened for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable word that programs compare.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.0.code
    }

    /// The cause and the causes of it, for the log.
    pub(super) fn chain(&self) -> String {
        self.0.cause.as_deref().map_or_else(String::new, |cause| domain::chain(cause))
    }

    /// What is said of it to whoever asked.
    pub(super) fn body(&self, request_id: &RequestId) -> Map<String, Value> {
        let mut body = self.0.fields.clone();
        body.insert("detail".into(), self.0.detail.clone().into());
        body.insert("code".into(), self.0.code.into());
        body.insert("request_id".into(), request_id.as_str().into());
        body
    }

    /// The answer as it goes out.
    pub(super) fn render(&self, request_id: &RequestId) -> Response {
        let mut response = warp::reply::json(&self.body(request_id)).into_response();
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        if let Some(wait) = self.0.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(allow) = self.0.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(ALLOW, allow);
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            // RFC 6750, section 3.
            let challenge = if self.0.invalid_token { INVALID_TOKEN } else { NO_TOKEN };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.status.as_u16(), self.0.code, self.0.detail)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// The frame finds the error in the extensions and renders it, once the request id is at hand.
impl Reply for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.0.status;
        response.extensions_mut().insert(self);
        response
    }
}

/// A filter of a route refuses with the error that it carries. Each route is served on its own, so a
/// rejection is final: no other route is tried.
#[derive(Debug)]
pub(super) struct Refused(pub(super) ApiError);

impl warp::reject::Reject for Refused {}

/// Rejects with `error`.
pub(super) fn refuse(error: ApiError) -> warp::Rejection {
    warp::reject::custom(Refused(error))
}

/// The answer for whatever a filter rejected.
pub(super) fn of_rejection(rejection: &warp::Rejection) -> ApiError {
    if let Some(Refused(error)) = rejection.find() {
        return error.clone();
    }
    if rejection.is_not_found() {
        return ApiError::not_found("there is nothing at this path; ids are UUIDs");
    }
    if rejection.find::<warp::reject::InvalidQuery>().is_some() {
        return ApiError::bad_request(
            "invalid_query",
            "the query string could not be read; see /api/openapi.json",
        );
    }
    if let Some(header) = rejection.find::<warp::reject::InvalidHeader>() {
        return ApiError::bad_request("invalid_header", format!("the header {} is not valid", header.name()));
    }
    if let Some(header) = rejection.find::<warp::reject::MissingHeader>() {
        return ApiError::bad_request("missing_header", format!("the header {} is missing", header.name()));
    }
    ApiError::internal(format!("a filter rejected in a way that has no answer: {rejection:?}"))
}
