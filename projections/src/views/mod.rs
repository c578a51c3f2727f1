//! The views: one file each, with its fold, its rows and its queries.

pub mod annotations;
pub mod audit_trail;
pub mod copies;
pub mod copy_locks;
pub mod exams;
mod page;
pub mod parked;
pub(crate) mod row;
pub mod subjects;
pub mod work_queue;

pub use page::{PageSize, PageSizeError, Slice};

use crate::projector::{Projector, ViewName};
use crate::rebuild::{Recipe, recipe};
use crate::table::Table;

/// Every view of this build, with the tables that it writes.
pub const ALL: [(ViewName, &[Table]); 8] = [
    (copies::VIEW, copies::Copies::TABLES),
    (copy_locks::VIEW, copy_locks::CopyLocks::TABLES),
    (annotations::VIEW, annotations::Annotations::TABLES),
    (audit_trail::VIEW, audit_trail::AuditTrail::TABLES),
    (work_queue::VIEW, work_queue::WorkQueue::TABLES),
    (exams::VIEW, exams::Exams::TABLES),
    (parked::VIEW, parked::Parked::TABLES),
    (subjects::VIEW, subjects::Subjects::TABLES),
];

/// How each of them is rebuilt.
pub(crate) fn recipes() -> Vec<Box<dyn Recipe>> {
    vec![
        recipe::<copies::Copies>(),
        recipe::<copy_locks::CopyLocks>(),
        recipe::<annotations::Annotations>(),
        recipe::<audit_trail::AuditTrail>(),
        recipe::<work_queue::WorkQueue>(),
        recipe::<exams::Exams>(),
        recipe::<parked::Parked>(),
        recipe::<subjects::Subjects>(),
    ]
}
