//! `GET /api/copies/{copy}/pages/{page}`, where the page is `0.png`, `1.png` and so on.

use std::str::FromStr;

use domain::{CopyId, Digest};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// `7.png`: the page with index 7.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PagePng(usize);

impl FromStr for PagePng {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_suffix(".png").ok_or(())?;
        let is_index = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_index { digits.parse().map(Self).map_err(drop) } else { Err(()) }
    }
}

/// Which image of the page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfPage {
    /// SHA-256 of the image: an address that names it is the address of these very bytes, or of nothing.
    #[param(value_type = Option<String>)]
    sha256: Option<Digest>,
}

/// The image of a page.
#[utoipa::path(get, path = "/api/copies/{copy}/pages/{page}", tag = "copies",
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("page" = String, Path, description = "Index from 0 and `.png`", example = "0.png"),
        OfPage,
    ),
    responses(
        (status = 200, description = "The page at 144 dpi", content_type = "image/png", body = Vec<u8>),
        (status = 304, description = "The image has the `ETag` of If-None-Match"),
    ),
)]
pub(crate) async fn page(
    copy: CopyId,
    page: PagePng,
    query: OfPage,
    headers: HeaderMap,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let sha256 = app.page_digest(call.found.as_ref(), copy, page.0).await?;
    if query.sha256.is_some_and(|named| named != sha256) {
        return Err(ApiError::not_found("the page has another image; read the copy for its address"));
    }
    let etag = format!("\"{sha256}\"");
    let answer = if headers.get("if-none-match").is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        Answer::no_content().status(StatusCode::NOT_MODIFIED)
    } else {
        Answer::bytes("image/png", app.page_image(copy, sha256).await?.png)
    };
    // A scan is a person's handwriting: a browser's cache would show it to the next who sits there, and after its erasure.
    Ok(answer.header(ETAG, &etag).header(CACHE_CONTROL, ask::NO_STORE))
}
