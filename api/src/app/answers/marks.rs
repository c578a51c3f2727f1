//! One score, remark or appreciation as answers show it.

use domain::copy::ExamCopy;
use domain::copy::state::Paper;
use domain::{Points, QuestionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::decimal::DecimalPoints;
use super::sealed::SealedText;

/// The score of one question, after it was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Score)]
pub struct ScoreAnswer {
    /// As printed on the paper.
    #[schema(value_type = String)]
    pub question: QuestionId,
    /// Its points; null where the score was taken back.
    pub points: Option<DecimalPoints>,
    /// The most it takes.
    pub maximum: Option<DecimalPoints>,
    /// The copy's total with it.
    pub total: DecimalPoints,
    /// Sequence of the last event of the copy.
    pub sequence: u64,
}

impl ScoreAnswer {
    pub(crate) fn of(copy: &ExamCopy, question: &QuestionId) -> Self {
        let paper = copy.state.paper();
        let points = paper.and_then(|paper| paper.marking.scores.get(question).copied());
        let known = |paper: &Paper| paper.questions.iter().find(|q| q.id == *question).map(|q| q.maximum);
        Self {
            question: question.clone(),
            points: points.map(DecimalPoints),
            maximum: paper.and_then(known).map(DecimalPoints),
            total: DecimalPoints(paper.map_or(Points::ZERO, |paper| paper.breakdown().total())),
            sequence: copy.sequence,
        }
    }
}

/// The remark on one question, after it was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Remark)]
pub struct RemarkAnswer {
    /// As printed on the paper.
    #[schema(value_type = String)]
    pub question: QuestionId,
    /// The remark; null where it was taken back.
    #[schema(value_type = Option<String>)]
    pub remark: Option<SealedText>,
    /// Sequence of the last event of the copy.
    pub sequence: u64,
}

impl RemarkAnswer {
    pub(crate) fn of(copy: &ExamCopy, question: &QuestionId) -> Self {
        let remark = copy.state.paper().and_then(|paper| paper.marking.remarks.get(question).copied());
        Self { question: question.clone(), remark: remark.map(SealedText), sequence: copy.sequence }
    }
}

/// The appreciation of a copy, after it was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Appreciation)]
pub struct AppreciationAnswer {
    /// The appreciation; null where it was taken back.
    #[schema(value_type = Option<String>)]
    pub appreciation: Option<SealedText>,
    /// Sequence of the last event of the copy.
    pub sequence: u64,
}

impl AppreciationAnswer {
    pub(crate) fn of(copy: &ExamCopy) -> Self {
        let appreciation = copy.state.paper().and_then(|paper| paper.marking.appreciation);
        Self { appreciation: appreciation.map(SealedText), sequence: copy.sequence }
    }
}
