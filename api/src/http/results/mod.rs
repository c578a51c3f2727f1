//! What a student reads.

pub(super) mod final_pdf;
pub(super) mod get;
pub(super) mod list;
