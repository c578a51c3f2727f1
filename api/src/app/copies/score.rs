//! Scores, remarks and the appreciation.

use domain::copy::command::Marking;
use domain::copy::{CopyAction, ShownLock};
use domain::{CopyId, Points, QuestionId};

use super::super::answers::marks::{AppreciationAnswer, RemarkAnswer, ScoreAnswer};
use super::super::texts::Prose;
use super::super::{App, AppError, Caller, Written};

impl App {
    /// Gives a question its points, or takes them back.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn score_question(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        question: QuestionId,
        points: Option<Points>,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        let act = Marking::ScoreQuestion { question: question.clone(), points };
        order.send(CopyAction::Mark { shown, act }, |copy| ScoreAnswer::of(copy, &question)).await
    }

    /// Gives a question a remark, or takes it back.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn set_remark(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        question: QuestionId,
        remark: Option<Prose>,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let remark = order.seal_prose(remark.as_ref()).await?;
        let act = Marking::SetRemark { question: question.clone(), remark };
        order.send(CopyAction::Mark { shown, act }, |copy| RemarkAnswer::of(copy, &question)).await
    }

    /// Gives the copy an appreciation, or takes it back.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn set_appreciation(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        appreciation: Option<Prose>,
    ) -> Result<Written, AppError> {
        let mut order = self.order(caller, copy).await?;
        let appreciation = order.seal_prose(appreciation.as_ref()).await?;
        let act = Marking::SetAppreciation { appreciation };
        order.send(CopyAction::Mark { shown, act }, AppreciationAnswer::of).await
    }
}
