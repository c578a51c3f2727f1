//! Signing in at the institution, against a real issuer on this machine: its keys are real, and so are the tokens.

mod blocked;
mod erasure;
mod issuer;
mod keys;
mod office;
mod refusals;
mod roles;
mod tokens;
mod traces;
