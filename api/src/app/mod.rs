//! The use cases: what can be done with exams and copies, over ledger, vault, blobs and views.
//!
//! Architecture invariant: nothing here knows HTTP, and nothing but the ledger appends. Personal texts come in
//! bounded ([`texts`]), are sealed before a command is built, and are opened only on their way out.

mod accesses;
pub mod answers;
mod caller;
mod copies;
mod enrolments;
mod error;
mod events;
mod exams;
mod execute;
mod found;
mod opening;
mod permit;
mod places;
mod projections;
mod results;
mod sight;
pub mod status;
mod subjects;
pub mod texts;
mod views;

use std::sync::Arc;
use std::time::Duration;

use ::projections::{Feed, Views};
use domain::ActorId;
use domain::copy::ShownLock;
use uuid::Uuid;

pub use caller::{Caller, CommandKey};
pub use copies::{
    AnnotationChange, AuditAsked, CopiesAsked, CopyPast, DEFAULT_TTL_SECONDS, Exported, FinalPdf, Finalising,
    NewAnnotation, PageImage, Scan, Spelling, Told,
};
pub use error::AppError;
pub use events::{EventsAsked, Following};
pub use exams::Dealing;
pub use execute::Written;
pub use found::Found;
pub use opening::{Opener, Texts};
pub use permit::About;
pub use places::{OtherEpoch, Seen};
pub use projections::ViewError;
pub use sight::Sight;
pub use status::{StatusLimits, Watched};
pub use subjects::{GivenToken, Identity, IdentityChange, Step, SubjectExport};
pub use views::Page;

use crate::access_log::AccessLog;
use crate::blobs::Blobs;
use crate::ledger::Ledger;
use crate::limits::HistoryLimits;
use crate::metrics::Metrics;
use crate::oidc::SignInLimits;
use crate::vault::{ServerKeys, Vault};

/// The ledger's own pseudonym: workers and sweepers act under it.
pub const SYSTEM: ActorId = ActorId(Uuid::nil());

/// The application. Clones are the same one.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// What the use cases stand on.
#[derive(Debug)]
pub struct Parts {
    /// The one way in.
    pub ledger: Ledger,
    /// Personal texts.
    pub vault: Vault,
    /// Scans, pages and final PDFs.
    pub blobs: Blobs,
    /// The read side.
    pub views: Views,
    /// The events themselves.
    pub feed: Feed,
    /// Keys of lock tokens and command bodies.
    pub server_keys: ServerKeys,
    /// Who read what.
    pub access_log: AccessLog,
    /// Where conflicts are counted.
    pub metrics: Metrics,
    /// How long a read waits for its view to reach what the reader has seen.
    pub read_your_writes: Duration,
    /// What reading the past of a copy may take.
    pub history: HistoryLimits,
    /// What students may be given to sign in with.
    pub sign_in: SignInLimits,
    /// What is looked at to tell how the ledger stands.
    pub watched: Watched,
}

impl App {
    /// The application over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What a caller shows as `X-Lock-Token`.
    #[must_use]
    pub fn shown_lock(&self, token: Option<&str>) -> ShownLock {
        token.map_or(ShownLock::None, |token| self.server_keys.lock_tokens().read(token))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
