//! The final PDF, as other programs read and draw it.

mod pages;
mod refusals;
mod sample;
mod scans;
mod text;
pub(crate) mod viewer;
