//! The exam: its scheme, its graders, and whether its results are out.

pub mod dispatch;
mod duty;

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use duty::Duty;

use crate::scheme::{self, InvalidScheme};
use crate::{ActorId, ExamCode, Question};

/// An event of an exam's stream. Those without fields are written `Name {}`, so that every payload is an
/// object and a field can be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExamEvent {
    /// The exam exists.
    ExamCreated {
        /// The office's code of it.
        code: ExamCode,
    },
    /// A scheme was published; copies validated from now on are marked by it.
    SchemePublished {
        /// From 1, one more each time.
        version: u32,
        /// Its questions, in their order.
        questions: Vec<Question>,
    },
    /// A grader may mark this exam. Version 1 had no duty: whoever was enrolled was to mark.
    GraderEnrolled {
        /// Who.
        grader: ActorId,
        /// As what.
        duty: Duty,
    },
    /// A grader may mark it no more.
    GraderRemoved {
        /// Who.
        grader: ActorId,
    },
    /// The exam's copies are dealt out to its graders, and from now on each grader marks what is assigned to them. Each copy
    /// has an event of its own, with this run.
    CopiesDispatched {
        /// The run.
        run: Uuid,
        /// What the order was drawn by.
        seed: u64,
        /// The graders who were dealt to, and how many copies of the exam each held before.
        graders: BTreeMap<ActorId, u64>,
        /// How many copies were to be dealt out.
        copies: u64,
    },
    /// Students may read their graded copies (L13).
    ResultsReleased {},
    /// Students may read them no more.
    ResultsWithdrawn {},
    /// Nothing more comes into the exam.
    ExamArchived {},
}

crate::event_types! {
    ExamEvent:
    ExamCreated [1],
    SchemePublished [1],
    GraderEnrolled [1, 3],
    GraderRemoved [1],
    CopiesDispatched [5],
    ResultsReleased [1],
    ResultsWithdrawn [1],
    ExamArchived [1],
}

/// What can be asked of an exam.
#[derive(Clone, Debug)]
pub enum ExamCommand {
    /// Create it.
    Create {
        /// The office's code of it.
        code: ExamCode,
    },
    /// Publish a scheme.
    PublishScheme {
        /// Its questions, in their order.
        questions: Vec<Question>,
    },
    /// Let a grader mark it.
    EnrolGrader {
        /// Who.
        grader: ActorId,
        /// As what.
        duty: Duty,
    },
    /// Let a grader mark it no more.
    RemoveGrader {
        /// Who.
        grader: ActorId,
    },
    /// Deal the exam's copies out to graders.
    Dispatch {
        /// The new run's id.
        run: Uuid,
        /// What the order is drawn by.
        seed: u64,
        /// The graders who are dealt to, and how many copies of the exam each holds.
        graders: BTreeMap<ActorId, u64>,
        /// How many copies are to be dealt out.
        copies: u64,
    },
    /// Let students read their graded copies.
    ReleaseResults,
    /// Let them read no more.
    WithdrawResults,
    /// Close it.
    Archive,
}

/// The most graders that are enrolled in an exam at a time.
pub const MAX_GRADERS: usize = 10_000;

/// Why an exam refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExamError {
    /// There is no such exam.
    #[error("there is no such exam")]
    Absent,
    /// The id is taken.
    #[error("an exam with this id exists already")]
    Exists,
    /// Archived exams accept nothing.
    #[error("the exam is archived: it takes no more copies, schemes or graders")]
    Archived,
    /// No scheme yet.
    #[error("the exam has no scheme yet; publish one first")]
    NoScheme,
    /// The scheme is not one.
    #[error(transparent)]
    Scheme(#[from] InvalidScheme),
    /// The grader is enrolled already.
    #[error("grader {0} is enrolled already")]
    Enrolled(ActorId),
    /// The grader is not enrolled.
    #[error("grader {0} is not enrolled in this exam")]
    NotEnrolled(ActorId),
    /// There is nobody to deal to.
    #[error("no grader is enrolled in this exam; enrol some before copies are dealt out")]
    NoGraders,
    /// Too many graders.
    #[error("an exam takes at most {0} graders; remove one first")]
    TooManyGraders(usize),
    /// The results are out.
    #[error("the results are released already")]
    Released,
    /// The results are not out.
    #[error("the results are not released")]
    NotReleased,
}

/// A published scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheme {
    /// From 1.
    pub version: u32,
    /// In their order.
    pub questions: Vec<Question>,
}

/// An exam as its events have made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exam {
    /// How many events were folded: the sequence of the last one.
    pub sequence: u64,
    /// Where it stands.
    pub state: ExamState,
}

/// Where an exam stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExamState {
    /// No event yet.
    #[default]
    Absent,
    /// It takes copies.
    Open(Session),
    /// It takes nothing more.
    Archived(Session),
}

/// What an exam holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The office's code of it.
    pub code: ExamCode,
    /// The scheme in force.
    pub scheme: Option<Scheme>,
    /// Who may mark it, and as what.
    pub graders: BTreeMap<ActorId, Duty>,
    /// Whether students may read their graded copies.
    pub released: bool,
    /// The run by which its copies were dealt out last. Once there is one, a grader marks the copies that are assigned to them,
    /// and no others.
    pub dispatched: Option<DispatchRun>,
}

/// A run by which copies were dealt out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchRun {
    /// Its id.
    pub run: Uuid,
    /// What the order was drawn by.
    pub seed: u64,
    /// How many copies were to be dealt out.
    pub copies: u64,
}

