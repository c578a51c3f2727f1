//! Exams.

pub(super) mod archive;
pub(super) mod create;
pub(super) mod dispatch;
pub(super) mod get;
pub(super) mod graders;
pub(super) mod list;
pub(super) mod release;
pub(super) mod scheme;
pub(super) mod withdraw;
