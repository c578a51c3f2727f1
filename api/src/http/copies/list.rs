//! `GET /api/copies` and `GET /api/exams/{exam}/copies`.

use domain::ExamId;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::answers::copy_summary::CopySummary;
use crate::app::answers::list::List;
use crate::app::{App, CopiesAsked};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::paging;

/// Which copies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichCopies {
    /// Those of this exam.
    exam_id: Option<Uuid>,
    /// STAGING, READY, LOCKED, GRADING_IN_PROGRESS, GRADING_FAILED, GRADED or VOIDED.
    status: Option<String>,
    /// 1 to 200; 50 where nothing is said.
    limit: Option<u16>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Copies, the oldest first.
#[utoipa::path(get, path = "/api/copies", tag = "copies", params(WhichCopies),
    responses((status = 200, description = "A page of copies", body = List<CopySummary>)))]
pub(crate) async fn list(query: WhichCopies, app: App, call: Call) -> Result<Answer, ApiError> {
    let exam = query.exam_id.map(ExamId);
    page(exam, &query, &app, &call).await
}

/// Copies of an exam, the oldest first.
#[utoipa::path(get, path = "/api/exams/{exam}/copies", tag = "copies",
    params(("exam" = Uuid, Path, description = "The exam's id"), WhichCopies),
    responses((status = 200, description = "A page of copies", body = List<CopySummary>)))]
pub(crate) async fn list_of_exam(
    exam: ExamId,
    query: WhichCopies,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    if query.exam_id.is_some_and(|other| other != exam.0) {
        let detail = "the path and exam_id name two exams; leave exam_id out";
        return Err(ApiError::bad_request("invalid_query", detail));
    }
    app.exam(exam, call.seen_position).await?;
    page(Some(exam), &query, &app, &call).await
}

async fn page(exam: Option<ExamId>, query: &WhichCopies, app: &App, call: &Call) -> Result<Answer, ApiError> {
    let asked = CopiesAsked {
        exam,
        standing: query.status.as_deref().map(paging::standing).transpose()?.unwrap_or_default(),
        page: paging::page(query.limit, query.cursor.as_deref())?,
    };
    ask::read(&app.copies(&call.actor, asked, call.seen_position).await?)
}
