//! Recording what came of an attempt, and saying it.

use std::time::Instant;

use anyhow::bail;
use domain::Timestamp;
use domain::copy::command::MAX_ATTEMPTS;
use domain::copy::{CopyAction, CopyCommand, ExamCopy};
use projections::views::work_queue::WorkKind;
use serde_json::Value;

use super::Bench;
use super::claims::Claim;
use super::import::Refused;
use crate::app::SYSTEM;
use crate::ledger::{ExecuteError, Order};

/// Appends an outcome. Answers its position, or none where the copy had moved on: another worker was faster, or
/// someone voided the copy meanwhile, and there is nothing left to record.
pub(super) async fn record(bench: &Bench, claim: &Claim, action: CopyAction) -> anyhow::Result<Option<i64>> {
    let order = Order {
        by: claim.by(),
        idempotency: None,
        vault: Vec::new(),
        command: &|at: Timestamp| CopyCommand { actor: SYSTEM, at, action: action.clone() },
        answer: &|_: &ExamCopy| Value::Null,
    };
    match bench.app.ledger.execute::<ExamCopy>(claim.item.copy.0, order).await {
        Ok(executed) => Ok(Some(executed.last_position)),
        Err(ExecuteError::Refused { refusal, .. }) => {
            tracing::info!(reason = %refusal, "the copy has moved on; nothing is recorded");
            Ok(None)
        }
        Err(error) => bail!(error),
    }
}

/// Says that an attempt failed: one that is made again is worth a warning, a file that no attempt will read needs a
/// person's look, and the last of several is the system's own failure.
pub(super) fn tell_failure(
    bench: &Bench,
    kind: WorkKind,
    what: &'static str,
    attempt: u32,
    refused: &Refused,
) {
    let Refused { stage, error_type, cause } = refused;
    let (stage, error_type) = (stage.as_str(), error_type.as_str());
    if !refused.error_type.is_transient() {
        tracing::error!(stage, error_type, cause, attempt, "{what}: the file is at fault");
    } else if attempt < MAX_ATTEMPTS && refused.stage != domain::copy::event::WorkStage::Claim {
        tracing::warn!(stage, error_type, cause, attempt, "{what}; it is tried again");
    } else {
        bench.app.metrics.retries_exhausted(kind);
        crate::critical!(stage, error_type, cause, attempt, "{what}: retries exhausted");
    }
}

/// Whole milliseconds since `started`.
pub(super) fn milliseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
