//! Logs: one JSON line an event.

/// The target of lines about who did what; with `--log-dir` they go to a file of their own.
pub const AUDIT: &str = "gradeledger::audit";
