//! The service.

pub mod access_log;
pub mod app;
pub mod blobs;
pub mod cli;
pub mod http;
pub mod ledger;
pub mod limits;
pub mod logs;
pub mod metrics;
pub mod oidc;
pub mod pdf;
pub mod presence;
mod redacted;
pub mod service;
pub mod tokens;
pub mod vault;
pub mod work;
