//! What it all takes.

use serde::Serialize;
use utoipa::ToSchema;

/// What it all takes, in bytes; null where it could not be read or is not at hand.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Disk)]
pub struct DiskAnswer {
    /// The database of the ledger.
    pub ledger_bytes: Option<u64>,
    /// The database of the keys.
    pub keys_bytes: Option<u64>,
    /// Scans, pages and final PDFs; null where they are not in a local folder.
    pub blobs: Option<BlobsAnswer>,
}

/// The folder of the blobs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BlobFolder)]
pub struct BlobsAnswer {
    /// Where they lie.
    pub folder: String,
    /// How many files lie there.
    pub files: u64,
    /// What they take.
    pub bytes: u64,
    /// Whether they were all counted: a large folder is counted for as long as a part may take.
    pub counted: bool,
    /// What is free on their disk.
    pub free_bytes: u64,
    /// How large that disk is.
    pub disk_bytes: u64,
}
