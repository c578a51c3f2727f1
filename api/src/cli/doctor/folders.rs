//! Disks and folders of this machine.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::report::Report;
use super::{DoctorSettings, Limits, ReadPlace};
use crate::app::status::size;

pub(super) fn examine(settings: &DoctorSettings, limits: &Limits, at: &ReadPlace, report: &mut Report) {
    let private = at.private.as_ref().map(|private| private.data_folder().to_owned());
    if let Some(folder) = &private {
        free("data disk", folder, limits.status.free_bytes, report);
    }
    let blobs = match &settings.place.blobs_url {
        Some(url) => url.strip_prefix("file://").map(PathBuf::from),
        None => private.map(|folder| folder.join("blobs")),
    };
    if let Some(folder) = blobs.filter(|folder| folder.is_dir()) {
        free("blob disk", &folder, limits.status.free_bytes, report);
    }
    if let Some(folder) = &settings.log_dir {
        logs(folder, report);
    }
}

fn free(check: &'static str, folder: &Path, least: u64, report: &mut Report) {
    let at = folder.display();
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let detail = format!(
                "{} free of {} in {at}",
                size(free),
                size(disk.f_blocks.saturating_mul(disk.f_frsize))
            );
            if free >= least {
                report.ok(check, detail);
                return;
            }
            let advice = format!(
                "make room or a larger disk; the threshold of {} is set with `--limit status.free_bytes=BYTES`",
                size(least)
            );
            report.warn(check, detail, advice);
        }
        Err(error) => report.fail(
            check,
            format!("{at}: {error}"),
            "see that the folder is there and its volume mounted",
        ),
    }
}

/// A log that cannot be written keeps `serve` from starting.
fn logs(folder: &Path, report: &mut Report) {
    const CHECK: &str = "log folder";
    let at = folder.display();
    match probe(folder) {
        Ok(()) => report.ok(CHECK, format!("{at} takes files")),
        Err(error) => report.fail(
            CHECK,
            format!("{at}: {error}"),
            "make the folder, for the account of the service to write to, or name another with --log-dir",
        ),
    }
}

fn probe(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".doctor-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&file)
        .and_then(|mut file| file.write_all(b"probe"));
    let removed = fs::remove_file(&file);
    written.and(removed)
}
