//! The four scans of the demo.

use fixtures::scans;

/// A scan, and what the demo expects of it.
pub(super) struct Scan {
    /// What stands on the copy instead of a name.
    pub(super) anonymous_id: &'static str,
    /// The name of its file.
    pub(super) filename: &'static str,
    /// What it is, for the person who reads along.
    pub(super) what: &'static str,
    /// How many pages it has; none for one that must fail.
    pub(super) pages: Option<usize>,
    make: fn() -> Vec<u8>,
}

/// Any seed gives the same scans for ever; this one has no other meaning.
const SEED: u64 = 2026;

pub(super) const SCANS: [Scan; 4] = [
    Scan {
        anonymous_id: "A-0001",
        filename: "salle-12-copie-01.pdf",
        what: "12 pages, grey JPEG at 300 dpi",
        pages: Some(12),
        make: || scans::grey_jpeg_scan(12, SEED),
    },
    Scan {
        anonymous_id: "A-0002",
        filename: "salle-12-copie-02.pdf",
        what: "4 pages, black and white, CCITT G4",
        pages: Some(4),
        make: || scans::bilevel_g4_scan(4, SEED),
    },
    Scan {
        anonymous_id: "A-0003",
        filename: "salle-12-copie-03.pdf",
        what: "vector pages in mixed orientations",
        pages: Some(scans::ORIENTATIONS.len()),
        make: scans::vector_mixed_orientation,
    },
    Scan {
        anonymous_id: "A-0004",
        filename: "salle-12-copie-04.pdf",
        what: "a damaged file",
        pages: None,
        make: scans::damaged,
    },
];

impl Scan {
    pub(super) fn pdf(&self) -> Vec<u8> {
        (self.make)()
    }
}
