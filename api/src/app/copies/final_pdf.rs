//! Reading the final PDF. Reading writes no event: handing it out is an export.

use bytes::Bytes;
use domain::copy::{CopyState, ExamCopy};
use domain::{AnonymousId, CopyId, Digest};

use super::super::{App, AppError};
use crate::blobs::BlobError;

/// The final PDF of a graded copy.
#[derive(Clone)]
pub struct FinalPdf {
    /// The file.
    pub pdf: Bytes,
    /// Its SHA-256, as the ledger has it.
    pub sha256: Digest,
    /// What stands on the copy instead of a name.
    pub anonymous_id: AnonymousId,
}

crate::redacted::debug_without_the_rest! { FinalPdf { sha256, anonymous_id } }

impl App {
    /// The final PDF.
    ///
    /// # Errors
    /// [`AppError::NotThere`] unless the copy is graded.
    pub async fn final_pdf(&self, copy: CopyId) -> Result<FinalPdf, AppError> {
        let standing = self.copy_state(copy).await?;
        self.final_pdf_of(copy, &standing).await
    }

    pub(super) async fn final_pdf_of(&self, copy: CopyId, standing: &ExamCopy) -> Result<FinalPdf, AppError> {
        let CopyState::Graded(paper, grade) = &standing.state else {
            let detail = "the copy has no final PDF: it is not graded; finalise it and wait for GRADED";
            let current_sequence = standing.sequence;
            return Err(AppError::NotThere { code: "not_graded", detail, current_sequence });
        };
        let pdf = self.blob(copy, grade.pdf, "final PDF").await?;
        Ok(FinalPdf { pdf, sha256: grade.pdf, anonymous_id: paper.identity.anonymous_id.clone() })
    }

    /// Bytes that an event names.
    pub(super) async fn blob(
        &self,
        copy: CopyId,
        sha256: Digest,
        what: &'static str,
    ) -> Result<Bytes, AppError> {
        match self.blobs.get(copy, sha256).await {
            Err(BlobError::Erased { .. }) => Err(AppError::Erased(what)),
            got => Ok(got?),
        }
    }
}
