//! A subject as answers show it, made from its fold.

use domain::SubjectId;
use domain::subject::{Destroyed, Erasure, Subject, SubjectState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sealed::SealedText;

/// A person whose copies there may be, under a pseudonym.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subject)]
pub struct SubjectAnswer {
    /// The pseudonym. It is random, and tells nothing.
    pub id: Uuid,
    /// `known`, `erasing` or `erased`.
    pub status: &'static str,
    /// Who it is: an object of `name`, `reference` and `email` for those who may know, `[sealed]` for others; null once erased.
    #[schema(value_type = Option<Value>)]
    pub identity: Option<SealedText>,
    /// The legal holds that stand.
    pub holds: Vec<HoldAnswer>,
    /// How far an erasure is; null where nobody wants one.
    pub erasure: Option<ErasureAnswer>,
    /// Sequence of the last event of the subject.
    pub sequence: u64,
}

/// A legal hold that stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LegalHold)]
pub struct HoldAnswer {
    /// Which hold.
    pub id: Uuid,
    /// Why.
    #[schema(value_type = String)]
    pub reason: SealedText,
}

/// How far an erasure is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
pub struct ErasureAnswer {
    /// `requested`, `approved`, `started` or `erased`.
    pub status: &'static str,
    /// The admin who asked for it, until it begins.
    pub requested_by: Option<Uuid>,
    /// The admin who approved it, until it begins.
    pub approved_by: Option<Uuid>,
    /// Why, until it is approved.
    #[schema(value_type = Option<String>)]
    pub reason: Option<SealedText>,
    /// The copies that are destroyed, once that has begun.
    pub copies: Vec<Uuid>,
    /// How much was destroyed, once it is.
    pub destroyed: Option<DestroyedAnswer>,
}

/// How much an erasure destroyed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Destroyed)]
pub struct DestroyedAnswer {
    /// Copies.
    pub copies: u32,
    /// Data keys.
    pub keys: u32,
    /// Sealed texts.
    pub texts: u32,
    /// Scans, pages and final PDFs.
    pub files: u32,
}

impl SubjectAnswer {
    /// The subject as its fold has it; none where there is no event.
    #[must_use]
    pub fn of(id: SubjectId, subject: &Subject) -> Option<Self> {
        let (status, identity, holds, erasure) = match &subject.state {
            SubjectState::Absent => return None,
            SubjectState::Known(person) => {
                let hold = |(id, reason): (&domain::HoldId, &domain::Commitment)| HoldAnswer {
                    id: id.0,
                    reason: SealedText(*reason),
                };
                let holds = person.holds.iter().map(hold).collect();
                ("known", Some(SealedText(person.identity)), holds, ErasureAnswer::wanted(person.erasure))
            }
            SubjectState::Erasing { copies } => {
                ("erasing", None, Vec::new(), Some(ErasureAnswer::under_way("started", copies, None)))
            }
            SubjectState::Erased { copies, destroyed } => (
                "erased",
                None,
                Vec::new(),
                Some(ErasureAnswer::under_way("erased", copies, Some(*destroyed))),
            ),
        };
        Some(Self { id: id.0, status, identity, holds, erasure, sequence: subject.sequence })
    }
}

impl ErasureAnswer {
    fn wanted(erasure: Erasure) -> Option<Self> {
        let (status, requested_by, approved_by, reason) = match erasure {
            Erasure::NotWanted => return None,
            Erasure::Requested { by, reason } => ("requested", by, None, Some(SealedText(reason))),
            Erasure::Approved { requested_by, approved_by } => {
                ("approved", requested_by, Some(approved_by.0), None)
            }
        };
        let requested_by = Some(requested_by.0);
        Some(Self { status, requested_by, approved_by, reason, copies: Vec::new(), destroyed: None })
    }

    fn under_way(status: &'static str, copies: &[domain::CopyId], destroyed: Option<Destroyed>) -> Self {
        let count = |Destroyed { copies, keys, texts, files }| DestroyedAnswer { copies, keys, texts, files };
        Self {
            status,
            requested_by: None,
            approved_by: None,
            reason: None,
            copies: copies.iter().map(|copy| copy.0).collect(),
            destroyed: destroyed.map(count),
        }
    }
}
