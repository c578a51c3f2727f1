//! Freezing the marking, and waiting for the final PDF.

use std::time::Duration;

use domain::CopyId;
use domain::copy::{CopyAction, CopyState, ExamCopy, ShownLock};

use super::super::answers::copy::CopyAnswer;
use super::super::execute::json;
use super::super::{App, AppError, Caller, Sight, Written};

/// How often a copy is looked at while someone waits for its final PDF.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What a finalisation is answered with.
#[derive(Clone, Debug)]
pub struct Finalising {
    /// The copy, when the finalisation began or, where the caller waited long enough, when it ended.
    pub written: Written,
    /// Whether it ended.
    pub ended: bool,
}

impl App {
    /// Freezes the marking and has the final PDF made; waits for it as long as `wait` says.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn finalise_copy(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        wait: Option<Duration>,
    ) -> Result<Finalising, AppError> {
        let order = self.order(caller, copy).await?;
        let written = order.send_for_copy(CopyAction::Finalise { shown }).await?;
        let ended = match wait {
            Some(wait) => {
                tokio::time::timeout(wait, self.finalised(caller.sight(), copy)).await.ok().transpose()?
            }
            None => None,
        };
        Ok(match ended {
            Some(ended) => Finalising { written: ended, ended: true },
            None => Finalising { written, ended: false },
        })
    }

    /// The copy once its finalisation has ended. Never ready if no worker runs: the caller bounds the wait.
    async fn finalised(&self, sight: Sight, copy: CopyId) -> Result<Written, AppError> {
        loop {
            let loaded = self.ledger.load::<ExamCopy>(copy.0).await?;
            if !is_under_way(&loaded.state.state) {
                let answer = self.opened(sight, json(&CopyAnswer::of(copy, &loaded.state))).await?;
                let position = self.ledger.place_of(loaded.position).await?;
                // The command was appended before it was waited for.
                return Ok(Written { answer, position, is_read: false });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// A failure that a worker will retry by itself is not the end of it.
const fn is_under_way(state: &CopyState) -> bool {
    match state {
        CopyState::Grading(..) => true,
        CopyState::GradingFailed(_, run) => run.will_retry,
        _ => false,
    }
}
