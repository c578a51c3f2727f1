//! `POST /api/copies/{copy}/export`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::CopyId;
use domain::copy::event::ExportFormat;
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// The digest of the body as it was made, before any coding (RFC 9530, section 3).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// What is to be handed out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    /// `PDF`: the final PDF. `JSON`: marks and events, as canonical JSON.
    #[schema(value_type = String, example = "PDF")]
    format: ExportFormat,
}

/// Hand out a graded copy, and record that it was handed out and the SHA-256 of what was.
#[utoipa::path(post, path = "/api/copies/{copy}/export", tag = "copies", request_body = Export,
    params(("copy" = Uuid, Path, description = "The copy's id")),
    responses((status = 200, description = "The file; `Repr-Digest` is the SHA-256 that the ledger recorded",
        content((Vec<u8> = "application/pdf"), (Object = "application/json")))),
)]
pub(crate) async fn export(
    copy: CopyId,
    app: App,
    call: Call,
    body: JsonBody<Export>,
) -> Result<Answer, ApiError> {
    let format = body.value.format;
    let exported = app.export_copy(&ask::caller(&call, &body.digest), copy, format).await?;
    let (media_type, extension) = match format {
        ExportFormat::Pdf => ("application/pdf", "pdf"),
        ExportFormat::Json => ("application/json", "json"),
    };
    let name = format!("attachment; filename=\"{}.{extension}\"", exported.anonymous_id);
    let digest = format!("sha-256=:{}:", STANDARD.encode(exported.sha256.0));
    Ok(Answer::bytes(media_type, exported.bytes)
        .header(CONTENT_DISPOSITION, &name)
        .header(REPR_DIGEST, &digest)
        .header(CACHE_CONTROL, ask::NO_STORE)
        .at_position(exported.position))
}
