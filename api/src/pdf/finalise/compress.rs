//! Flate, the same for every stream that this module writes.

use flate2::Compression;
use flate2::bufread::{ZlibDecoder, ZlibEncoder};
use std::io::Read;

/// Compresses with a fixed level, so that the same input gives the same bytes.
pub(super) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(data.len() / 2 + 64);
    let read = ZlibEncoder::new(data, Compression::new(6)).read_to_end(&mut encoded);
    debug_assert!(read.is_ok(), "reading from memory cannot fail");
    encoded
}

/// Whether these bytes are a sound zlib stream (RFC 1950) that holds nothing.
pub(super) fn is_deflated_nothing(encoded: &[u8]) -> bool {
    matches!(ZlibDecoder::new(encoded).read(&mut [0; 1]), Ok(0))
}
