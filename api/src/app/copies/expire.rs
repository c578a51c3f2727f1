//! Recording that a lease is over.

use domain::copy::{CopyAction, CopyCommand, CopyError, CopyState, ExamCopy};
use domain::{CopyId, Role, TraceParent};

use super::super::{App, AppError, SYSTEM};
use crate::ledger::{By, ExecuteError, Order};

impl App {
    /// Records the expiry of the copy's lease, as the ledger itself, for the request that found it so. That another was
    /// faster is as good.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn expire_lock(
        &self,
        copy: CopyId,
        request_id: &str,
        traceparent: Option<TraceParent>,
    ) -> Result<(), AppError> {
        let by = By {
            actor: SYSTEM,
            role: Role::System,
            request_id: request_id.to_owned(),
            causation_id: None,
            traceparent,
        };
        let order = Order::<ExamCopy> {
            by,
            idempotency: None,
            vault: Vec::new(),
            command: &|at| CopyCommand { actor: SYSTEM, at, action: CopyAction::ExpireLock },
            answer: &|_| serde_json::Value::Null,
        };
        match self.ledger.execute(copy.0, order).await {
            Ok(executed) => {
                let position = executed.last_position;
                tracing::info!(copy_id = %copy, position, "a lease was over, and its end is recorded");
                Ok(())
            }
            // Released, renewed or expired meanwhile.
            Err(ExecuteError::Refused {
                refusal: CopyError::WrongStatus { .. } | CopyError::NotExpired(_) | CopyError::Voided,
                ..
            }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn lease_is_over(&self, copy: &ExamCopy) -> bool {
        matches!(&copy.state, CopyState::Locked(_, lock) if lock.expires_at <= self.ledger.now())
    }
}
