//! Flate, the same for every stream that this module writes.

use std::cell::RefCell;
use std::io::Read;

use flate2::bufread::ZlibDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};

thread_local! {
    // Its state takes 300 KB. One for each stream would leave holes between what is kept of the streams, which nothing fills.
    static STATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(6), true));
}

/// Compresses with a fixed level, so that the same input gives the same bytes.
pub(super) fn deflate(data: &[u8]) -> Vec<u8> {
    STATE.with_borrow_mut(|state| {
        state.reset();
        let mut encoded = Vec::with_capacity(data.len() / 2 + 64);
        loop {
            let rest = data.get(state.total_in() as usize..).unwrap_or_default();
            match state.compress_vec(rest, &mut encoded, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return encoded,
                // What there is room for was written.
                Ok(Status::Ok | Status::BufError) => encoded.reserve(encoded.len() + 64),
                Err(_) => {
                    debug_assert!(false, "a state that was reset takes any bytes");
                    return encoded;
                }
            }
        }
    })
}

/// Whether these bytes are a sound zlib stream (RFC 1950) that holds nothing.
pub(super) fn is_deflated_nothing(encoded: &[u8]) -> bool {
    matches!(ZlibDecoder::new(encoded).read(&mut [0; 1]), Ok(0))
}
