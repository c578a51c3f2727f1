//! `GET /api/copies/{copy}/final-pdf`.

use domain::{CopyId, Role};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETAG};

use crate::app::{App, FinalPdf};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// The final PDF of a graded copy. Reading it writes no event; handing it out is an export.
#[utoipa::path(get, path = "/api/copies/{copy}/final-pdf", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The PDF", content_type = "application/pdf", body = Vec<u8>)),
)]
pub(crate) async fn final_pdf(copy: CopyId, app: App, call: Call) -> Result<Answer, ApiError> {
    // It shows what graders wrote.
    if !call.sight().texts && call.actor.role == Role::Auditor {
        let detail = "the final PDF shows what graders wrote: say why you open it in the header X-Access-Reason; the reason is recorded";
        return Err(ApiError::forbidden("reason_required", detail));
    }
    Ok(attached(app.final_pdf(copy).await?))
}

/// A final PDF as a download.
pub(in crate::http) fn attached(final_pdf: FinalPdf) -> Answer {
    // An anonymous id needs no quoting: it is made of letters, digits, full stop, underscore and hyphen.
    let name = format!("attachment; filename=\"{}.pdf\"", final_pdf.anonymous_id);
    Answer::bytes("application/pdf", final_pdf.pdf)
        .header(CONTENT_DISPOSITION, &name)
        .header(ETAG, &format!("\"{}\"", final_pdf.sha256))
        .header(CACHE_CONTROL, ask::NO_STORE)
}
