//! Subjects: the persons whose copies these are.

pub(super) mod approve_erasure;
pub(super) mod export;
pub(super) mod get;
pub(super) mod give_token;
pub(super) mod hold;
pub(super) mod lift_hold;
pub(super) mod list;
pub(super) mod rectify;
pub(super) mod register;
pub(super) mod request_erasure;
pub(super) mod revoke_tokens;
pub(super) mod set_references;
pub(super) mod withdraw_erasure;
