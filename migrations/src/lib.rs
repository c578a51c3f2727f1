//! The database of a ledger.
