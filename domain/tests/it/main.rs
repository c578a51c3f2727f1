//! The laws of the ledger, as far as the rules themselves hold them. A test's name states its law; the
//! comment above it gives the number.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod access;
mod dispatch;
mod events_document;
mod exam;
mod finalisation;
mod golden;
mod intake;
mod lock;
mod lock_conflicts;
mod marking;
mod office;
mod operations;
mod property;
mod shape;
mod story;
mod subject;
mod transitions;
mod upcast;
mod values;
