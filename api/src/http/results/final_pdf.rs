//! `GET /api/results/{copy}/final-pdf`.

use domain::CopyId;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::copies::final_pdf::attached;
use crate::http::errors::ApiError;

/// The final PDF of one of your results.
#[utoipa::path(get, path = "/api/results/{copy}/final-pdf", tag = "results",
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The PDF", content_type = "application/pdf", body = Vec<u8>)),
)]
pub(crate) async fn final_pdf(copy: CopyId, app: App, _call: Call) -> Result<Answer, ApiError> {
    Ok(attached(app.final_pdf(copy).await?))
}
