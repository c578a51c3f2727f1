//! A result as its student reads it.

use domain::CopyId;
use domain::copy::{CopyState, ExamCopy};
use domain::exam::Exam;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::copy_parts::MarkingAnswer;
use projections::views::copies::CopyBody;

/// A graded and released copy, as the student whose it is reads it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Result)]
pub struct ResultAnswer {
    /// The copy's id.
    pub copy_id: Uuid,
    /// The exam's id.
    pub exam_id: Uuid,
    /// The office's code of the exam.
    pub exam_code: String,
    /// The marks, and what was written beside them.
    pub marking: Option<MarkingAnswer>,
    /// SHA-256 of the final PDF.
    pub final_pdf_sha256: String,
    /// Where the final PDF is.
    pub final_pdf: String,
}

impl ResultAnswer {
    /// The result, where the copy is graded.
    pub(crate) fn of(id: CopyId, copy: &ExamCopy, exam: &Exam) -> Option<Self> {
        let CopyState::Graded(paper, grade) = &copy.state else { return None };
        let body = CopyBody::of(copy)?;
        Some(Self {
            copy_id: id.0,
            exam_id: paper.identity.exam.0,
            exam_code: exam.state.session()?.code.to_string(),
            marking: MarkingAnswer::of(&body),
            final_pdf_sha256: grade.pdf.to_string(),
            final_pdf: format!("/api/results/{id}/final-pdf"),
        })
    }
}
