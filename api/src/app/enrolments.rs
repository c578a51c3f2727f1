//! The exams that a grader is enrolled in, as lists are cut by them.

use domain::exam::Duty;
use domain::{ActorId, ExamId};
use projections::views::PageSize;
use projections::views::copies::Theirs;
use projections::views::exams;

use super::{App, AppError};

/// The most exams that the copies of one list come from. Nobody marks so many at once, and a list cut short would show
/// fewer copies without saying so: whoever is enrolled in more asks exam by exam.
const MOST_EXAMS: usize = 1_000;

impl App {
    /// What a grader marks and leads, of one exam or of all.
    ///
    /// # Errors
    /// [`AppError::Unprocessable`] for a grader of too many exams, or the database's.
    pub(super) async fn theirs(&self, grader: ActorId, only: Option<ExamId>) -> Result<Theirs, AppError> {
        let mut theirs = Theirs { grader, led: Vec::new(), open: Vec::new(), dealt_out: Vec::new() };
        let exams = match only {
            Some(exam) => vec![exam],
            None => self.enrolments(grader).await?,
        };
        for id in exams {
            // What the door asks by, not the view: a list shows nothing that the door would not let through.
            let exam = match self.exam_state(id).await {
                Err(AppError::NoSuch(_)) => continue,
                found => found?,
            };
            let Some(session) = exam.state.session() else { continue };
            match session.graders.get(&grader) {
                Some(Duty::Lead) => theirs.led.push(id),
                Some(Duty::Marker) if session.assigns() => theirs.dealt_out.push(id),
                Some(Duty::Marker) => theirs.open.push(id),
                None => {}
            }
        }
        Ok(theirs)
    }

    /// The exams of a grader, as the view has them.
    async fn enrolments(&self, grader: ActorId) -> Result<Vec<ExamId>, AppError> {
        let (mut known, mut after) = (Vec::new(), None);
        loop {
            let slice = exams::list_of_grader(self.views.pool(), grader, after, PageSize::MAX).await?;
            known.extend(slice.items.iter().map(|row| row.exam));
            if known.len() > MOST_EXAMS {
                let detail =
                    format!("you are enrolled in over {MOST_EXAMS} exams; ask for the copies of one of them");
                return Err(AppError::unprocessable("too_many_exams", detail));
            }
            match slice.next {
                Some(next) => after = Some(next),
                None => return Ok(known),
            }
        }
    }
}
