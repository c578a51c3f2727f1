//! Dealing an exam's copies out to its graders.

use std::collections::BTreeMap;

use domain::copy::{CopyAction, CopyError};
use domain::exam::dispatch::deal;
use domain::exam::{Duty, Exam, ExamCommand, ExamError};
use domain::{ActorId, CopyId, ExamId};
use futures::{StreamExt as _, TryStreamExt as _};
use projections::views::copies;
use uuid::Uuid;

use super::super::answers::dispatch::{DealtAnswer, DispatchAnswer, RunAnswer};
use super::super::execute::json;
use super::super::{App, AppError, Caller, Written};

/// The most copies that one run deals out; whoever has more runs it again.
const MOST_COPIES: i64 = 20_000;
/// Assignments that are under way at once: as many as fill a batch or two of the ledger.
const AT_ONCE: usize = 128;

/// How copies are to be dealt out.
#[derive(Clone, Debug, Default)]
pub struct Dealing {
    /// What the order is drawn by; drawn itself where nobody names it.
    pub seed: Option<u64>,
    /// To whom; to every grader but the leads where nobody is named.
    pub graders: Option<Vec<ActorId>>,
}

impl App {
    /// Deals out every copy of the exam that is for nobody in particular and in nobody's hands. From then on, graders of the
    /// exam mark what is assigned to them.
    ///
    /// The run is recorded first and each assignment after it, so one that was broken off is ended by the next: what it has
    /// assigned stands and is counted.
    ///
    /// # Errors
    /// A grader is not enrolled, nobody is, or the exam is archived.
    pub async fn dispatch(
        &self,
        caller: &Caller,
        exam: ExamId,
        dealing: &Dealing,
    ) -> Result<Written, AppError> {
        let standing = self.exam_state(exam).await?;
        let asked = graders_of(&standing, dealing)?;
        self.catch_up_to_head(copies::VIEW).await?;
        let undealt = copies::undealt(self.views.pool(), exam, MOST_COPIES).await?;
        let graders = self.loads(exam, &asked).await?;
        let seed = match dealing.seed {
            Some(seed) => seed,
            None => getrandom::u64().map_err(AppError::internal)? >> 11,
        };
        let copies = undealt.len() as u64;
        let command = ExamCommand::Dispatch { run: Uuid::now_v7(), seed, graders: graders.clone(), copies };
        let command = move |_at| command.clone();
        let answer = |exam: &Exam| {
            exam.state.session().and_then(|session| session.dispatched.clone()).map(RunAnswer::of)
        };
        // A repeat of the same request gets the run of the first one, and goes on with it where that was broken off.
        let recorded = self.execute::<Exam, _>(caller, exam.0, Vec::new(), &command, &answer).await?;
        let run: RunAnswer = serde_json::from_value(recorded.answer).map_err(AppError::internal)?;
        let dealt = self.deal_out(caller, &run, deal(run.seed, &graders, undealt)).await?;
        Ok(Written {
            answer: json(&DispatchAnswer { exam_id: exam.0, run, graders: dealt }),
            position: recorded.position,
            is_read: recorded.is_read,
        })
    }

    /// How many copies of the exam each of them holds.
    async fn loads(&self, exam: ExamId, graders: &[ActorId]) -> Result<BTreeMap<ActorId, u64>, AppError> {
        let known = copies::loads(self.views.pool(), exam).await?;
        Ok(graders.iter().map(|grader| (*grader, known.get(grader).copied().unwrap_or(0))).collect())
    }

    async fn deal_out(
        &self,
        caller: &Caller,
        run: &RunAnswer,
        dealt: Vec<(CopyId, ActorId)>,
    ) -> Result<Vec<DealtAnswer>, AppError> {
        // The key was the run's; an assignment that stands already records nothing.
        let caller = &Caller { key: None, ..caller.clone() };
        let assigned: Vec<Option<ActorId>> = futures::stream::iter(dealt)
            .map(|(copy, grader)| self.assign_of_run(caller, copy, grader, run.run))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let mut counts: BTreeMap<ActorId, u64> = BTreeMap::new();
        for grader in assigned.into_iter().flatten() {
            *counts.entry(grader).or_default() += 1;
        }
        Ok(counts.into_iter().map(|(grader, copies)| DealtAnswer { grader_id: grader.0, copies }).collect())
    }

    /// Whom the copy went to; nobody where it has come into somebody's hands meanwhile, or counts no more.
    async fn assign_of_run(
        &self,
        caller: &Caller,
        copy: CopyId,
        grader: ActorId,
        run: Uuid,
    ) -> Result<Option<ActorId>, AppError> {
        let order = self.order(caller, copy).await?;
        match order.send(CopyAction::Assign { grader, run: Some(run) }, |_| ()).await {
            Ok(_) => Ok(Some(grader)),
            Err(AppError::Copy { error: CopyError::WrongStatus { .. } | CopyError::Voided, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Those who were named, or all who mark without leading.
fn graders_of(exam: &Exam, dealing: &Dealing) -> Result<Vec<ActorId>, AppError> {
    if let Some(named) = &dealing.graders {
        return Ok(named.clone());
    }
    let session = exam.state.session().ok_or(AppError::NoSuch("exam"))?;
    let markers = session.graders.iter().filter(|(_, duty)| **duty == Duty::Marker);
    let markers: Vec<ActorId> = markers.map(|(grader, _)| *grader).collect();
    if markers.is_empty() {
        return Err(AppError::Exam { error: ExamError::NoGraders, current_sequence: exam.sequence });
    }
    Ok(markers)
}
