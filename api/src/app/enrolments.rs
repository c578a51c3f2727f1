//! The exams that a grader is enrolled in, as lists are cut by them.

use domain::ActorId;
use domain::exam::Duty;
use projections::views::PageSize;
use projections::views::copies::Theirs;
use projections::views::exams;

use super::{App, AppError};

/// The most exams that the copies of one list come from. Nobody marks so many at once, and a list cut short would show
/// fewer copies without saying so: whoever is enrolled in more asks exam by exam.
const MOST_EXAMS: usize = 1_000;

impl App {
    /// What a grader marks and leads.
    ///
    /// # Errors
    /// [`AppError::Unprocessable`] for a grader of too many exams, or the database's.
    pub(super) async fn theirs(&self, grader: ActorId) -> Result<Theirs, AppError> {
        let mut theirs = Theirs { grader, led: Vec::new(), open: Vec::new(), dealt_out: Vec::new() };
        let (mut after, mut known) = (None, 0);
        loop {
            let slice = exams::list_of_grader(self.views.pool(), grader, after, PageSize::MAX).await?;
            known += slice.items.len();
            if known > MOST_EXAMS {
                let detail =
                    format!("you are enrolled in over {MOST_EXAMS} exams; ask for the copies of one of them");
                return Err(AppError::unprocessable("too_many_exams", detail));
            }
            for row in &slice.items {
                // What the door asks by, not the view: a list shows nothing that the door would not let through.
                let exam = self.exam_state(row.exam).await?;
                let Some(session) = exam.state.session() else { continue };
                match session.graders.get(&grader) {
                    Some(Duty::Lead) => theirs.led.push(row.exam),
                    Some(Duty::Marker) if session.assigns() => theirs.dealt_out.push(row.exam),
                    Some(Duty::Marker) => theirs.open.push(row.exam),
                    None => {}
                }
            }
            match slice.next {
                Some(next) => after = Some(next),
                None => return Ok(theirs),
            }
        }
    }
}
