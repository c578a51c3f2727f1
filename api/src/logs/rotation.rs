//! A log file of bounded size, with its predecessors.
//!
//! `rolling-file` names, renames and removes the files, and buffers what is written. What stands here is what it leaves
//! open: when a file is ended (before a line that would not fit, so that none is over its bound), that nobody else may read
//! it, and that a rotation which fails is said by nobody (its own way of saying so is stderr, and a panic where that is
//! full as well).

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rolling_file::{RollingConditionBasic, RollingFileAppender};

use super::sink::BUFFER_BYTES;

/// Only the account that runs the service reads its logs.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Rolls when it is told to: the basic condition with nothing set never asks for it.
type Appender = RollingFileAppender<RollingConditionBasic>;

/// `ledger.log`, and `ledger.log.1` (the newest) to `ledger.log.9` before it. No line is cut in two: a file is
/// ended when the next write would not fit, so each write must be whole lines.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    /// None after a rotation, until the next file could be opened.
    file: Option<Appender>,
    written_bytes: u64,
    limit_bytes: u64,
    predecessors: usize,
}

impl RotatingFile {
    /// Goes on with the file that is there, or begins one, and its folder. There are `files` of them, the one being written
    /// included, and at least two.
    pub(super) fn open(path: PathBuf, limit_bytes: u64, files: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        }
        let predecessors = usize::try_from(files.saturating_sub(1)).unwrap_or(usize::MAX).max(1);
        let mut log = Self { path, file: None, written_bytes: 0, limit_bytes, predecessors };
        log.file()?;
        Ok(log)
    }

    /// The file that is being written, opened where it is not.
    fn file(&mut self) -> io::Result<&mut Appender> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                self.written_bytes = close_to_others(&self.path)?;
                let never = RollingConditionBasic::new();
                RollingFileAppender::new_with_buffer_capacity(
                    &self.path,
                    never,
                    self.predecessors,
                    BUFFER_BYTES,
                )?
            }
        };
        Ok(self.file.insert(file))
    }

    fn rotate(&mut self) -> io::Result<()> {
        // Lines that wait for room on the disk wait in this file's buffer.
        self.file()?.flush()?;
        let Some(mut ended) = self.file.take() else { return Ok(()) };
        let rolled = ended.rollover();
        drop(ended);
        match rolled {
            // The file that was begun has the mode of the umask, and whoever opened it by then could read on. Nothing stands
            // in it yet: it is begun once more, by us.
            Ok(()) => fs::remove_file(&self.path),
            Err(error) => Err(error),
        }
    }
}

impl Write for RotatingFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.file()?;
        let full = self.written_bytes + lines.len() as u64 > self.limit_bytes;
        // Where the folder does not let us rotate, a log that grows is better than none: it is tried again when as much has
        // been written once more. Where it is the disk that is full, the next line tries it again.
        if full && self.written_bytes > 0 && self.rotate().is_err() && self.file.is_none() {
            self.file()?;
            self.written_bytes = 0;
        }
        self.file()?.write_all(lines)?;
        self.written_bytes += lines.len() as u64;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// Makes the file where there is none, and closes it to other accounts where there is one. Answers its size in bytes.
fn close_to_others(path: &Path) -> io::Result<u64> {
    let file = OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(path)?;
    let found = file.metadata()?;
    // A device has a mode that is not ours to change.
    if found.is_file() {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn numbered(path: &Path, number: u32) -> PathBuf {
        format!("{}.{number}", path.display()).into()
    }

    fn log(file: &mut RotatingFile, numbers: std::ops::Range<u32>) {
        for number in numbers {
            file.write_all(format!("line {number:04}\n").as_bytes()).unwrap();
        }
        file.flush().unwrap();
    }

    #[test]
    fn ten_files_are_kept_and_no_line_is_cut_or_lost_among_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/ledger.log");
        log(&mut RotatingFile::open(path.clone(), 100, 10).unwrap(), 0..1_000);
        let mut texts = vec![fs::read_to_string(&path).unwrap()];
        for number in 1..10 {
            texts.push(fs::read_to_string(numbered(&path, number)).unwrap());
            assert_eq!(mode(&numbered(&path, number)), 0o600);
        }
        assert!(!numbered(&path, 10).exists());
        assert!(texts.iter().all(|text| text.len() <= 100 && text.ends_with('\n')));
        texts.reverse();
        let kept: String = texts.concat();
        let expected: String = (0..1_000).map(|number| format!("line {number:04}\n")).collect();
        assert!(kept.len() > 900 && expected.ends_with(&kept));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder.path().join("logs")), 0o700);
    }

    #[test]
    fn a_restart_goes_on_with_the_file_and_closes_it_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        fs::write(&path, "before\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        RotatingFile::open(path.clone(), 1_000, 10).unwrap().write_all(b"after\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before\nafter\n");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn predecessors_that_someone_removed_are_missed_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.log");
        let mut file = RotatingFile::open(path.clone(), 100, 10).unwrap();
        log(&mut file, 0..55);
        fs::remove_file(numbered(&path, 1)).unwrap();
        fs::remove_file(numbered(&path, 3)).unwrap();
        log(&mut file, 55..95);
        assert!(fs::read_to_string(&path).unwrap().ends_with("line 0094\n"));
        assert_eq!(fs::read_to_string(numbered(&path, 1)).unwrap().lines().count(), 10);
    }

    #[test]
    fn a_folder_that_went_away_comes_back_with_the_next_rotation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/ledger.log");
        let mut file = RotatingFile::open(path.clone(), 100, 10).unwrap();
        log(&mut file, 0..10);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert!(file.write_all(b"line 0010\n").is_err(), "it is lost, and its loss is told");
        fs::create_dir(path.parent().unwrap()).unwrap();
        log(&mut file, 11..13);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line 0011\nline 0012\n");
    }
}
