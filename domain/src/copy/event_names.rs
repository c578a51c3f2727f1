//! What the events of a copy are called, in the ledger and in the audit trail.

use cqrs_es::DomainEvent;

use super::event::CopyEvent;
use crate::EVENT_VERSION;

impl DomainEvent for CopyEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        EVENT_VERSION.to_owned()
    }
}

impl CopyEvent {
    /// The event's type as it stands in the `event_type` column.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::CopyImportRequested { .. } => "CopyImportRequested",
            Self::CopyImported { .. } => "CopyImported",
            Self::CopyImportFailed { .. } => "CopyImportFailed",
            Self::CopyImportRetried { .. } => "CopyImportRetried",
            Self::CopyValidated { .. } => "CopyValidated",
            Self::LockAcquired { .. } => "LockAcquired",
            Self::LockRenewed { .. } => "LockRenewed",
            Self::LockReleased { .. } => "LockReleased",
            Self::LockExpired { .. } => "LockExpired",
            Self::LockForceReleased { .. } => "LockForceReleased",
            Self::AnnotationAdded { .. } => "AnnotationAdded",
            Self::AnnotationRevised { .. } => "AnnotationRevised",
            Self::AnnotationRemoved { .. } => "AnnotationRemoved",
            Self::QuestionScored { .. } => "QuestionScored",
            Self::RemarkSet { .. } => "RemarkSet",
            Self::AppreciationSet { .. } => "AppreciationSet",
            Self::FinalisationStarted { .. } => "FinalisationStarted",
            Self::CopyGraded { .. } => "CopyGraded",
            Self::FinalisationFailed { .. } => "FinalisationFailed",
            Self::CopyExported { .. } => "CopyExported",
            Self::ScoreCorrected { .. } => "ScoreCorrected",
            Self::CopyReopened { .. } => "CopyReopened",
            Self::CopyVoided { .. } => "CopyVoided",
        }
    }

    /// What the audit trail calls this action.
    #[must_use]
    pub const fn seed_action(&self) -> &'static str {
        match self {
            Self::CopyImportRequested { .. } => "IMPORT_REQUEST",
            Self::CopyImported { .. } | Self::CopyImportFailed { .. } => "IMPORT",
            Self::CopyImportRetried { .. } => "IMPORT_RETRY",
            Self::CopyValidated { .. } => "VALIDATE",
            Self::LockAcquired { .. } => "LOCK",
            Self::LockRenewed { .. } => "LOCK_RENEW",
            Self::LockReleased { .. } | Self::LockExpired { .. } | Self::LockForceReleased { .. } => "UNLOCK",
            Self::AnnotationAdded { .. } => "CREATE_ANN",
            Self::AnnotationRevised { .. } => "UPDATE_ANN",
            Self::AnnotationRemoved { .. } => "DELETE_ANN",
            Self::QuestionScored { .. } => "SCORE",
            Self::RemarkSet { .. } => "REMARK",
            Self::AppreciationSet { .. } => "APPRECIATION",
            Self::FinalisationStarted { .. } => "FINALIZE_START",
            Self::CopyGraded { .. } | Self::FinalisationFailed { .. } => "FINALIZE",
            Self::CopyExported { .. } => "EXPORT",
            Self::ScoreCorrected { .. } => "CORRECT",
            Self::CopyReopened { .. } => "REOPEN",
            Self::CopyVoided { .. } => "VOID",
        }
    }
}
