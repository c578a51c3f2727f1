//! How a total comes about: the one sum there is (L8).

use serde::{Deserialize, Serialize};

use crate::{Points, QuestionId};

/// How a total comes about: the one sum of L8, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// Each question of the pinned scheme, in its order.
    pub questions: Vec<QuestionLine>,
    /// The sum of the points of annotations.
    pub annotations: Points,
}

/// A question's line in a breakdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionLine {
    /// Which question.
    pub question: QuestionId,
    /// Its points; none where it was not scored, which counts as zero.
    pub points: Option<Points>,
    /// The most it takes.
    pub maximum: Points,
}

impl Breakdown {
    /// The total: questions and annotations together (L8).
    #[must_use]
    pub fn total(&self) -> Points {
        self.questions.iter().filter_map(|line| line.points).sum::<Points>() + self.annotations
    }

    /// The most that the questions give together.
    #[must_use]
    pub fn maximum(&self) -> Points {
        self.questions.iter().map(|line| line.maximum).sum()
    }
}
