//! The frame of the HTTP API, from outside: a real server on a free port, tokens in a real database.

mod admission;
mod bodies;
mod callers;
mod ends;
mod errors;
mod uploads;
pub(crate) mod world;
