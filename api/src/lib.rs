//! The service.

pub mod http;
pub mod limits;
pub mod logs;
pub mod metrics;
pub mod pdf;
pub mod tokens;
