//! Taking in a scan.

use bytes::Bytes;
use domain::copy::{CopyAction, CopyError};
use domain::exam::{ExamError, ExamState};
use domain::{AnonymousId, CopyId, Digest, ExamId};

use super::super::answers::copy::CopyAnswer;
use super::super::texts::FileName;
use super::super::{App, AppError, Caller, Written};
use crate::vault::{Purpose, VaultOwner};

/// A scan that came in, within the limits of its bytes.
#[derive(Clone)]
pub struct Scan {
    /// The exam it belongs to.
    pub exam: ExamId,
    /// What stands on it instead of a name.
    pub anonymous_id: AnonymousId,
    /// The PDF.
    pub pdf: Bytes,
    /// SHA-256 of it.
    pub sha256: Digest,
    /// The name of its file.
    pub filename: Option<FileName>,
}

crate::redacted::debug_without_the_rest! { Scan { exam, anonymous_id, sha256 } }

impl App {
    /// Stores a scan and asks for its import; a worker reads it.
    ///
    /// # Errors
    /// The exam is not there or archived, or the anonymous id is taken.
    pub async fn import_copy(&self, caller: &Caller, scan: Scan) -> Result<Written, AppError> {
        let copy = CopyId::of(scan.exam, &scan.anonymous_id);
        // Before the bytes are stored, for the sake of the store; the ledger has the last word.
        if let Err(refusal) = self.check_import(scan.exam, copy).await {
            return self.repeat_or(caller, refusal).await;
        }
        let mut sealed = Vec::new();
        let filename = match &scan.filename {
            Some(name) => {
                let name = self.vault.seal(VaultOwner::Copy(copy), Purpose::Identity, name.as_str()).await?;
                sealed.push(name.row);
                Some(name.commitment)
            }
            None => None,
        };
        let source_bytes = scan.pdf.len() as u64;
        self.blobs.put(copy, scan.pdf).await?;
        let action = CopyAction::RequestImport {
            exam: scan.exam,
            anonymous_id: scan.anonymous_id,
            source: scan.sha256,
            source_bytes,
            filename,
        };
        self.command_copy(caller, copy, sealed, action, |standing| CopyAnswer::of(copy, standing)).await
    }

    async fn check_import(&self, exam: ExamId, copy: CopyId) -> Result<(), AppError> {
        let exam = self.exam_state(exam).await?;
        if matches!(exam.state, ExamState::Archived(_)) {
            return Err(AppError::Exam { error: ExamError::Archived, current_sequence: exam.sequence });
        }
        match self.copy_state(copy).await {
            Ok(standing) => Err(AppError::Copy {
                error: CopyError::AnonymousIdTaken,
                current_sequence: standing.sequence,
            }),
            Err(AppError::NoSuch(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
