//! What can be done with a copy, one use case a file.
//!
//! Architecture invariant: every command to a copy takes the one way of [`App::command_copy`]: load, record the
//! expiry of a lease that is over, decide and append, count a lock conflict. Texts are sealed before the command
//! is built, so that neither a command, an event nor a stored answer holds one.

mod annotate;
mod annotations;
mod assign;
mod audit;
mod correct;
mod document;
mod expire;
mod export;
mod final_pdf;
mod finalise;
mod force_release;
mod history;
mod identify;
mod import;
mod list;
mod lock;
mod lock_status;
mod order;
mod pages;
mod read;
mod ready;
mod reopen;
mod retry_finalisation;
mod retry_import;
mod score;
mod void;

pub use annotate::{AnnotationChange, NewAnnotation};
pub use audit::AuditAsked;
pub use export::Exported;
pub use final_pdf::FinalPdf;
pub use finalise::Finalising;
pub use history::{CopyPast, Spelling, Told};
pub use import::Scan;
pub use list::CopiesAsked;
pub use lock::DEFAULT_TTL_SECONDS;
pub use pages::PageImage;
