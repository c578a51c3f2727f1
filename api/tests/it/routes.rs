//! The resources of the API, from outside: a real server, a real ledger, real scans.

mod access_log;
mod annotations;
mod attacks;
mod audit;
mod copies;
mod exam_life;
mod exams;
mod finalise;
mod history;
mod idempotency;
mod import;
mod lock;
mod places;
mod projections;
mod raw;
mod reading;
mod repairs;
mod roles;
mod scores;
mod statements;
mod worker;
pub(crate) mod world;
