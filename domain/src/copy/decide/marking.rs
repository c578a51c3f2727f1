//! Marking: annotations, scores, remarks and the appreciation. Whoever comes here holds the lock.

use super::Decision;
use crate::copy::command::{MAX_ANNOTATIONS, Marking as Act};
use crate::copy::error::CopyError;
use crate::copy::event::CopyEvent;
use crate::copy::mark::{Annotation, Mark};
use crate::copy::state::Paper;
use crate::{AnnotationId, Points, QuestionId};

pub(super) fn decide(paper: &Paper, act: &Act) -> Decision {
    match act {
        Act::AddAnnotation { annotation, page_index, mark } => add(paper, *annotation, *page_index, mark),
        Act::ReviseAnnotation { annotation, revision, after } => {
            let standing = at_revision(paper, *annotation, *revision)?;
            check_mark(paper, after)?;
            if standing.mark == *after {
                return Ok(vec![]);
            }
            Ok(vec![CopyEvent::AnnotationRevised {
                annotation: *annotation,
                from_revision: *revision,
                before: standing.mark.clone(),
                after: after.clone(),
            }])
        }
        Act::RemoveAnnotation { annotation, revision } => {
            let standing = at_revision(paper, *annotation, *revision)?;
            Ok(vec![CopyEvent::AnnotationRemoved {
                annotation: *annotation,
                from_revision: *revision,
                before: standing.mark.clone(),
            }])
        }
        Act::ScoreQuestion { question, points } => {
            check_score(paper, question, *points)?;
            let before = paper.marking.scores.get(question).copied();
            if before == *points {
                return Ok(vec![]);
            }
            Ok(vec![CopyEvent::QuestionScored { question: question.clone(), before, after: *points }])
        }
        Act::SetRemark { question, remark } => {
            maximum_of(paper, question)?;
            let before = paper.marking.remarks.get(question).copied();
            if before == *remark {
                return Ok(vec![]);
            }
            Ok(vec![CopyEvent::RemarkSet { question: question.clone(), before, after: *remark }])
        }
        Act::SetAppreciation { appreciation } => {
            let before = paper.marking.appreciation;
            if before == *appreciation {
                return Ok(vec![]);
            }
            Ok(vec![CopyEvent::AppreciationSet { before, after: *appreciation }])
        }
    }
}

fn add(paper: &Paper, annotation: AnnotationId, page_index: u32, mark: &Mark) -> Decision {
    let no_such_page = CopyError::NoSuchPage { page_index, pages: paper.pages.len() };
    let page =
        usize::try_from(page_index).ok().and_then(|index| paper.pages.get(index)).ok_or(no_such_page)?;
    check_mark(paper, mark)?;
    let marking = &paper.marking;
    if marking.annotations.contains_key(&annotation) || marking.removed.contains(&annotation) {
        return Err(CopyError::AnnotationExists(annotation));
    }
    if marking.annotations_added >= MAX_ANNOTATIONS {
        return Err(CopyError::TooManyAnnotations(MAX_ANNOTATIONS));
    }
    Ok(vec![CopyEvent::AnnotationAdded { annotation, page_index, page: page.sha256, mark: mark.clone() }])
}

fn at_revision(paper: &Paper, id: AnnotationId, named: u32) -> Result<&Annotation, CopyError> {
    let standing = paper.marking.annotations.get(&id).ok_or(CopyError::NoSuchAnnotation(id))?;
    if standing.revision == named {
        Ok(standing)
    } else {
        Err(CopyError::StaleRevision { named, current: standing.revision })
    }
}

fn check_mark(paper: &Paper, mark: &Mark) -> Result<(), CopyError> {
    if !mark.area.is_inside_page() {
        return Err(CopyError::BoxOutsidePage);
    }
    if mark.points.is_some_and(|points| !points.is_within_limit()) {
        return Err(CopyError::PointsOutOfRange);
    }
    if let Some(question) = &mark.question {
        maximum_of(paper, question)?;
    }
    Ok(())
}

/// L9: the question is one of the pinned scheme's, and the points lie between zero and its maximum.
pub(super) fn check_score(
    paper: &Paper,
    question: &QuestionId,
    points: Option<Points>,
) -> Result<(), CopyError> {
    let maximum = maximum_of(paper, question)?;
    match points {
        Some(points) if points < Points::ZERO || points > maximum => {
            Err(CopyError::OutsideScheme { question: question.clone(), maximum })
        }
        _ => Ok(()),
    }
}

fn maximum_of(paper: &Paper, question: &QuestionId) -> Result<Points, CopyError> {
    paper
        .questions
        .iter()
        .find(|known| known.id == *question)
        .map(|known| known.maximum)
        .ok_or_else(|| CopyError::NoSuchQuestion(question.clone()))
}
