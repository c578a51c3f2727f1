//! Flate, the same for every stream that this module writes.

use flate2::Compression;
use flate2::bufread::ZlibEncoder;
use std::io::Read;

/// Compresses with a fixed level, so that the same input gives the same bytes.
pub(super) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(data.len() / 2 + 64);
    let read = ZlibEncoder::new(data, Compression::new(6)).read_to_end(&mut encoded);
    debug_assert!(read.is_ok(), "reading from memory cannot fail");
    encoded
}
