//! Production can be debugged without showing personal data: whatever happens, no name, no text that a person wrote, no file
//! name, nothing of a PDF and no secret is found where operators look: logs at TRACE, figures, error bodies, every table of the
//! ledger's database, process titles and the statements that Postgres shows.

mod demo;
mod failures;
mod traces;
