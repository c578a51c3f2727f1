//! A marking scheme: the questions of a paper and what each is worth.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Points, QuestionId};

/// A question and the most points it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// As printed on the paper.
    pub id: QuestionId,
    /// More than zero, in hundredths.
    pub maximum: Points,
}

/// The most questions of one scheme.
pub const MAX_QUESTIONS: usize = 500;

/// Why a list of questions is no scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScheme {
    /// No question at all, or too many.
    #[error("a scheme has 1 to {MAX_QUESTIONS} questions, this one has {0}")]
    Count(usize),
    /// The same id twice.
    #[error("question {0} stands twice in the scheme")]
    Twice(QuestionId),
    /// A maximum that is zero, negative or absurd.
    #[error("question {0} needs a maximum above 0 and at most 1000 points")]
    Maximum(QuestionId),
}

/// Checks that `questions` can be published.
///
/// # Errors
/// Says which question is wrong and why.
pub fn check(questions: &[Question]) -> Result<(), InvalidScheme> {
    if questions.is_empty() || questions.len() > MAX_QUESTIONS {
        return Err(InvalidScheme::Count(questions.len()));
    }
    let mut seen = BTreeSet::new();
    for question in questions {
        if !seen.insert(&question.id) {
            return Err(InvalidScheme::Twice(question.id.clone()));
        }
        if question.maximum <= Points::ZERO || !question.maximum.is_within_limit() {
            return Err(InvalidScheme::Maximum(question.id.clone()));
        }
    }
    Ok(())
}
