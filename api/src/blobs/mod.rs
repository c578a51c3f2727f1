//! Scans and final PDFs.
