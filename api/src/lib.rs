//! The service.

pub mod pdf;
