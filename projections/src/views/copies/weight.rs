//! How much memory a copy's state takes.

use domain::copy::state::{CopyState, Import, Paper};
use domain::copy::{Annotation, ExamCopy, Page};
use domain::{AnnotationId, Commitment, Points, Question, QuestionId};

/// A B-tree's leaves are half full at the least.
const TREE: usize = 2;
/// The text of a code on the heap, with what the allocator adds to it, in bytes.
const CODE_BYTES: usize = 32;

/// What a copy holds on the heap, in bytes: an estimate from above.
pub(super) fn weight(copy: &ExamCopy) -> usize {
    let pages = match &copy.state {
        CopyState::Staging(staging) => match &staging.import {
            Import::Done { pages } => pages.len(),
            Import::Pending { .. } | Import::Failed { .. } => 0,
        },
        CopyState::Absent
        | CopyState::Ready(_)
        | CopyState::Locked(..)
        | CopyState::Grading(..)
        | CopyState::GradingFailed(..)
        | CopyState::Graded(..)
        | CopyState::Voided(..) => 0,
    };
    CODE_BYTES + pages * size_of::<Page>() + copy.state.paper().map_or(0, paper_weight)
}

fn paper_weight(paper: &Paper) -> usize {
    let marking = &paper.marking;
    paper.pages.len() * size_of::<Page>()
        + paper.questions.len() * (size_of::<Question>() + CODE_BYTES)
        + TREE
            * (marking.annotations.len() * (size_of::<(AnnotationId, Annotation)>() + CODE_BYTES)
                + marking.removed.len() * size_of::<AnnotationId>()
                + marking.scores.len() * (size_of::<(QuestionId, Points)>() + CODE_BYTES)
                + marking.remarks.len() * (size_of::<(QuestionId, Commitment)>() + CODE_BYTES))
}
