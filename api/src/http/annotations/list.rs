//! `GET /api/copies/{copy}/annotations`.

use domain::CopyId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::answers::annotation::AnnotationAnswer;
use crate::app::answers::list::List;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::paging;

/// Which annotations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAnnotations {
    /// Those of this page, from 0.
    page_index: Option<u32>,
    /// 1 to 200; 50 where nothing is said.
    limit: Option<u16>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// The annotations that stand on a copy, in the order in which they were added.
#[utoipa::path(get, path = "/api/copies/{copy}/annotations", tag = "annotations",
    params(("copy" = Uuid, Path, description = "The copy's id"), WhichAnnotations),
    responses((status = 200, description = "A page of annotations", body = List<AnnotationAnswer>)))]
pub(crate) async fn list(
    copy: CopyId,
    query: WhichAnnotations,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let page = paging::page(query.limit, query.cursor.as_deref())?;
    ask::read(&app.annotations(call.sight(), copy, query.page_index, page, call.seen_position).await?)
}
