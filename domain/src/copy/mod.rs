//! The copy: what a student wrote, scanned, marked and graded.

pub mod breakdown;
pub mod command;
pub mod error;
pub mod event;
pub mod mark;
pub mod state;
pub mod work;

mod decide;
mod event_names;
mod fold;

pub use command::{CopyAction, CopyCommand, ShownLock};
pub use error::{CopyError, LockConflict};
pub use event::{CopyEvent, IdentificationMethod};
pub use mark::{Annotation, Mark, MarkKind, Page};
pub use state::{CopyState, CopyStatus, ExamCopy};

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

impl Aggregate for ExamCopy {
    const TYPE: &'static str = "ExamCopy";
    type Command = CopyCommand;
    type Event = CopyEvent;
    type Error = CopyError;
    type Services = ();

    async fn handle(
        &mut self,
        command: CopyCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), CopyError> {
        for event in self.decide(&command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: CopyEvent) {
        self.fold(event);
    }
}
