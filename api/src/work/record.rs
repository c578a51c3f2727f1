//! Recording what came of an attempt, and saying it.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use anyhow::bail;
use domain::Timestamp;
use domain::copy::command::MAX_ATTEMPTS;
use domain::copy::{CopyAction, CopyCommand, ExamCopy};
use projections::views::work_queue::{WorkItem, WorkKind};
use serde_json::Value;

use super::import::Refused;
use super::{Bench, by};
use crate::app::SYSTEM;
use crate::ledger::{ExecuteError, Order};

/// Appends an outcome. Answers its position, or none where the copy had moved on: another worker was faster, or
/// someone voided the copy meanwhile, and there is nothing left to record.
pub(super) async fn record(
    bench: &Bench,
    item: &WorkItem,
    action: CopyAction,
) -> anyhow::Result<Option<i64>> {
    let order = Order {
        by: by(item),
        idempotency: None,
        vault: Vec::new(),
        command: &|at: Timestamp| CopyCommand { actor: SYSTEM, at, action: action.clone() },
        answer: &|_: &ExamCopy| Value::Null,
    };
    match bench.app.ledger.execute::<ExamCopy>(item.copy.0, order).await {
        Ok(executed) => Ok(Some(executed.last_position)),
        Err(ExecuteError::Refused { refusal, .. }) => {
            tracing::info!(reason = %refusal, "the copy has moved on; nothing is recorded");
            Ok(None)
        }
        Err(error) => bail!(error),
    }
}

/// Says that an attempt failed: one that is made again is worth a warning, one that is not needs a look, and the
/// last of several is the system's own failure.
pub(super) fn tell_failure(
    bench: &Bench,
    kind: WorkKind,
    what: &'static str,
    attempt: u32,
    refused: &Refused,
) {
    let Refused { stage, error_type, detail } = refused;
    let (stage, error_type) = (stage.as_str(), error_type.as_str());
    if !refused.error_type.is_transient() {
        tracing::warn!(stage, error_type, detail, attempt, "{what}: the file is at fault");
    } else if attempt < MAX_ATTEMPTS && refused.stage != domain::copy::event::WorkStage::Claim {
        tracing::warn!(stage, error_type, detail, attempt, "{what}; it is tried again");
    } else {
        bench.app.metrics.retries_exhausted(kind);
        crate::critical!(stage, error_type, detail, attempt, "{what}: retries exhausted");
    }
}

/// Whole milliseconds since `started`.
pub(super) fn milliseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// An error with its causes, in a line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let _ = write!(line, ": {next}");
        cause = next.source();
    }
    line
}
