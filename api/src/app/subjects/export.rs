//! All that the ledger holds about one person, as one ZIP: for them, and for whoever answers for their data.
//!
//! `subject.json` tells who they are, what was done with their data, every copy of theirs with its marks, texts and trail, what lets
//! them in, and who read what; scans, pages and final PDFs lie beside it as files. Staff stands there by pseudonym. Of another person there is nothing: where
//! a copy was taken for somebody else's, whose it was is withheld.
//!
//! One file at a time is in memory, so that its size does not depend on how much there is.

use std::io::{self, Write};

use bytes::Bytes;
use domain::{Commitment, CopyId, Digest, SubjectId};
use futures::Stream;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::super::answers::annotation::AnnotationAnswer;
use super::super::answers::subject::SubjectAnswer;
use super::super::copies::{CopyPast, Spelling};
use super::super::execute::json as to_json;
use super::super::opening::Opener;
use super::super::{App, AppError, Sight};
use super::identity;
use crate::blobs::BlobError;

/// Names the shape of the document; another shape gets another name.
const FORMAT: &str = "gradeledger-subject v1";

/// Pieces that wait for the client to take them; the writer waits when there are more.
const PIECES: usize = 16;

/// How large a piece is at most, in bytes.
const PIECE_BYTES: usize = 64 * 1_024;

/// What is opened for the person: all that was written about them, and no pseudonym of somebody else.
const SIGHT: Sight = Sight { texts: true, file_names: true, whose: false, marks: true };

/// The ZIP on its way.
pub struct SubjectExport(mpsc::Receiver<Bytes>);

impl SubjectExport {
    /// Its bytes, as they come. One that could not be finished has no central directory, so that no program takes it for whole.
    pub fn pieces(
        self,
    ) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send + Sync + 'static {
        futures::stream::unfold(self.0, async |mut pieces| {
            pieces.recv().await.map(|piece| (Ok(piece), pieces))
        })
    }
}

