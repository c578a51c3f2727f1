//! Putting marks on pages, changing them, taking them away.

use domain::copy::command::Marking;
use domain::copy::{Annotation, CopyAction, CopyError, Mark, MarkKind, ShownLock};
use domain::{AnnotationId, CopyId, PageBox, Points, QuestionId};
use uuid::Uuid;

use super::super::answers::annotation::AnnotationAnswer;
use super::super::answers::page_box::BoxJson;
use super::super::texts::Prose;
use super::super::{App, AppError, Caller, Written};
use super::order::CopyOrder;

/// A mark to be put on a page.
#[derive(Clone, Debug)]
pub struct NewAnnotation {
    /// Which page, from 0.
    pub page_index: u32,
    /// Where on it.
    pub area: BoxJson,
    /// What sort of mark.
    pub kind: MarkKind,
    /// Points that it adds or takes.
    pub points: Option<Points>,
    /// The question that it is about.
    pub question: Option<QuestionId>,
    /// What the grader wrote.
    pub text: Option<Prose>,
}

/// What is to be changed of a mark; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct AnnotationChange {
    /// Where on the page.
    pub area: Option<BoxJson>,
    /// What sort of mark.
    pub kind: Option<MarkKind>,
    /// Points; `Some(None)` takes them away.
    pub points: Option<Option<Points>>,
    /// The question; `Some(None)` takes it away.
    pub question: Option<Option<QuestionId>>,
    /// The text; `Some(None)` takes it away.
    pub text: Option<Option<Prose>>,
}

impl App {
    /// Puts a mark on a page.
    ///
    /// # Errors
    /// [`AppError::Box`], or a rule of the copy.
    pub async fn add_annotation(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        new: NewAnnotation,
    ) -> Result<Written, AppError> {
        let area = PageBox::try_from(new.area)?;
        let mut order = self.order(caller, copy).await?;
        let text = order.seal_prose(new.text.as_ref()).await?;
        let mark = Mark { area, kind: new.kind, points: new.points, question: new.question, text };
        let annotation = AnnotationId(Uuid::now_v7());
        let act = Marking::AddAnnotation { annotation, page_index: new.page_index, mark };
        order.send(CopyAction::Mark { shown, act }, |copy| AnnotationAnswer::find(annotation, copy)).await
    }

    /// Changes what `change` names of the annotation as it stood at `revision`.
    ///
    /// # Errors
    /// [`AppError::Box`], or a rule of the copy.
    pub async fn revise_annotation(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        annotation: AnnotationId,
        revision: u32,
        change: AnnotationChange,
    ) -> Result<Written, AppError> {
        let area = change.area.map(PageBox::try_from).transpose()?;
        let mut order = self.order(caller, copy).await?;
        if annotation_of(&order, annotation).is_none_or(|standing| standing.revision != revision) {
            // The revision that is named may be newer than what was found.
            order.look_again().await?;
        }
        let standing = annotation_of(&order, annotation);
        let Some(mut after) = standing.map(|standing| standing.mark.clone()) else {
            return order.refuse(CopyError::NoSuchAnnotation(annotation)).await;
        };
        if let Some(text) = change.text {
            after.text = order.seal_changed(after.text, text.as_ref()).await?;
        }
        after.area = area.unwrap_or(after.area);
        after.kind = change.kind.unwrap_or(after.kind);
        after.points = change.points.unwrap_or(after.points);
        after.question = change.question.unwrap_or(after.question);
        let act = Marking::ReviseAnnotation { annotation, revision, after };
        order.send(CopyAction::Mark { shown, act }, |copy| AnnotationAnswer::find(annotation, copy)).await
    }

    /// Takes the annotation away as it stood at `revision`.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn remove_annotation(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        annotation: AnnotationId,
        revision: u32,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        let act = Marking::RemoveAnnotation { annotation, revision };
        order.send(CopyAction::Mark { shown, act }, |_| ()).await
    }
}

fn annotation_of<'a>(order: &'a CopyOrder<'_>, annotation: AnnotationId) -> Option<&'a Annotation> {
    order.standing().state.paper()?.marking.annotations.get(&annotation)
}
