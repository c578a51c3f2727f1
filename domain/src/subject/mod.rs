//! The persons whose copies these are: who they are, what the law wants kept of them, and their erasure.
//!
//! An erasure takes two admins and no legal hold: asked for by one, approved by another, begun by a worker. A hold is looked
//! for at each of the three. `SubjectErasureStarted` is the line: before it nothing is destroyed and all can be taken back;
//! behind it nothing is accepted any more, and a hold that comes too late is refused instead of being a lie.

mod error;
mod event;
mod state;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

pub use error::SubjectError;
pub use event::{Destroyed, SubjectEvent};
pub use state::{Erasure, MAX_COPIES, MAX_HOLDS, Person, Subject, SubjectState};

use crate::{ActorId, Commitment, CopyId, HoldId};

/// What can be asked of a subject.
#[derive(Clone, Debug)]
pub enum SubjectCommand {
    /// Know a person by this pseudonym.
    Register {
        /// Who it is, sealed.
        identity: Commitment,
    },
    /// Put right who it is.
    Rectify {
        /// Who it is, sealed.
        identity: Commitment,
    },
    /// Keep everything, as the law wants it.
    PlaceHold {
        /// The new hold's id.
        hold: HoldId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Keep it no longer for this.
    LiftHold {
        /// Which hold.
        hold: HoldId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Ask for the erasure.
    RequestErasure {
        /// Who asks.
        by: ActorId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Take the wish back.
    WithdrawErasure {
        /// Who takes it back.
        by: ActorId,
        /// Why, sealed.
        reason: Commitment,
    },
    /// Agree to the erasure.
    ApproveErasure {
        /// Who agrees.
        by: ActorId,
    },
    /// Begin to destroy. A worker's.
    StartErasure {
        /// The copies that are the subject's.
        copies: Vec<CopyId>,
    },
    /// Record that all is destroyed. A worker's.
    RecordErased {
        /// How much it was.
        destroyed: Destroyed,
    },
}

impl Subject {
    /// Decides what follows from a command, or why nothing does.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub fn decide(&self, command: SubjectCommand) -> Result<Option<SubjectEvent>, SubjectError> {
        match (&self.state, command) {
            (SubjectState::Absent, SubjectCommand::Register { identity }) => {
                Ok(Some(SubjectEvent::SubjectRegistered { identity }))
            }
            (SubjectState::Absent, _) => Err(SubjectError::Absent),
            (SubjectState::Known(person), command) => person.decide(command),
            (SubjectState::Erasing { .. }, SubjectCommand::RecordErased { destroyed }) => {
                Ok(Some(SubjectEvent::SubjectErased { destroyed }))
            }
            (SubjectState::Erasing { .. } | SubjectState::Erased { .. }, _) => Err(SubjectError::Erased),
        }
    }

    /// Takes in one event. Every event is one that [`Subject::decide`] gave at this state.
    pub fn fold(&mut self, event: SubjectEvent) {
        self.sequence = self.sequence.saturating_add(1);
        self.state = match (std::mem::take(&mut self.state), event) {
            (SubjectState::Absent, SubjectEvent::SubjectRegistered { identity }) => {
                let holds = std::collections::BTreeMap::new();
                SubjectState::Known(Person { identity, holds, erasure: Erasure::NotWanted })
            }
            (SubjectState::Known(_), SubjectEvent::SubjectErasureStarted { copies }) => {
                SubjectState::Erasing { copies }
            }
            (SubjectState::Known(person), event) => SubjectState::Known(person.after(event)),
            (SubjectState::Erasing { copies }, SubjectEvent::SubjectErased { destroyed }) => {
                SubjectState::Erased { copies, destroyed }
            }
            (state, _) => state,
        };
    }
}

impl Person {
    fn decide(&self, command: SubjectCommand) -> Result<Option<SubjectEvent>, SubjectError> {
        use SubjectCommand as C;
        Ok(Some(match command {
            C::Register { .. } => return Err(SubjectError::Exists),
            C::Rectify { identity } if identity == self.identity => return Ok(None),
            C::Rectify { identity } => {
                SubjectEvent::SubjectRectified { before: self.identity, after: identity }
            }
            C::PlaceHold { hold, .. } if self.holds.contains_key(&hold) => {
                return Err(SubjectError::HoldExists(hold));
            }
            C::PlaceHold { .. } if self.holds.len() >= MAX_HOLDS => return Err(SubjectError::TooManyHolds),
            C::PlaceHold { hold, reason } => SubjectEvent::LegalHoldPlaced { hold, reason },
            C::LiftHold { hold, reason } if self.holds.contains_key(&hold) => {
                SubjectEvent::LegalHoldLifted { hold, reason }
            }
            C::LiftHold { hold, .. } => return Err(SubjectError::NoSuchHold(hold)),
            C::RequestErasure { by, reason } => match self.erasure {
                Erasure::NotWanted => {
                    self.check_not_held()?;
                    SubjectEvent::SubjectErasureRequested { by, reason }
                }
                Erasure::Requested { .. } => return Err(SubjectError::AlreadyRequested),
                Erasure::Approved { .. } => return Err(SubjectError::AlreadyApproved),
            },
            C::WithdrawErasure { by, reason } => match self.erasure {
                Erasure::NotWanted => return Err(SubjectError::NotRequested),
                Erasure::Requested { .. } | Erasure::Approved { .. } => {
                    SubjectEvent::SubjectErasureWithdrawn { by, reason }
                }
            },
            C::ApproveErasure { by } => self.approve(by)?,
            C::StartErasure { copies } => self.start(copies)?,
            C::RecordErased { .. } => return Err(SubjectError::NotStarted),
        }))
    }

    fn approve(&self, by: ActorId) -> Result<SubjectEvent, SubjectError> {
        match self.erasure {
            Erasure::NotWanted => Err(SubjectError::NotRequested),
            Erasure::Approved { .. } => Err(SubjectError::AlreadyApproved),
            Erasure::Requested { by: requested_by, .. } if requested_by == by => Err(SubjectError::SameAdmin),
            Erasure::Requested { by: requested_by, .. } => {
                self.check_not_held()?;
                Ok(SubjectEvent::SubjectErasureApproved { requested_by, approved_by: by })
            }
        }
    }

    fn start(&self, copies: Vec<CopyId>) -> Result<SubjectEvent, SubjectError> {
        match self.erasure {
            Erasure::NotWanted | Erasure::Requested { .. } => Err(SubjectError::NotApproved),
            Erasure::Approved { .. } if copies.len() > MAX_COPIES => Err(SubjectError::TooManyCopies),
            Erasure::Approved { .. } => {
                self.check_not_held()?;
                Ok(SubjectEvent::SubjectErasureStarted { copies })
            }
        }
    }

    fn check_not_held(&self) -> Result<(), SubjectError> {
        if self.holds.is_empty() { Ok(()) } else { Err(SubjectError::Held(self.holds.len())) }
    }

    fn after(mut self, event: SubjectEvent) -> Self {
        match event {
            SubjectEvent::SubjectRectified { after, .. } => self.identity = after,
            SubjectEvent::LegalHoldPlaced { hold, reason } => {
                self.holds.insert(hold, reason);
            }
            SubjectEvent::LegalHoldLifted { hold, .. } => {
                self.holds.remove(&hold);
            }
            SubjectEvent::SubjectErasureRequested { by, reason } => {
                self.erasure = Erasure::Requested { by, reason };
            }
            SubjectEvent::SubjectErasureWithdrawn { .. } => self.erasure = Erasure::NotWanted,
            SubjectEvent::SubjectErasureApproved { requested_by, approved_by } => {
                self.erasure = Erasure::Approved { requested_by, approved_by };
            }
            SubjectEvent::SubjectRegistered { .. }
            | SubjectEvent::SubjectErasureStarted { .. }
            | SubjectEvent::SubjectErased { .. } => {}
        }
        self
    }
}

impl Aggregate for Subject {
    const TYPE: &'static str = "Subject";
    type Command = SubjectCommand;
    type Event = SubjectEvent;
    type Error = SubjectError;
    type Services = ();

    async fn handle(
        &mut self,
        command: SubjectCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SubjectError> {
        if let Some(event) = self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SubjectEvent) {
        self.fold(event);
    }
}
