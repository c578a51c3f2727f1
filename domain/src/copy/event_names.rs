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

crate::event_type_names! {
    CopyEvent:
    CopyImportRequested,
    CopyImported,
    CopyImportFailed,
    CopyImportRetried,
    CopyValidated,
    LockAcquired,
    LockRenewed,
    LockReleased,
    LockExpired,
    LockForceReleased,
    AnnotationAdded,
    AnnotationRevised,
    AnnotationRemoved,
    QuestionScored,
    RemarkSet,
    AppreciationSet,
    FinalisationStarted,
    CopyGraded,
    FinalisationFailed,
    CopyExported,
    ScoreCorrected,
    CopyReopened,
    CopyVoided,
}

impl CopyEvent {
    /// What the audit trail calls this action.
    #[must_use]
    pub const fn audit_action(&self) -> &'static str {
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
