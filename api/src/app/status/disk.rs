//! What the databases and the folder of the blobs take, and what is free.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use sqlx::PgPool;
use tokio::time::timeout;

use super::super::answers::status::{BlobsAnswer, DiskAnswer, Unread};
use super::{Watched, part};

/// How much earlier than the bound counting ends, so that what was counted is told.
const HEADROOM: f64 = 0.8;

pub(super) async fn disk(watched: &Watched) -> (DiskAnswer, Vec<Unread>) {
    let (ledger, keys, blobs) = tokio::join!(
        part("size of the ledger", watched, database(watched.views.pool())),
        async {
            match &watched.keys {
                Some(keys) => part("keys", watched, database(keys)).await.map(Some),
                None => Ok(None),
            }
        },
        async {
            match &watched.blobs {
                Some(folder) => blobs(folder, watched.limits.part).await.map(Some),
                None => Ok(None),
            }
        },
    );
    let mut unread = Vec::new();
    let answer = DiskAnswer {
        ledger_bytes: super::noted(ledger, &mut unread),
        keys_bytes: super::noted(keys, &mut unread).flatten(),
        blobs: super::noted(blobs, &mut unread).flatten(),
    };
    (answer, unread)
}

async fn database(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let bytes: i64 =
        sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(pool).await?;
    Ok(bytes.unsigned_abs())
}

async fn blobs(folder: &Path, longest: Duration) -> Result<BlobsAnswer, Unread> {
    let unread = |because: String| Unread { part: "blobs", because };
    let at = folder.display().to_string();
    let counting = tokio::task::spawn_blocking({
        let folder = folder.to_owned();
        move || count(&folder, Instant::now() + longest.mul_f64(HEADROOM))
    });
    match timeout(longest, counting).await {
        Ok(Ok(Ok(counted))) => Ok(counted),
        Ok(Ok(Err(error))) => Err(unread(format!("the folder {at} cannot be read: {error}"))),
        Ok(Err(_)) | Err(_) => {
            Err(unread(format!("the disk of {at} gave no answer within {} s", longest.as_secs_f32())))
        }
    }
}

/// Counts the files of every copy, until `end`.
fn count(folder: &Path, end: Instant) -> io::Result<BlobsAnswer> {
    let disk = rustix::fs::statvfs(folder)?;
    let mut answer = BlobsAnswer {
        folder: folder.display().to_string(),
        files: 0,
        bytes: 0,
        counted: true,
        free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        disk_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
    };
    for copy in fs::read_dir(folder)? {
        let copy = copy?;
        if !copy.file_type()?.is_dir() {
            continue;
        }
        // A copy's folder that is gone by now was erased.
        let Ok(files) = fs::read_dir(copy.path()) else { continue };
        for facts in files.filter_map(|file| file.and_then(|file| file.metadata()).ok()) {
            answer.files += 1;
            answer.bytes += facts.len();
        }
        if Instant::now() >= end {
            answer.counted = false;
            break;
        }
    }
    Ok(answer)
}
