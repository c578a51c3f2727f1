//! PDF in, PDF out: this module knows bytes only, never the ledger.

pub mod finalise;
pub mod overlay;
