//! What a handler answers with.

use std::convert::Infallible;

use bytes::Bytes;
use futures::Stream;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use warp::Reply;
use warp::reply::Response;

use super::errors::ApiError;
use crate::ledger::Place;

/// The position of the last event that a write appended, with the ledger's epoch; a read that sends it back waits for its
/// view.
pub const LEDGER_POSITION: HeaderName = HeaderName::from_static("ledger-position");

/// Stands in the extensions of an answer to a write that was a read.
#[derive(Clone, Copy, Debug)]
pub(super) struct IsRead;

/// A good answer. `Result<Answer, ApiError>` is what every handler returns.
#[derive(Debug)]
pub struct Answer(Response);

impl Answer {
    /// 200 with JSON.
    ///
    /// # Errors
    /// 500 where the value cannot be written as JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self, ApiError> {
        let text = serde_json::to_vec(value).map_err(ApiError::internal)?;
        Ok(Self::bytes("application/json", text.into()))
    }

    /// 201 with JSON and where the new thing is.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn created(location: &str, value: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::ok(value)?.status(StatusCode::CREATED).header(LOCATION, location))
    }

    /// 202 with JSON: it was accepted, and goes on.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn accepted(value: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::ok(value)?.status(StatusCode::ACCEPTED))
    }

    /// 204: done, and nothing to say.
    #[must_use]
    pub fn no_content() -> Self {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        Self(response)
    }

    /// 200 with bytes of this media type.
    #[must_use]
    pub fn bytes(media_type: &'static str, bytes: Bytes) -> Self {
        let mut response = Response::new(bytes.into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self(response)
    }

    /// 200 with a body of this media type that comes in pieces, for as long as `pieces` has any. It ends whole: what cuts it off
    /// in the middle is told to nobody but by the connection.
    #[must_use]
    pub fn stream(
        media_type: &'static str,
        pieces: impl Stream<Item = Result<Bytes, Infallible>> + Send + Sync + 'static,
    ) -> Self {
        let mut response = warp::reply::stream(pieces).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self(response)
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        *self.0.status_mut() = status;
        self
    }

    /// The same with one more header. A value that no header can hold is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// Says that a write appended nothing and shows what there is: for the log of accesses, where no event tells of it.
    #[must_use]
    pub(super) fn of_a_read(mut self) -> Self {
        self.0.extensions_mut().insert(IsRead);
        self
    }

    /// Names the position that a read must have seen to see this write.
    #[must_use]
    pub fn at_position(self, position: Place) -> Self {
        self.header(LEDGER_POSITION, &position.to_string())
    }
}

impl Reply for Answer {
    fn into_response(self) -> Response {
        self.0
    }
}
