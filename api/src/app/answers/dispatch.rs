//! A dispatch as answers show it.

use domain::exam::DispatchRun;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Copies that were dealt out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispatch)]
pub struct DispatchAnswer {
    /// The exam.
    pub exam_id: Uuid,
    /// The run, as it is recorded.
    pub run: RunAnswer,
    /// How many copies went to whom now.
    pub graders: Vec<DealtAnswer>,
}

/// A run of a dispatch, as the exam's event has it: who gets what follows from it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DispatchRun)]
pub struct RunAnswer {
    /// Its id, which each assignment carries.
    pub run: Uuid,
    /// What the order was drawn by.
    pub seed: u64,
    /// How many copies were to be dealt out.
    pub copies: u64,
}

/// What one grader was dealt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dealt)]
pub struct DealtAnswer {
    /// The grader's pseudonym.
    pub grader_id: Uuid,
    /// How many copies.
    pub copies: u64,
}

impl RunAnswer {
    pub(crate) const fn of(run: DispatchRun) -> Self {
        Self { run: run.run, seed: run.seed, copies: run.copies }
    }
}
