//! Who may do what: one table of acts and parties, and the rule by which a student reads a copy (L13).
//!
//! Every route names an [`Act`], and so do the few things that are decided within one. [`rule`] is the whole of the
//! permissions; docs/security.md prints it.

mod act;
mod matrix;
mod own_copy;
mod scope;

pub use act::Act;
pub use matrix::{Party, Rule, may, rule};
pub use own_copy::{ReadRefusal, student_may_read};
pub use scope::{Scope, Scopes, UnknownScope};
