//! An annotation as answers show it.

use domain::copy::{Annotation, ExamCopy, MarkKind};
use domain::{AnnotationId, Digest, QuestionId};
use projections::views::annotations::AnnotationRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::decimal::DecimalPoints;
use super::page_box::BoxJson;
use super::sealed::SealedText;

/// A mark on a page, as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Annotation)]
pub struct AnnotationAnswer {
    /// Its id.
    pub id: Uuid,
    /// From 1, one more at each revision; PATCH and DELETE name the one they read.
    pub revision: u32,
    /// Its place among the copy's annotations, from 1 in the order in which they were added; never given twice.
    pub number: u32,
    /// Which page, from 0.
    pub page_index: u32,
    /// SHA-256 of that page's image.
    #[schema(value_type = String)]
    pub page_sha256: Digest,
    /// Where on the page.
    pub r#box: BoxJson,
    /// COMMENT, HIGHLIGHT, ERROR or BONUS.
    #[schema(value_type = String)]
    pub kind: MarkKind,
    /// Points that it adds to the total, or takes from it.
    pub points: Option<DecimalPoints>,
    /// The question that it is about.
    #[schema(value_type = Option<String>)]
    pub question: Option<QuestionId>,
    /// What the grader wrote.
    #[schema(value_type = Option<String>)]
    pub text: Option<SealedText>,
}

impl AnnotationAnswer {
    /// The annotation as it stands.
    #[must_use]
    pub fn of(id: AnnotationId, annotation: &Annotation) -> Self {
        let mark = &annotation.mark;
        Self {
            id: id.0,
            revision: annotation.revision,
            number: annotation.number,
            page_index: annotation.page_index,
            page_sha256: annotation.page,
            r#box: mark.area.into(),
            kind: mark.kind,
            points: mark.points.map(DecimalPoints),
            question: mark.question.clone(),
            text: mark.text.map(SealedText),
        }
    }

    /// The annotation as its view has it.
    #[must_use]
    pub fn of_row(row: AnnotationRow) -> Self {
        let AnnotationRow { annotation, revision, number, page_index, page, mark, .. } = row;
        Self::of(annotation, &Annotation { revision, page_index, page, mark, number })
    }

    pub(crate) fn find(id: AnnotationId, copy: &ExamCopy) -> Option<Self> {
        let annotations = &copy.state.paper()?.marking.annotations;
        annotations.get(&id).map(|annotation| Self::of(id, annotation))
    }
}
