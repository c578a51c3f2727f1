//! The service from outside, against real databases and real PDFs.

mod pdf_finalise;
