//! The service from outside, against real databases and real PDFs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot set up its world should fail there"
)]

mod pdf_finalise;
