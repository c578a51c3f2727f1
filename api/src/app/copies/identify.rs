//! Saying whose a copy is, and taking it back.

use domain::copy::{CopyAction, ExamCopy, IdentificationMethod};
use domain::{CopyId, SubjectId};
use projections::views::copies;

use super::super::texts::Reason;
use super::super::{App, AppError, Caller, Written};
use crate::vault::VaultOwner;

impl App {
    /// Says that the copy is the subject's.
    ///
    /// # Errors
    /// The subject has another copy in this exam, or a rule of the copy.
    pub async fn identify_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        subject: SubjectId,
        method: IdentificationMethod,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        // Whose it was is erased, and it is nobody else's.
        if self.vault.keys().is_erased(VaultOwner::Copy(copy)).await? {
            return self.repeat_or(caller, AppError::Erased("copy")).await;
        }
        if let Err(refusal) = self.check_is_known(subject).await {
            return self.repeat_or(caller, refusal).await;
        }
        if let Err(refusal) = self.check_no_other(subject, copy, order.standing()).await {
            return self.repeat_or(caller, refusal).await;
        }
        order.send_for_copy(CopyAction::Identify { subject, method }).await
    }

    /// Takes it back.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn unidentify_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        reason: &Reason,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let reason = order.seal_text(reason.as_str()).await?;
        order.send_for_copy(CopyAction::Unidentify { reason }).await
    }

    /// Nobody sits an exam twice: a second copy is a mistake, of this identification or of the one before. Two that race are
    /// not told apart here; both then stand in the trail.
    async fn check_no_other(
        &self,
        subject: SubjectId,
        copy: CopyId,
        standing: &ExamCopy,
    ) -> Result<(), AppError> {
        let Some(identity) = standing.state.identity() else { return Ok(()) };
        self.catch_up_to_head(copies::VIEW).await?;
        let theirs = copies::of_subject(self.views.pool(), subject).await?;
        let in_exam = |row: &&copies::CopyRow| {
            row.body.exam == identity.exam && row.body.status.is_some() && row.copy != copy
        };
        match theirs.iter().find(in_exam) {
            None => Ok(()),
            Some(other) => Err(AppError::unprocessable(
                "subject_has_copy",
                format!(
                    "this subject has copy {} in this exam already: take one of the two back, or void the copy that a new scan \
                     replaces",
                    other.copy
                ),
            )),
        }
    }
}
