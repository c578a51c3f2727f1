//! `POST /api/exams/{exam}/copies/import`.

use domain::{AnonymousId, ExamId};
use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::texts::FileName;
use crate::app::{App, Scan};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::PdfUpload;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// What goes with a PDF that is not part of a form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfScan {
    /// What stands on the copy instead of a name: up to 64 letters, digits, `.`, `_` and `-`.
    anonymous_id: Option<String>,
    /// The name of the file.
    filename: Option<String>,
}

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form is read as a stream; this is its description")]
pub(crate) struct ScanForm {
    /// What stands on the copy instead of a name.
    anonymous_id: String,
    /// The PDF: at most 50 MB and 500 pages.
    #[schema(value_type = String, format = Binary, content_media_type = "application/pdf")]
    pdf_file: Vec<u8>,
}

/// Import a scanned copy.
#[utoipa::path(post, path = "/api/exams/{exam}/copies/import", tag = "copies",
    params(("exam" = Uuid, Path, description = "The exam's id"), OfScan),
    request_body(content(
        (ScanForm = "multipart/form-data"),
        (Vec<u8> = "application/pdf"),
    )),
    responses((status = 202, description = "The copy; a worker reads its pages", body = crate::app::answers::copy::CopyAnswer)),
)]
pub(crate) async fn import(
    exam: ExamId,
    query: OfScan,
    app: App,
    call: Call,
    mut upload: PdfUpload,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &upload.digest());
    let anonymous_id = upload.fields.remove("anonymous_id").or(query.anonymous_id);
    if let Some(unknown) = upload.fields.keys().next() {
        let detail = format!("the form has an unknown field {unknown:?}; it takes pdf_file and anonymous_id");
        return Err(ApiError::bad_request("invalid_form", detail));
    }
    let filename = upload.filename.take().or(query.filename).filter(|name| !name.trim().is_empty());
    let scan = Scan {
        exam,
        anonymous_id: anonymous_id_of(anonymous_id)?,
        pdf: upload.bytes.clone(),
        sha256: upload.sha256,
        filename: filename.map(FileName::try_from).transpose().map_err(|error| {
            ApiError::bad_request("invalid_filename", format!("{error}; shorten it, or leave it out"))
        })?,
    };
    let written = app.import_copy(&caller, scan).await?;
    let id = written.answer.get("id").and_then(|id| id.as_str()).unwrap_or_default();
    let location = format!("/api/copies/{id}");
    Ok(ask::written(&written)?.status(StatusCode::ACCEPTED).header(LOCATION, &location))
}

fn anonymous_id_of(sent: Option<String>) -> Result<AnonymousId, ApiError> {
    let Some(text) = sent else {
        let detail =
            "name the copy: send anonymous_id as a field of the form, or in the query of the address";
        return Err(ApiError::bad_request("anonymous_id_missing", detail));
    };
    text.parse().map_err(|error: domain::ids::InvalidCode| {
        ApiError::bad_request("invalid_anonymous_id", error.to_string())
    })
}
