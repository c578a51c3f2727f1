//! `GET /api/subjects`.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::answers::list::List;
use crate::app::answers::subject::SubjectAnswer;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::paging;

/// Which subjects.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichSubjects {
    /// 1 to 200; 50 where nothing is said.
    limit: Option<u16>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Subjects by their pseudonyms. A list opens nobody's identity.
#[utoipa::path(get, path = "/api/subjects", tag = "subjects", params(WhichSubjects),
    responses((status = 200, description = "A page of subjects", body = List<SubjectAnswer>)))]
pub(crate) async fn list(query: WhichSubjects, app: App, call: Call) -> Result<Answer, ApiError> {
    let page = paging::page(query.limit, query.cursor.as_deref())?;
    ask::read(&app.subjects(page, call.seen_position).await?)
}
