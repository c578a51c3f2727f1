//! Lines for a terminal: 100 columns, colours where they are wanted, and commands left whole to be copied.

mod paint;
mod wrap;

pub(super) use paint::Paint;
pub(super) use wrap::wrap;

/// How wide a screen is.
pub(super) const COLUMNS: usize = 100;
