//! What a repair says: what was, what is now, what comes next.

use domain::CopyId;
use domain::copy::{CopyState, ExamCopy};
use projections::copies::LastFailure;
use serde_json::{Value, json};

use super::super::screen::wrap;
use super::Act;
use crate::app::answers::copy::CopyAnswer;
use crate::app::{Caller, Opener, Written};
use crate::vault::Vault;

/// A repair that was recorded.
pub(super) struct Repaired<'a> {
    pub(super) act: Act,
    pub(super) copy: CopyId,
    pub(super) caller: &'a Caller,
    pub(super) before: &'a ExamCopy,
    /// How work on the copy failed last, as far as the view has it.
    pub(super) last_failure: Option<LastFailure>,
    /// Whether nobody is there to take it up.
    pub(super) unattended: bool,
    pub(super) written: Written,
}

impl Repaired<'_> {
    pub(super) fn words(&self) -> String {
        let mut said = format!("{}: copy {}\n", self.act.done(), self.copy);
        let position = self.written.position.number;
        let (role, actor, request) = (self.caller.role, self.caller.actor, &self.caller.request_id);
        let recorded = format!("event {position} of the ledger, by {role} {actor}, request {request}");
        let next = self.next().to_owned();
        for (name, fact) in [("was", self.was()), ("now", self.now()), ("recorded", recorded), ("next", next)]
        {
            said.push_str(&wrap(&format!("  {name:11}"), &fact));
        }
        said
    }

    /// The same for programs.
    pub(super) async fn document(&self, vault: &Vault) -> anyhow::Result<Value> {
        let before = serde_json::to_value(CopyAnswer::of(self.copy, self.before))?;
        Ok(json!({
            "act": self.act.as_str(),
            "copy_id": self.copy,
            "actor_id": self.caller.actor,
            "request_id": self.caller.request_id,
            "position": self.written.position.number,
            "before": Opener::vault(vault, self.caller.sight()).opened(before).await?,
            "after": self.written.answer,
            "next": self.next(),
        }))
    }

    const fn next(&self) -> &'static str {
        if self.unattended {
            return "NO WORKER RUNS now, so nothing takes it up yet: start `gradeledger serve` (if given --only, then with \
                    workers)";
        }
        self.act.next()
    }

    fn was(&self) -> String {
        let failed = self.last_failure.map_or_else(String::new, |failure| {
            let LastFailure { attempt, stage, error_type, .. } = failure;
            format!(" at attempt {attempt}: {} at the stage {}", error_type.as_str(), stage.as_str())
        });
        match &self.before.state {
            CopyState::Locked(_, lock) => {
                format!("LOCKED by grader {} until {}", lock.owner, lock.expires_at)
            }
            CopyState::Staging(_) => format!("STAGING, its import failed{failed}"),
            CopyState::GradingFailed(..) => format!("GRADING_FAILED, its finalisation failed{failed}"),
            state => state.status().map_or("VOIDED", domain::copy::CopyStatus::as_str).to_owned(),
        }
    }

    fn now(&self) -> String {
        let answer = &self.written.answer;
        let status = answer["status"].as_str().unwrap_or_default();
        match self.act {
            Act::ReleaseLock => format!("{status}, in nobody's hands; all that was marked is kept"),
            Act::RetryImport => {
                format!("{status}, attempt {} of its import is to be made", answer["import"]["attempt"])
            }
            Act::RetryFinalisation => format!(
                "{status}, attempt {} of its final PDF is to be made, with {} points",
                answer["finalisation"]["attempt"], answer["marking"]["total"]
            ),
        }
    }
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ReleaseLock => "lock_release",
            Self::RetryImport => "import_retry",
            Self::RetryFinalisation => "finalize_retry",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::ReleaseLock => "lock released",
            Self::RetryImport => "import is tried again",
            Self::RetryFinalisation => "finalisation is tried again",
        }
    }

    const fn next(self) -> &'static str {
        match self {
            Self::ReleaseLock => {
                "any grader of the exam can lock the copy; the one before is refused until they do"
            }
            Self::RetryImport | Self::RetryFinalisation => {
                "a worker takes it up; `gradeledger status` shows the queue"
            }
        }
    }
}
