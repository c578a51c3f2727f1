//! PDF bodies: bare (`application/pdf`), or in a form (`multipart/form-data`, RFC 7578) as `pdf_file`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use domain::{ActorId, Digest};
use futures::{Stream, StreamExt};
use http::StatusCode;
use multer::{Field, Multipart};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use warp::{Filter, Rejection};

use super::unreadable;
use crate::http::admission::{Share, Shares};
use crate::http::call::Call;
use crate::http::errors::{ApiError, refuse};
use crate::http::route::call;
use crate::limits::HttpLimits;
use crate::metrics::{Metrics, TooMany};

/// The form's part that holds the PDF.
const PDF_FIELD: &str = "pdf_file";
/// Text parts of one form.
const MAX_TEXT_FIELDS: usize = 16;
/// Bytes of one text part.
const MAX_TEXT_BYTES: usize = 1_024;
/// `%PDF` stands within this many bytes of the start, as readers have it since Acrobat's implementation notes
/// (PDF Reference 1.7, appendix H.3, note 13).
const HEADER_WITHIN_BYTES: usize = 1_024;
/// Memory taken at once on the word of a `Content-Length`; the rest is taken as it arrives.
const FIRST_BYTES: usize = 1_000_000;

/// The places for PDFs being received: they bound the memory that uploads take, at `pdf_bytes` each.
#[derive(Clone, Debug)]
pub struct Uploads {
    places: Arc<Semaphore>,
    of_caller: Shares<ActorId>,
    limits: Arc<HttpLimits>,
    metrics: Metrics,
}

/// A PDF as it was sent, not yet looked into. It holds its place until it is dropped.
pub struct PdfUpload {
    /// The file.
    pub bytes: Bytes,
    /// Its SHA-256.
    pub sha256: Digest,
    /// The name that the client gave it; personal data, to be sealed.
    pub filename: Option<String>,
    /// The other parts of the form, by name.
    pub fields: BTreeMap<String, String>,
    _places: (Share<ActorId>, OwnedSemaphorePermit),
}

crate::redacted::debug_without_the_rest! { PdfUpload { sha256 } }

impl PdfUpload {
    /// For [`Call::command_text`](crate::http::Call::command_text): what was sent, without the form's boundary, which
    /// a client makes anew for each try.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut text = format!("pdf {}\n", self.sha256);
        for (name, value) in &self.fields {
            text.push_str(&format!("{} {name}{} {value}", name.len(), value.len()));
        }
        Digest::of(text.as_bytes())
    }
}

