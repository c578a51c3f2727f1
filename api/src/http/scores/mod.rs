//! Scores, remarks and the appreciation.

pub(super) mod appreciation;
pub(super) mod remark;
pub(super) mod score;