impl App {
    /// Begins the export. What is erased already is told, and has no files.
    ///
    /// # Errors
    /// [`AppError::NoSuch`], or what keeps the document from being written.
    pub async fn export_subject(&self, subject: SubjectId) -> Result<SubjectExport, AppError> {
        let (document, files) = self.subject_document(subject).await?;
        let (pieces, taken) = mpsc::channel(PIECES);
        let (app, runtime) = (self.clone(), Handle::current());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = write(&app, &runtime, &document, &files, pieces) {
                // A client that went away is none of ours.
                if error.kind() != io::ErrorKind::BrokenPipe {
                    tracing::error!(
                        cause = domain::chain(&error),
                        "the export of a subject could not be finished"
                    );
                }
            }
        });
        Ok(SubjectExport(taken))
    }

    async fn subject_document(&self, subject: SubjectId) -> Result<(Value, Vec<File>), AppError> {
        let standing = self.subject_state(subject).await?;
        let answer =
            identity::read(self.opened(SIGHT, to_json(&SubjectAnswer::of(subject, &standing))).await?);
        let (mut copies, mut files) = (Vec::new(), Vec::new());
        let theirs = self.copies_of(subject).await?;
        for copy in &theirs {
            copies.push(self.copy_of_subject(*copy).await?);
            files.extend(self.files_of(*copy).await?);
        }
        let document = json!({
            "format": FORMAT,
            "exported_at": self.ledger.now(),
            "subject": answer,
            "events": self.told_of(subject).await?,
            "copies": copies,
            "known_by": self.known_by(subject, &theirs).await?,
            "files": files.iter().map(File::told).collect::<Vec<_>>(),
        });
        Ok((document, files))
    }

    async fn copy_of_subject(&self, copy: CopyId) -> Result<Value, AppError> {
        let standing = self.copy_state(copy).await?;
        let past = CopyPast {
            pool: self.views.pool(),
            opener: Opener::vault(&self.vault, SIGHT),
            spelling: Spelling::Exact,
            most_events: self.history.events,
        };
        let told = past.told(copy, projections::history::Moment::Sequence(standing.sequence)).await?;
        let annotations: Vec<_> = standing.state.paper().map_or_else(Vec::new, |paper| {
            let annotations = paper.marking.annotations.iter();
            annotations.map(|(id, annotation)| AnnotationAnswer::of(*id, annotation)).collect()
        });
        let annotations = self.opened(SIGHT, to_json(&annotations)).await?;
        Ok(json!({ "copy": told.then, "annotations": annotations, "trail": told.acts }))
    }

    /// Every event of the subject's own stream, as it was recorded, its texts opened.
    async fn told_of(&self, subject: SubjectId) -> Result<Vec<Value>, AppError> {
        let rows: Vec<(String, String, String, String)> =
            sqlx::query_as(include_str!("events_of_subject.sql"))
                .bind(subject.to_string())
                .fetch_all(self.views.pool())
                .await?;
        let mut told = Vec::new();
        for (event_type, at, actor, payload) in rows {
            let mut fields: Value = serde_json::from_str::<Value>(&payload)
                .ok()
                .and_then(|mut payload| payload.get_mut(&event_type).map(Value::take))
                .unwrap_or_default();
            for name in TEXTS {
                if let Some(text) = fields.get_mut(name)
                    && let Ok(commitment) = serde_json::from_value::<Commitment>(text.clone())
                {
                    *text = self.opened(SIGHT, json!({ "sealed": commitment })).await?;
                }
            }
            told.push(json!({ "type": event_type, "recorded_at": at, "actor_id": actor, "data": fields }));
        }
        Ok(told)
    }

    /// The files that events of the copy name: the scan, its pages, and every final PDF there was.
    async fn files_of(&self, copy: CopyId) -> Result<Vec<File>, AppError> {
        let rows: Vec<(String, String)> = sqlx::query_as(include_str!("files_of_copy.sql"))
            .bind(copy.to_string())
            .fetch_all(self.views.pool())
            .await?;
        let mut files = Vec::new();
        for (name, digest) in rows {
            let Ok(digest) = digest.parse::<Digest>() else { continue };
            let erased = self.blobs.count(copy).await? == 0;
            files.push(File { copy, digest, name: format!("copies/{copy}/{name}"), erased });
        }
        Ok(files)
    }
}

/// The fields of a subject's events that stand for texts.
const TEXTS: [&str; 4] = ["identity", "before", "after", "reason"];

/// A file of the ZIP.
struct File {
    copy: CopyId,
    digest: Digest,
    name: String,
    erased: bool,
}

impl File {
    fn told(&self) -> Value {
        json!({ "name": self.name, "sha256": self.digest, "erased": self.erased })
    }
}

fn write(
    app: &App,
    runtime: &Handle,
    document: &Value,
    files: &[File],
    pieces: mpsc::Sender<Bytes>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(Pieces { held: Vec::with_capacity(PIECE_BYTES), pieces });
    // Scans are compressed as they are.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("subject.json", stored)?;
    serde_json::to_writer_pretty(&mut zip, document)?;
    for file in files {
        match runtime.block_on(app.blobs.get(file.copy, file.digest)) {
            Ok(bytes) => {
                zip.start_file(&file.name, stored)?;
                zip.write_all(&bytes)?;
            }
            // The document says so, or it was erased while the export ran.
            Err(BlobError::Erased { .. }) => {}
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    zip.finish()?.into_inner().flush()
}

/// Hands on what is written, in pieces.
struct Pieces {
    held: Vec<u8>,
    pieces: mpsc::Sender<Bytes>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let some = &bytes[..bytes.len().min(PIECE_BYTES - self.held.len())];
        self.held.extend_from_slice(some);
        if self.held.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.held, Vec::with_capacity(PIECE_BYTES));
        self.pieces.blocking_send(piece.into()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
