//! `GET /api/exams`.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::answers::exam::ExamAnswer;
use crate::app::answers::list::List;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::paging;

/// Which exams.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichExams {
    /// 1 to 200; 50 where nothing is said.
    limit: Option<u16>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Exams, the oldest first.
#[utoipa::path(get, path = "/api/exams", tag = "exams", params(WhichExams),
    responses((status = 200, description = "A page of exams", body = List<ExamAnswer>)))]
pub(crate) async fn list(query: WhichExams, app: App, call: Call) -> Result<Answer, ApiError> {
    let page = paging::page(query.limit, query.cursor.as_deref())?;
    ask::read(&app.exams(&call.actor, page, call.seen_position).await?)
}
