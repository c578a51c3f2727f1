//! `POST /api/copies/{copy}/annotations`.

use domain::copy::MarkKind;
use domain::{CopyId, QuestionId};
use http::StatusCode;
use http::header::{ETAG, LOCATION};
use serde::Deserialize;
use utoipa::ToSchema;

use super::revision::etag;
use crate::app::answers::decimal::DecimalPoints;
use crate::app::answers::page_box::BoxJson;
use crate::app::texts::Prose;
use crate::app::{App, NewAnnotation};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// A mark to be put on a page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnotationJson {
    /// Which page, from 0.
    page_index: u32,
    /// Where on the displayed page.
    r#box: BoxJson,
    /// COMMENT, HIGHLIGHT, ERROR or BONUS.
    #[schema(value_type = String)]
    kind: MarkKind,
    /// Points that it adds to the total, or takes from it.
    #[serde(default)]
    points: Option<DecimalPoints>,
    /// The question that it is about.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    question: Option<QuestionId>,
    /// Up to 10,000 characters.
    #[serde(default)]
    text: Option<Prose>,
}

/// Put a mark on a page.
#[utoipa::path(post, path = "/api/copies/{copy}/annotations", tag = "annotations", request_body = NewAnnotationJson,
    params(
        ("copy" = Uuid, Path, description = "The copy's id"),
        ("X-Lock-Token" = String, Header, description = "The token of the copy's lock"),
    ),
    responses((status = 201, description = "The annotation", body = crate::app::answers::annotation::AnnotationAnswer)),
)]
pub(crate) async fn create(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<NewAnnotationJson>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    let shown = app.shown_lock(call.lock_token.as_deref());
    let NewAnnotationJson { page_index, r#box, kind, points, question, text } = body.value;
    let new = NewAnnotation { page_index, area: r#box, kind, points: points.map(|p| p.0), question, text };
    let written = app.add_annotation(&caller, copy, shown, new).await?;
    let id = written.answer.get("id").and_then(|id| id.as_str()).unwrap_or_default();
    let location = format!("/api/copies/{copy}/annotations/{id}");
    let answer = ask::written(&written)?.status(StatusCode::CREATED);
    Ok(answer.header(LOCATION, &location).header(ETAG, &etag(1)))
}