impl Uploads {
    /// As many places as the limits have, all in all and for each caller.
    #[must_use]
    pub fn new(limits: &HttpLimits, metrics: &Metrics) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.uploads)),
            of_caller: Shares::of(limits.uploads_per_caller),
            limits: Arc::new(limits.clone()),
            metrics: metrics.clone(),
        }
    }

    /// The caller's own share first: who has used it up is not to hold a place that another could have.
    async fn places(&self, caller: ActorId) -> Result<(Share<ActorId>, OwnedSemaphorePermit), ApiError> {
        let Some(share) = self.of_caller.within(self.limits.upload_wait, caller).await else {
            self.metrics.too_many(TooMany::Uploads);
            let (most, code) = (self.limits.uploads_per_caller, TooMany::Uploads.code());
            let detail = format!(
                "this caller is sending {most} PDFs already; send this one again when one of them is done"
            );
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
            return Err(error.retry_after(self.limits.upload_wait));
        };
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.limits.upload_wait, place).await {
            Ok(Ok(place)) => Ok((share, place)),
            Ok(Err(_)) | Err(_) => {
                let detail = "too many PDFs are being received; send it again in a moment";
                Err(ApiError::unavailable("uploads_full", detail, self.limits.upload_wait))
            }
        }
    }

    async fn receive<B: Buf + 'static>(
        self,
        caller: ActorId,
        content_type: Option<String>,
        body: impl Stream<Item = Result<B, warp::Error>> + Send + 'static,
    ) -> Result<PdfUpload, ApiError> {
        let kind = content_type.as_deref().map(media_type).unwrap_or_default();
        let places = self.places(caller).await?;
        let body = body.map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining())));
        let (bytes, filename, fields) = match (kind.as_str(), content_type) {
            ("application/pdf", _) => (self.bare(body).await?, None, BTreeMap::new()),
            ("multipart/form-data", Some(content_type)) => self.form(&content_type, body).await?,
            _ => {
                let detail = "send the PDF with Content-Type: application/pdf, or as pdf_file of a multipart/form-data form";
                return Err(ApiError::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "unsupported_media_type",
                    detail,
                ));
            }
        };
        check(&bytes)?;
        Ok(PdfUpload { sha256: Digest::of(&bytes), bytes, filename, fields, _places: places })
    }

    async fn bare(
        &self,
        body: impl Stream<Item = Result<Bytes, warp::Error>> + Send,
    ) -> Result<Bytes, ApiError> {
        let mut body = std::pin::pin!(body);
        let mut bytes = BytesMut::new();
        while let Some(part) = body.next().await {
            self.extend(&mut bytes, &part.map_err(|error| unreadable(&error))?)?;
        }
        Ok(bytes.freeze())
    }

    async fn form(
        &self,
        content_type: &str,
        body: impl Stream<Item = Result<Bytes, warp::Error>> + Send + 'static,
    ) -> Result<(Bytes, Option<String>, BTreeMap<String, String>), ApiError> {
        let boundary = multer::parse_boundary(content_type).map_err(|error| bad_form(&error))?;
        let mut form = Multipart::new(body, boundary);
        let (mut pdf, mut fields) = (None, BTreeMap::new());
        while let Some(mut field) = form.next_field().await.map_err(|error| bad_form(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == PDF_FIELD {
                let filename = field.file_name().map(str::to_owned);
                if pdf.replace((self.pdf_of(&mut field).await?, filename)).is_some() {
                    return Err(ApiError::bad_request(
                        "invalid_form",
                        "the form has pdf_file twice; send one PDF",
                    ));
                }
            } else {
                if fields.len() == MAX_TEXT_FIELDS {
                    let detail = format!("the form has more than {MAX_TEXT_FIELDS} fields");
                    return Err(ApiError::bad_request("invalid_form", detail));
                }
                let text = text_of(&name, &mut field).await?;
                if fields.insert(name.clone(), text).is_some() {
                    return Err(ApiError::bad_request(
                        "invalid_form",
                        format!("the form has {name:?} twice"),
                    ));
                }
            }
        }
        let missing = || ApiError::bad_request("pdf_missing", "the form has no part named pdf_file");
        let (bytes, filename) = pdf.ok_or_else(missing)?;
        Ok((bytes, filename, fields))
    }

    async fn pdf_of(&self, field: &mut Field<'_>) -> Result<Bytes, ApiError> {
        let mut bytes = BytesMut::new();
        while let Some(part) = field.chunk().await.map_err(|error| bad_form(&error))? {
            self.extend(&mut bytes, &part)?;
        }
        Ok(bytes.freeze())
    }

    fn extend(&self, bytes: &mut BytesMut, part: &[u8]) -> Result<(), ApiError> {
        let limit = self.limits.pdf_bytes;
        if (bytes.len() + part.len()) as u64 > limit {
            let detail = format!("a PDF may have {limit} bytes; scan at a lower resolution, or split it");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "pdf_too_large", detail));
        }
        if bytes.is_empty() {
            bytes.reserve(FIRST_BYTES);
        }
        bytes.extend_from_slice(part);
        Ok(())
    }
}

/// Reads a PDF: 413 beyond the limit, 415 for another type, 400 where it is empty or does not look like a PDF,
/// 503 while too many others are being received, 429 while too many of the same caller are.
pub fn pdf(
    uploads: &Uploads,
) -> impl Filter<Extract = (PdfUpload,), Error = Rejection> + Clone + Send + Sync + use<> {
    let uploads = uploads.clone();
    call().and(warp::header::optional::<String>("content-type")).and(warp::body::stream()).and_then(
        move |call: Call, content_type, body| {
            let receive = uploads.clone().receive(call.actor.id, content_type, body);
            async move { receive.await.map_err(refuse) }
        },
    )
}

async fn text_of(name: &str, field: &mut Field<'_>) -> Result<String, ApiError> {
    let mut text = Vec::new();
    while let Some(part) = field.chunk().await.map_err(|error| bad_form(&error))? {
        if text.len() + part.len() > MAX_TEXT_BYTES {
            let detail = format!("the form's field {name:?} has more than {MAX_TEXT_BYTES} bytes");
            return Err(ApiError::bad_request("invalid_form", detail));
        }
        text.extend_from_slice(&part);
    }
    String::from_utf8(text)
        .map_err(|_| ApiError::bad_request("invalid_form", format!("the form's field {name:?} is not UTF-8")))
}

fn check(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::bad_request("empty_body", "the PDF is empty; send the file's bytes"));
    }
    let head = &bytes[..bytes.len().min(HEADER_WITHIN_BYTES)];
    if head.windows(4).any(|four| four == b"%PDF") {
        return Ok(());
    }
    let detail =
        "this is not a PDF: %PDF does not stand in its first 1024 bytes; send the scan as a PDF file";
    Err(ApiError::bad_request("not_a_pdf", detail))
}

fn bad_form(error: &multer::Error) -> ApiError {
    if matches!(error, multer::Error::StreamReadFailed(_)) {
        return unreadable(error);
    }
    ApiError::bad_request("invalid_form", format!("the form could not be read: {error}"))
}

fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
