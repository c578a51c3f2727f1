//! Copies.

pub(super) mod assign;
pub(super) mod audit;
pub(super) mod correct;
pub(super) mod export;
pub(in crate::http) mod final_pdf;
pub(super) mod finalise;
pub(super) mod get;
pub(super) mod history;
pub(super) mod history_diff;
pub(super) mod identify;
pub(super) mod import;
pub(super) mod list;
pub(super) mod pages;
pub(super) mod ready;
pub(super) mod reopen;
pub(super) mod retry_finalisation;
pub(super) mod retry_import;
pub(super) mod unidentify;
pub(super) mod void;
