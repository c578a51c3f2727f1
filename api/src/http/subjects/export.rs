//! `GET /api/subjects/{subject}/export`.

use domain::SubjectId;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// All that the ledger holds about one person: a ZIP of `subject.json` and their scans, pages and final PDFs.
#[utoipa::path(get, path = "/api/subjects/{subject}/export", tag = "subjects",
    params(("subject" = Uuid, Path, description = "The subject's pseudonym")),
    responses((status = 200, description = "The export", content_type = "application/zip", body = Vec<u8>)))]
pub(crate) async fn export(subject: SubjectId, app: App, _call: Call) -> Result<Answer, ApiError> {
    let export = app.export_subject(subject).await?;
    let name = format!("attachment; filename=\"subject-{subject}.zip\"");
    Ok(Answer::stream("application/zip", export.pieces())
        .header(CONTENT_DISPOSITION, &name)
        .header(CACHE_CONTROL, ask::NO_STORE))
}
