//! The service from outside, against real databases and real PDFs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot set up its world should fail there"
)]

mod append;
mod append_batch;
mod append_crowd;
mod append_only;
mod append_trouble;
mod blobs;
mod docs;
mod docs_audit;
mod docs_security;
mod events;
mod follower;
mod growth;
mod http_frame;
mod listening;
mod logs;
mod metrics;
mod office;
mod openapi;
mod operations;
mod pdf_child;
mod pdf_finalise;
mod pdf_import;
mod pdf_import_refusals;
mod routes;
mod secrets;
mod tokens;
mod torn;
mod vault;
mod verify;
mod versions;
mod whole;
