//! Where lines end up: in a file or a pipe that may be full, slow or gone.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a sink may hold back of lines that were written and not yet flushed, in bytes. A line must be smaller.
///
/// Lines go through this buffer whole, and what a full disk does not take stays in it: so no half a line is followed by
/// another line, and the first write that succeeds again goes on where the last one ended.
pub(super) const BUFFER_BYTES: usize = 64 * 1024;

/// Writes lines and counts those that could not be written. Never fails, since its thread has nobody to tell, and goes on
/// with the next line.
pub(super) struct Counting<W> {
    to: W,
    lost: Lost,
}

/// How many lines a sink could not write since it began.
#[derive(Clone, Debug, Default)]
pub(super) struct Lost(Arc<AtomicUsize>);

impl Lost {
    pub(super) fn lines(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl<W: Write> Counting<W> {
    pub(super) fn new(to: W, lost: Lost) -> Self {
        Self { to, lost }
    }
}

/// Each write is one whole line.
impl<W: Write> Write for Counting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A larger one would go past the buffer, and a full disk could cut it in two.
        if line.len() >= BUFFER_BYTES || self.to.write_all(line).is_err() {
            self.lost.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What could not be written stays in the buffer for the next flush.
        let _ = self.to.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufWriter;
    use std::sync::Mutex;

    use super::*;

    /// A disk with so much room left.
    #[derive(Clone)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.lock().unwrap();
            let count = bytes.len().min(*room);
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            written.extend_from_slice(&bytes[..count]);
            *room -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn on_a_full_disk_every_line_is_counted_or_written_whole_once_there_is_room() {
        let (disk, lost) = (Disk(Arc::new(Mutex::new((Vec::new(), 250)))), Lost::default());
        let buffer = BufWriter::with_capacity(BUFFER_BYTES, disk.clone());
        let mut sink = Counting::new(buffer, lost.clone());
        let mut log = |numbers: std::ops::Range<usize>| {
            for number in numbers {
                sink.write_all(format!("{number:0>99}\n").as_bytes()).unwrap();
                sink.flush().unwrap();
            }
        };
        log(0..2_000);
        let counted = lost.lines();
        assert!(counted > 1_000 && disk.0.lock().unwrap().0.len() == 250);
        disk.0.lock().unwrap().1 = usize::MAX;
        log(2_000..2_010);
        let text = String::from_utf8(disk.0.lock().unwrap().0.clone()).unwrap();
        let numbers: Vec<usize> = text.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(lost.lines(), counted);
        assert_eq!(numbers.len() + counted, 2_010);
        assert!(
            numbers.is_sorted() && numbers.ends_with(&[2_008, 2_009]) && text.len() == 100 * numbers.len()
        );
    }

    #[test]
    fn a_line_that_no_buffer_holds_is_counted_and_harms_no_other() {
        let (disk, lost) = (Disk(Arc::new(Mutex::new((Vec::new(), usize::MAX)))), Lost::default());
        let mut sink = Counting::new(BufWriter::with_capacity(BUFFER_BYTES, disk.clone()), lost.clone());
        sink.write_all(&[b'x'; BUFFER_BYTES]).unwrap();
        sink.write_all(b"next\n").unwrap();
        sink.flush().unwrap();
        assert_eq!((lost.lines(), disk.0.lock().unwrap().0.as_slice()), (1, b"next\n".as_slice()));
    }
}
