//! What the events of a copy are called, in the ledger and in the audit trail.

use super::event::CopyEvent;

crate::event_types! {
    CopyEvent:
    CopyImportRequested [1],
    CopyImported [1],
    CopyImportFailed [1],
    CopyImportRetried [1, 4],
    CopyValidated [1],
    LockAcquired [1],
    LockRenewed [1],
    LockReleased [1],
    LockExpired [1],
    LockForceReleased [1],
    AnnotationAdded [1],
    AnnotationRevised [1],
    AnnotationRemoved [1],
    QuestionScored [1],
    RemarkSet [1],
    AppreciationSet [1],
    FinalisationStarted [1, 4],
    CopyGraded [1],
    FinalisationFailed [1],
    CopyIdentified [5],
    CopyUnidentified [5],
    CopyAssigned [5],
    CopyUnassigned [5],
    CopyExported [1],
    ScoreCorrected [1],
    CopyReopened [1],
    CopyVoided [1],
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
            Self::CopyIdentified { .. } => "IDENTIFY",
            Self::CopyUnidentified { .. } => "UNIDENTIFY",
            Self::CopyAssigned { .. } => "ASSIGN",
            Self::CopyUnassigned { .. } => "UNASSIGN",
            Self::CopyExported { .. } => "EXPORT",
            Self::ScoreCorrected { .. } => "CORRECT",
            Self::CopyReopened { .. } => "REOPEN",
            Self::CopyVoided { .. } => "VOID",
        }
    }
}
