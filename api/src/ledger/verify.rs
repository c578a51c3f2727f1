//! Walks the whole ledger.
