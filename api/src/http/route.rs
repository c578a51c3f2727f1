//! A route: method, path, who may, and the warp filter that serves it.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;

use domain::access::Act;
use http::{Method, Request};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use super::answer::Answer;
use super::call::Call;
use super::errors::{ApiError, of_rejection};
use super::who;
use crate::access_log::Keeping;

/// One line of the page of routes.
///
/// The table finds the route of a request by method and path, so that 404 and 405 are told apart for certain;
/// its warp filter then takes out what the handler needs. No filter of another route is ever tried.
#[derive(Clone)]
pub struct Route {
    method: Method,
    template: &'static str,
    act: Act,
    body: BodySize,
    keeping: Keeping,
    is_stream: bool,
    filter: BoxedFilter<(Response,)>,
}

/// How much body a route takes; the numbers are [`HttpLimits`](crate::limits::HttpLimits)'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySize {
    /// A JSON document.
    Json,
    /// A PDF, alone or in a form.
    Pdf,
}

impl Route {
    /// A route at a path made by [`at!`](crate::at). `serve` puts onto the path's filter what the handler needs,
    /// and the handler last.
    pub fn new<P, F>(method: Method, at: At<P>, act: Act, serve: impl FnOnce(P) -> F) -> Self
    where
        F: Filter<Extract = (Result<Answer, ApiError>,), Error = Rejection> + Clone + Send + Sync + 'static,
    {
        let filter = serve(at.filter)
            .map(|result: Result<Answer, ApiError>| {
                result.map_or_else(Reply::into_response, Reply::into_response)
            })
            .recover(|rejection: Rejection| async move { Ok::<_, Infallible>(of_rejection(&rejection)) })
            .map(Reply::into_response)
            .boxed();
        Self {
            method,
            template: at.template,
            act,
            body: BodySize::Json,
            keeping: Keeping::of(act),
            is_stream: false,
            filter,
        }
    }

    /// The same, for a route that takes a PDF.
    #[must_use]
    pub const fn takes_pdf(mut self) -> Self {
        self.body = BodySize::Pdf;
        self
    }

    /// The same, for a route whose answer goes on until one of the two ends it.
    #[must_use]
    pub const fn goes_on(mut self) -> Self {
        self.is_stream = true;
        self
    }

    /// Whether its answer goes on.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// The same, for a route whose act is kept in the log of accesses for what other routes of it show.
    #[must_use]
    pub const fn shows_no_marks(mut self) -> Self {
        self.keeping = Keeping::Nothing;
        self
    }

    /// How it is kept in the log of accesses.
    #[must_use]
    pub const fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// The method; GET answers HEAD too.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The path, with `{name}` for what varies: as it stands in OpenAPI, metrics and logs.
    #[must_use]
    pub const fn template(&self) -> &'static str {
        self.template
    }

    /// Who may.
    #[must_use]
    pub const fn act(&self) -> Act {
        self.act
    }

    /// How much body it takes.
    #[must_use]
    pub const fn body(&self) -> BodySize {
        self.body
    }

    /// Serves one request.
    pub(super) fn serve<B>(&self, request: Request<B>) -> impl Future<Output = Response> + Send + use<B>
    where
        B: hyper::body::Body + Send + Sync + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let service = TowerToHyperService::new(warp::service(self.filter.clone()));
        async move {
            match service.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.method, self.template, who::may(self.act))
    }
}

/// A path: its template, and the warp filter that matches it and takes out what varies.
#[derive(Clone, Copy, Debug)]
pub struct At<P> {
    /// `/api/copies/{copy}/lock`.
    pub template: &'static str,
    /// What `warp::path!` makes of it.
    pub filter: P,
}

/// Writes a path once, for the template and for `warp::path!`:
/// `at!("api" / "copies" / copy: CopyId / "lock")` is `/api/copies/{copy}/lock` and extracts a `CopyId`.
#[macro_export]
macro_rules! at {
    ($($($text:literal)? $($name:ident : $type:ident)?) / +) => {
        $crate::http::At {
            template: concat!($("/", $($text)? $("{", stringify!($name), "}")?),+),
            filter: warp::path!($($($text)? $($type)?) / +),
        }
    };
}

/// The caller and what the headers say; for every route but the open ones.
pub fn call() -> impl Filter<Extract = (Call,), Error = Rejection> + Copy + Send + Sync + 'static {
    warp::ext::get::<Call>()
}

/// Hands a clone of `part` to the handler.
pub fn with<T: Clone + Send + Sync + 'static>(
    part: &T,
) -> impl Filter<Extract = (T,), Error = Infallible> + Clone + Send + Sync + use<T> {
    let part = part.clone();
    warp::any().map(move || part.clone())
}
