//! A log file of bounded size, with its predecessors.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;

/// Only the account that runs the service reads its logs.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// `ledger.log`, and `ledger.log.1` (the newest) to `ledger.log.9` before it. No line is cut in two: a file is
/// ended when the next write would not fit, so each write must be whole lines.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    written_bytes: u64,
    limit_bytes: u64,
    files: u32,
}

impl RotatingFile {
    /// Goes on with the file that is there, or begins one, and its folder.
    pub(super) fn open(path: PathBuf, limit_bytes: u64, files: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        }
        let file = open(&path)?;
        let written_bytes = file.metadata()?.len();
        Ok(Self { path, file, written_bytes, limit_bytes, files })
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.files.saturating_sub(1)).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        if self.files > 1 {
            fs::rename(&self.path, self.numbered(1))?;
        } else {
            fs::remove_file(&self.path)?;
        }
        self.file = open(&self.path)?;
        self.written_bytes = 0;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{number}"));
        path.into()
    }
}

impl Write for RotatingFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let full = self.written_bytes + lines.len() as u64 > self.limit_bytes;
        // Where the folder does not let us rotate, a log that grows is better than none.
        if full && self.written_bytes > 0 && self.rotate().is_err() {
            self.written_bytes = 0;
        }
        let written = self.file.write(lines)?;
        self.written_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &PathBuf) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(path)?;
    // A file that was there may be open to others.
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &PathBuf) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn ten_files_are_kept_and_no_line_is_cut_or_lost_among_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/ledger.log");
        let mut log = RotatingFile::open(path.clone(), 100, 10).unwrap();
        for number in 0..1_000 {
            log.write_all(format!("line {number:04}\n").as_bytes()).unwrap();
        }
        let mut texts = vec![fs::read_to_string(&path).unwrap()];
        for number in 1..10 {
            texts.push(fs::read_to_string(log.numbered(number)).unwrap());
            assert_eq!(mode(&log.numbered(number)), 0o600);
        }
        assert!(!log.numbered(10).exists());
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
}