impl Session {
    /// Whether its copies are dealt out to its graders.
    #[must_use]
    pub const fn assigns(&self) -> bool {
        self.dispatched.is_some()
    }
}

impl ExamState {
    /// What the exam holds, open or archived.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        match self {
            Self::Absent => None,
            Self::Open(session) | Self::Archived(session) => Some(session),
        }
    }
}

impl Exam {
    /// Decides what follows from a command, or why nothing does.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub fn decide(&self, command: ExamCommand) -> Result<ExamEvent, ExamError> {
        let session = match (&self.state, command) {
            (ExamState::Absent, ExamCommand::Create { code }) => return Ok(ExamEvent::ExamCreated { code }),
            (ExamState::Absent, _) => return Err(ExamError::Absent),
            (_, ExamCommand::Create { .. }) => return Err(ExamError::Exists),
            // Results of an archived exam may still be released or taken back.
            (ExamState::Archived(session), ExamCommand::ReleaseResults) => {
                (session, ExamCommand::ReleaseResults)
            }
            (ExamState::Archived(session), ExamCommand::WithdrawResults) => {
                (session, ExamCommand::WithdrawResults)
            }
            (ExamState::Archived(_), _) => return Err(ExamError::Archived),
            (ExamState::Open(session), command) => (session, command),
        };
        decide_in(session.0, session.1)
    }

    /// Takes in one event.
    pub fn fold(&mut self, event: ExamEvent) {
        self.sequence = self.sequence.saturating_add(1);
        self.state = next(std::mem::take(&mut self.state), event);
    }
}

fn decide_in(session: &Session, command: ExamCommand) -> Result<ExamEvent, ExamError> {
    match command {
        ExamCommand::Create { .. } => Err(ExamError::Exists),
        ExamCommand::PublishScheme { questions } => {
            scheme::check(&questions)?;
            let version = session.scheme.as_ref().map_or(1, |scheme| scheme.version.saturating_add(1));
            Ok(ExamEvent::SchemePublished { version, questions })
        }
        // Another duty would be a second enrolment of one person: the office removes a grader and enrols them anew.
        ExamCommand::EnrolGrader { grader, .. } if session.graders.contains_key(&grader) => {
            Err(ExamError::Enrolled(grader))
        }
        ExamCommand::EnrolGrader { .. } if session.graders.len() >= MAX_GRADERS => {
            Err(ExamError::TooManyGraders(MAX_GRADERS))
        }
        ExamCommand::EnrolGrader { grader, duty } => Ok(ExamEvent::GraderEnrolled { grader, duty }),
        ExamCommand::RemoveGrader { grader } if session.graders.contains_key(&grader) => {
            Ok(ExamEvent::GraderRemoved { grader })
        }
        ExamCommand::RemoveGrader { grader } => Err(ExamError::NotEnrolled(grader)),
        ExamCommand::Dispatch { graders, .. } if graders.is_empty() => Err(ExamError::NoGraders),
        ExamCommand::Dispatch { run, seed, graders, copies } => {
            match graders.keys().find(|grader| !session.graders.contains_key(grader)) {
                Some(stranger) => Err(ExamError::NotEnrolled(*stranger)),
                None => Ok(ExamEvent::CopiesDispatched { run, seed, graders, copies }),
            }
        }
        ExamCommand::ReleaseResults if session.released => Err(ExamError::Released),
        ExamCommand::ReleaseResults => Ok(ExamEvent::ResultsReleased {}),
        ExamCommand::WithdrawResults if session.released => Ok(ExamEvent::ResultsWithdrawn {}),
        ExamCommand::WithdrawResults => Err(ExamError::NotReleased),
        ExamCommand::Archive => Ok(ExamEvent::ExamArchived {}),
    }
}

fn next(state: ExamState, event: ExamEvent) -> ExamState {
    match (state, event) {
        (ExamState::Absent, ExamEvent::ExamCreated { code }) => ExamState::Open(Session {
            code,
            scheme: None,
            graders: BTreeMap::new(),
            released: false,
            dispatched: None,
        }),
        (ExamState::Open(session), ExamEvent::ExamArchived {}) => ExamState::Archived(session),
        (ExamState::Open(session), event) => ExamState::Open(next_session(session, event)),
        (ExamState::Archived(session), event) => ExamState::Archived(next_session(session, event)),
        (ExamState::Absent, _) => ExamState::Absent,
    }
}

fn next_session(mut session: Session, event: ExamEvent) -> Session {
    match event {
        ExamEvent::SchemePublished { version, questions } => {
            session.scheme = Some(Scheme { version, questions });
        }
        ExamEvent::GraderEnrolled { grader, duty } => {
            session.graders.insert(grader, duty);
        }
        ExamEvent::GraderRemoved { grader } => {
            session.graders.remove(&grader);
        }
        ExamEvent::CopiesDispatched { run, seed, copies, .. } => {
            session.dispatched = Some(DispatchRun { run, seed, copies });
        }
        ExamEvent::ResultsReleased {} => session.released = true,
        ExamEvent::ResultsWithdrawn {} => session.released = false,
        ExamEvent::ExamCreated { .. } | ExamEvent::ExamArchived {} => {}
    }
    session
}

impl Aggregate for Exam {
    const TYPE: &'static str = "Exam";
    type Command = ExamCommand;
    type Event = ExamEvent;
    type Error = ExamError;
    type Services = ();

    async fn handle(
        &mut self,
        command: ExamCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ExamError> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: ExamEvent) {
        self.fold(event);
    }
}
