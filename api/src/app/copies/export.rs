//! Handing a graded copy out, and recording that it was handed out.

use bytes::Bytes;
use domain::copy::event::ExportFormat;
use domain::copy::{CopyAction, CopyError, CopyState, ExamCopy};
use domain::{AnonymousId, CopyId, Digest};
use serde::{Deserialize, Serialize};

use super::super::{App, AppError, Caller, Written};
use crate::ledger::Place;

/// What was handed out.
#[derive(Clone)]
pub struct Exported {
    /// The file.
    pub bytes: Bytes,
    /// Its SHA-256, as the ledger recorded it.
    pub sha256: Digest,
    /// What stands on the copy instead of a name.
    pub anonymous_id: AnonymousId,
    /// What a reader must have seen to see the export.
    pub position: Place,
}

crate::redacted::debug_without_the_rest! { Exported { sha256, anonymous_id, position } }

/// What is stored of an export, and found again by its repeat.
#[derive(Debug, Serialize, Deserialize)]
struct Receipt {
    format: ExportFormat,
    sha256: Digest,
}

impl App {
    /// Hands the copy out: its final PDF, or marks and events as one canonical JSON document.
    ///
    /// # Errors
    /// A rule of the copy; [`AppError::Erased`] where what was handed out then is no more.
    pub async fn export_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        format: ExportFormat,
    ) -> Result<Exported, AppError> {
        let order = self.order(caller, copy).await?;
        let anonymous_id = match order.standing().state.identity() {
            Some(identity) => identity.anonymous_id.clone(),
            None => return Err(AppError::NoSuch("copy")),
        };
        let written = match graded_pdf(order.standing()) {
            Err(error) => order.refuse(error).await?,
            Ok(pdf) => {
                let sha256 = match format {
                    ExportFormat::Pdf => pdf,
                    // Stored first, so that what the event names can be had again.
                    ExportFormat::Json => {
                        let document = self.copy_document(copy, order.standing()).await?;
                        self.blobs.put(copy, document).await?
                    }
                };
                order.send(CopyAction::Export { format, sha256 }, |_| Receipt { format, sha256 }).await?
            }
        };
        let Written { answer, position, .. } = written;
        let Receipt { sha256, .. } = serde_json::from_value(answer).map_err(AppError::internal)?;
        let bytes = self.blob(copy, sha256, "export").await?;
        Ok(Exported { bytes, sha256, anonymous_id, position })
    }
}

/// The final PDF of a copy that is graded, or the rule that says it is not.
fn graded_pdf(copy: &ExamCopy) -> Result<Digest, CopyError> {
    match &copy.state {
        CopyState::Graded(_, grade) => Ok(grade.pdf),
        state => match state.status() {
            Some(status) => Err(CopyError::WrongStatus { status, needs: "GRADED" }),
            None => Err(CopyError::Voided),
        },
    }
}
