//! Reading request bodies: counted while they stream, and within a time.

mod bounded;
mod json;
mod pdf;

pub use bounded::BodyError;
pub(super) use bounded::{BoundedBody, Drain};
pub use json::{JsonBody, json};
pub use pdf::{PdfUpload, Uploads, pdf};

use std::error::Error;

use http::StatusCode;

use super::errors::ApiError;

/// What the client is told when its body could not be read.
fn unreadable(error: &(dyn Error + 'static)) -> ApiError {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(bound) = error.downcast_ref::<BodyError>() {
            return bound.into();
        }
        next = error.source();
    }
    ApiError::bad_request("incomplete_body", "the body ended early, or could not be read; send it again")
}

impl From<&BodyError> for ApiError {
    fn from(error: &BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", error.to_string())
            }
            BodyError::TooSlow { .. } => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", error.to_string())
            }
            BodyError::Broken(_) => {
                Self::bad_request("incomplete_body", "the body ended early; send it again")
            }
        }
    }
}
