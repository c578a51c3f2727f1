//! An exam as answers show it, made from its fold.

use std::collections::BTreeMap;

use domain::exam::{Duty, Exam, ExamState, Scheme};
use domain::{ActorId, ExamId, Points, Question, QuestionId};
use projections::views::exams::ExamRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::decimal::DecimalPoints;

const OPEN: &str = "open";
const ARCHIVED: &str = "archived";

/// An exam as its events have made it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Exam)]
pub struct ExamAnswer {
    /// Its id.
    pub id: Uuid,
    /// The office's code of it.
    pub code: String,
    /// `open` or `archived`.
    pub status: &'static str,
    /// The scheme in force; a validated copy keeps the one that was in force then.
    pub scheme: Option<SchemeAnswer>,
    /// The pseudonyms of those who may mark it.
    pub graders: Vec<Uuid>,
    /// Those of them who lead the marking.
    pub leads: Vec<Uuid>,
    /// Whether students may read their graded copies.
    pub released: bool,
    /// Sequence of the last event of the exam.
    pub sequence: u64,
}

/// A published scheme.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scheme)]
pub struct SchemeAnswer {
    /// From 1, one more each time.
    pub version: u32,
    /// In their order.
    pub questions: Vec<QuestionJson>,
    /// The sum of their maxima.
    pub maximum: DecimalPoints,
}

/// A question of a scheme.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Question)]
pub struct QuestionJson {
    /// As printed on the paper: up to 32 letters, digits, `.`, `_` and `-`.
    #[schema(value_type = String)]
    pub id: QuestionId,
    /// The most points it takes, above 0.
    pub maximum: DecimalPoints,
}

impl ExamAnswer {
    /// The exam as its fold has it; none where there is no event.
    #[must_use]
    pub fn of(id: ExamId, exam: &Exam) -> Option<Self> {
        let session = exam.state.session()?;
        Some(Self {
            id: id.0,
            code: session.code.to_string(),
            status: if matches!(exam.state, ExamState::Archived(_)) { ARCHIVED } else { OPEN },
            scheme: session.scheme.as_ref().map(SchemeAnswer::of),
            graders: session.graders.keys().map(|grader| grader.0).collect(),
            leads: leads(&session.graders),
            released: session.released,
            sequence: exam.sequence,
        })
    }

    /// The exam as its view has it.
    #[must_use]
    pub fn of_row(row: ExamRow) -> Self {
        Self {
            id: row.exam.0,
            code: row.code.into(),
            status: if row.archived { ARCHIVED } else { OPEN },
            scheme: row.scheme.as_ref().map(SchemeAnswer::of),
            graders: row.graders.keys().map(|grader| grader.0).collect(),
            leads: leads(&row.graders),
            released: row.released,
            sequence: row.sequence,
        }
    }
}

fn leads(graders: &BTreeMap<ActorId, Duty>) -> Vec<Uuid> {
    graders.iter().filter(|(_, duty)| **duty == Duty::Lead).map(|(grader, _)| grader.0).collect()
}

impl SchemeAnswer {
    fn of(scheme: &Scheme) -> Self {
        Self {
            version: scheme.version,
            questions: scheme.questions.iter().map(QuestionJson::of).collect(),
            maximum: DecimalPoints(scheme.questions.iter().map(|q| q.maximum).sum::<Points>()),
        }
    }
}

impl QuestionJson {
    fn of(question: &Question) -> Self {
        Self { id: question.id.clone(), maximum: DecimalPoints(question.maximum) }
    }
}

impl From<QuestionJson> for Question {
    fn from(json: QuestionJson) -> Self {
        Self { id: json.id, maximum: json.maximum.0 }
    }
}
