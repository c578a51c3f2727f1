//! Stored scans and final PDFs.

use std::collections::HashSet;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use domain::{CopyId, Digest};
use fixtures::database::TestDatabase;
use gradeledger::blobs::{BlobError, Blobs, MAX_BLOB_BYTES, Swept, UNREFERENCED_AGE};
use gradeledger::vault::{KeyStore, MasterKey};
use tempfile::TempDir;
use uuid::Uuid;

const SCAN: &[u8] = b"%PDF-1.7 a scan with a name on it";

struct Shelf {
    blobs: Blobs,
    folder: TempDir,
    database: TestDatabase,
    copy: CopyId,
}

impl Shelf {
    async fn new() -> Self {
        let (database, folder) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
        let keys =
            KeyStore::open(database.keys_connect_options(), &MasterKey::random().unwrap()).await.unwrap();
        let blobs = Blobs::in_folder(folder.path(), keys).unwrap();
        Self { blobs, folder, database, copy: CopyId(Uuid::now_v7()) }
    }

    fn file(&self, copy: CopyId, digest: Digest) -> PathBuf {
        self.folder.path().join(copy.to_string()).join(digest.to_string())
    }
}

fn damage(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_blob_is_read_back_and_its_file_tells_nothing() {
    let shelf = Shelf::new().await;
    let digest = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    assert_eq!(digest, Digest::of(SCAN));
    assert_eq!(shelf.blobs.get(shelf.copy, digest).await.unwrap(), SCAN);
    let stored = fs::read(shelf.file(shelf.copy, digest)).unwrap();
    assert!(!stored.windows(8).any(|window| SCAN.windows(8).any(|plain| plain == window)));
}

#[tokio::test]
async fn storing_a_blob_again_changes_nothing_and_makes_a_damaged_one_whole() {
    let shelf = Shelf::new().await;
    let digest = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    damage(&shelf.file(shelf.copy, digest), |bytes| bytes.truncate(30));
    assert!(matches!(shelf.blobs.get(shelf.copy, digest).await, Err(BlobError::Damaged { .. })));
    assert_eq!(shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap(), digest);
    assert_eq!(shelf.blobs.get(shelf.copy, digest).await.unwrap(), SCAN);
    assert_eq!(fs::read_dir(shelf.folder.path().join(shelf.copy.to_string())).unwrap().count(), 1);
}

#[tokio::test]
async fn every_byte_of_a_stored_blob_is_guarded() {
    let shelf = Shelf::new().await;
    let digest = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    let file = shelf.file(shelf.copy, digest);
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        damage(&file, |bytes| bytes[at] ^= 1);
        let read = shelf.blobs.get(shelf.copy, digest).await;
        // Bytes 4 to 19 name the key; one that does not exist is one that was destroyed.
        let erased = (4..20).contains(&at);
        assert!(
            matches!(read, Err(BlobError::Damaged { .. })) != erased && read.is_err(),
            "byte {at}: {read:?}"
        );
        fs::write(&file, &whole).unwrap();
    }
    fs::write(&file, b"").unwrap();
    assert!(matches!(shelf.blobs.get(shelf.copy, digest).await, Err(BlobError::Damaged { .. })));
}

#[tokio::test]
async fn a_blob_under_another_name_or_another_copy_is_refused() {
    let shelf = Shelf::new().await;
    let digest = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    let wrong = Digest::of(b"another");
    fs::copy(shelf.file(shelf.copy, digest), shelf.file(shelf.copy, wrong)).unwrap();
    assert!(matches!(shelf.blobs.get(shelf.copy, wrong).await, Err(BlobError::Damaged { .. })));
    let other = CopyId(Uuid::now_v7());
    fs::create_dir(shelf.folder.path().join(other.to_string())).unwrap();
    fs::copy(shelf.file(shelf.copy, digest), shelf.file(other, digest)).unwrap();
    assert!(shelf.blobs.get(other, digest).await.is_err());
    let missing = shelf.blobs.get(shelf.copy, Digest::of(b"nothing")).await;
    assert!(matches!(missing, Err(BlobError::Missing { .. })), "{missing:?}");
}

#[tokio::test]
async fn a_blob_whose_key_is_destroyed_is_erased() {
    let shelf = Shelf::new().await;
    let digest = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    let store = sqlx::PgPool::connect_with(shelf.database.keys_connect_options()).await.unwrap();
    for delete in ["DELETE FROM data_keys", "DELETE FROM master_key"] {
        sqlx::query(delete).execute(&store).await.unwrap();
    }
    // As a process sees it that has not used the key.
    let keys =
        KeyStore::open(shelf.database.keys_connect_options(), &MasterKey::random().unwrap()).await.unwrap();
    let blobs = Blobs::in_folder(shelf.folder.path(), keys).unwrap();
    assert!(matches!(blobs.get(shelf.copy, digest).await, Err(BlobError::Erased { .. })));
}

#[tokio::test]
async fn a_blob_has_a_largest_size() {
    let shelf = Shelf::new().await;
    let stored = shelf.blobs.put(shelf.copy, Bytes::from(vec![0; MAX_BLOB_BYTES + 1])).await;
    assert!(matches!(stored, Err(BlobError::TooLarge { .. })), "{stored:?}");
}

#[tokio::test]
async fn a_sweep_deletes_what_is_old_and_named_by_nothing() {
    let shelf = Shelf::new().await;
    let kept = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    let orphan = shelf.blobs.put(shelf.copy, Bytes::from_static(b"orphan")).await.unwrap();
    fs::write(shelf.folder.path().join("README"), "not a blob").unwrap();
    let copy = shelf.copy;
    let referenced = |asked: Vec<(CopyId, Digest)>| async move {
        Ok::<HashSet<_>, Infallible>(asked.into_iter().filter(|name| *name == (copy, kept)).collect())
    };
    let young = shelf.blobs.sweep(referenced, UNREFERENCED_AGE).await.unwrap();
    assert_eq!(young, Swept { asked: 0, deleted: 0 }, "what is stored may be about to be named");
    let old = shelf.blobs.sweep(referenced, Duration::ZERO).await.unwrap();
    assert_eq!(old, Swept { asked: 2, deleted: 1 });
    assert_eq!(shelf.blobs.get(copy, kept).await.unwrap(), SCAN);
    assert!(matches!(shelf.blobs.get(copy, orphan).await, Err(BlobError::Missing { .. })));
    assert!(shelf.folder.path().join("README").exists());
}

/// The blob store lists no file that is being written, so nothing else would ever find one.
#[tokio::test]
async fn a_sweep_deletes_what_a_killed_writer_left() {
    let shelf = Shelf::new().await;
    let digest = shelf.blobs.put(shelf.copy, Bytes::from_static(SCAN)).await.unwrap();
    let folder = shelf.folder.path().join(shelf.copy.to_string());
    let (draft, note) = (folder.join(format!("{digest}#1")), folder.join("note#1"));
    for file in [&draft, &note] {
        fs::write(file, "half of it").unwrap();
    }
    let all =
        |asked: Vec<(CopyId, Digest)>| async { Ok::<HashSet<_>, Infallible>(asked.into_iter().collect()) };
    shelf.blobs.sweep(all, UNREFERENCED_AGE).await.unwrap();
    assert!(draft.exists(), "its writer may be at work");
    shelf.blobs.sweep(all, Duration::ZERO).await.unwrap();
    assert!(!draft.exists() && note.exists());
    assert_eq!(shelf.blobs.get(shelf.copy, digest).await.unwrap(), SCAN);
}
