//! The five figures of grading.

use std::time::Duration;

use domain::copy::work::WorkError;
use domain::copy::{CopyStatus, LockConflict};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::labels::{Durations, Labels, durations};

/// Upper bounds of both durations, in seconds.
const BUCKETS_SECONDS: [f64; 9] = [0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];
const STATUSES: [&str; 2] = ["success", "failed"];
const PAGES: [&str; 4] = ["1-10", "11-50", "51-100", "100+"];
const ERRORS: [WorkError; 4] =
    [WorkError::Timeout, WorkError::InvalidPdf, WorkError::EmptyResult, WorkError::Unknown];
const ATTEMPTS: [&str; 3] = ["1", "2", "3+"];

#[derive(Debug)]
pub(super) struct Grading {
    import: Durations<2>,
    finalize: Durations<2>,
    ocr_errors: Family<Labels<1>, Counter>,
    lock_conflicts: Family<Labels<1>, Counter>,
    copies_by_status: Family<Labels<1>, Gauge>,
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// With this many pages.
    Imported {
        /// How many.
        pages: usize,
    },
    /// With none that could be used. `pages` is how many the PDF said it has, where that much was read.
    Failed {
        /// How many, or 0.
        pages: usize,
    },
}

impl Grading {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let figures = Self {
            import: durations(|| Histogram::new(BUCKETS_SECONDS)),
            finalize: durations(|| Histogram::new(BUCKETS_SECONDS)),
            ocr_errors: Family::default(),
            lock_conflicts: Family::default(),
            copies_by_status: Family::default(),
        };
        figures.begin_at_zero();
        let Self { import, finalize, ocr_errors, lock_conflicts, copies_by_status } = &figures;
        let name = "grading_import_duration_seconds";
        registry.register(name, "Whole imports of scanned copies, failed ones included", import.clone());
        let name = "grading_finalize_duration_seconds";
        registry.register(name, "Whole attempts to make a final PDF, failed ones included", finalize.clone());
        let name = "grading_ocr_errors";
        registry.register(name, "Scans that could not be read, by what was wrong", ocr_errors.clone());
        let name = "grading_lock_conflicts";
        registry.register(name, "Commands refused because of a copy's lock", lock_conflicts.clone());
        let name = "grading_copies_by_status";
        registry.register(name, "Copies by status, as projected from the ledger", copies_by_status.clone());
        figures
    }

    fn begin_at_zero(&self) {
        for status in STATUSES {
            for pages in PAGES {
                drop(self.import.get_or_create(&Labels([("status", status), ("pages_bucket", pages)])));
            }
            for attempt in ATTEMPTS {
                drop(self.finalize.get_or_create(&Labels([("status", status), ("retry_attempt", attempt)])));
            }
        }
        for error in ERRORS {
            drop(self.ocr_errors.get_or_create(&Labels([("error_type", error.as_str())])));
        }
        for conflict in LockConflict::LABELS {
            drop(self.lock_conflicts.get_or_create(&Labels([("conflict_type", conflict)])));
        }
        for status in CopyStatus::ALL {
            drop(self.copies_by_status.get_or_create(&Labels([("status", status.as_str())])));
        }
    }
}

impl Metrics {
    /// An import ended, after this long from its start, reading and rasterising included.
    pub fn import_ended(&self, outcome: ImportOutcome, duration: Duration) {
        let (status, pages) = match outcome {
            ImportOutcome::Imported { pages } => ("success", pages),
            ImportOutcome::Failed { pages } => ("failed", pages),
        };
        let bucket = match pages {
            0..=10 => "1-10",
            11..=50 => "11-50",
            51..=100 => "51-100",
            _ => "100+",
        };
        let labels = Labels([("status", status), ("pages_bucket", bucket)]);
        self.record(|figures| figures.grading.import.get_or_create(&labels).observe(duration.as_secs_f64()));
    }

    /// An attempt to make a final PDF ended, after this long from its start. `attempt` counts from 1.
    pub fn finalisation_ended(&self, success: bool, attempt: u32, duration: Duration) {
        let status = if success { "success" } else { "failed" };
        let attempt = match attempt {
            0 | 1 => "1",
            2 => "2",
            _ => "3+",
        };
        let labels = Labels([("status", status), ("retry_attempt", attempt)]);
        self.record(|figures| {
            figures.grading.finalize.get_or_create(&labels).observe(duration.as_secs_f64())
        });
    }

    /// A scan could not be read.
    pub fn scan_unreadable(&self, error: WorkError) {
        self.record(|figures| {
            figures.grading.ocr_errors.get_or_create(&Labels([("error_type", error.as_str())])).inc();
        });
    }

    /// A command was refused because of a copy's lock.
    pub fn lock_conflict(&self, conflict: &LockConflict) {
        self.record(|figures| {
            figures
                .grading
                .lock_conflicts
                .get_or_create(&Labels([("conflict_type", conflict.label())]))
                .inc();
        });
    }

    /// How many copies have this status now.
    pub fn copies_with_status(&self, status: CopyStatus, copies: i64) {
        self.record(|figures| {
            figures
                .grading
                .copies_by_status
                .get_or_create(&Labels([("status", status.as_str())]))
                .set(copies);
        });
    }
}
