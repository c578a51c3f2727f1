//! The parent's side: a child process for each PDF, killed at its limits, always reaped.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::finalise::FinaliseWarning;
use super::import::check_source;
use super::overlay::Overlay;
use super::process::WorkerProcess;
use super::protocol::{Finalised, FrameKind, Imported, Opened, Task, parse_page};
use super::{AskedBy, PdfError, PdfErrorType, PdfLimits, PdfStage, RENDERER, RenderWarning, RenderedPage};

/// Starts child processes for PDF work.
#[derive(Debug, Clone)]
pub struct PdfWorker {
    /// The program that is run as `program pdf-worker`: our own, by [`PdfWorker::current`].
    pub program: PathBuf,
    /// What each child may use.
    pub limits: PdfLimits,
    /// For which request they work.
    pub asked_by: AskedBy,
}

/// An import that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedPdf {
    /// The pages, in order.
    pub pages: Vec<ImportedPage>,
    /// What drew them, with its version.
    pub renderer: &'static str,
    /// What could not be shown, in page order.
    pub warnings: Vec<RenderWarning>,
    /// How long it took, start of the child and storing of the pages included.
    pub duration: Duration,
}

/// A page that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedPage {
    /// SHA-256 of its PNG.
    pub sha256: [u8; 32],
    /// Width in pixels at 144 dpi.
    pub width_pixels: u32,
    /// Height in pixels at 144 dpi.
    pub height_pixels: u32,
}

/// A final PDF, made.
#[derive(Clone, PartialEq, Eq)]
pub struct FinalPdf {
    /// The file.
    pub bytes: Bytes,
    /// SHA-256 of `bytes`.
    pub sha256: [u8; 32],
    /// Pages of the source, each of which is one page of the file (law L7).
    pub source_page_count: u32,
    /// Pages of the file: those of the source, then the score sheet's.
    pub page_count: u32,
    /// What the file shows otherwise than was asked.
    pub warnings: Vec<FinaliseWarning>,
    /// How long it took, start of the child included.
    pub duration: Duration,
}

crate::redacted::debug_without_the_rest! { FinalPdf { sha256, source_page_count, page_count, warnings, duration } }

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E> {
    /// The PDF, or the child that read it.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The caller could not take a page.
    #[error("a page could not be taken")]
    Page(#[source] E),
}

impl PdfWorker {
    /// Children of the program that runs now.
    ///
    /// # Errors
    /// When the path of the running program cannot be found.
    pub fn current(limits: PdfLimits) -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, limits, asked_by: AskedBy::default() })
    }

    /// The same, for a request.
    #[must_use]
    pub fn asked_by(&self, asked_by: AskedBy) -> Self {
        Self { asked_by, ..self.clone() }
    }

    /// Draws every page of `source` and hands each to `on_page`, in order, as it is made.
    ///
    /// One page is held at a time; while `on_page` works, the child fills its own bounded queue and waits. The
    /// child is killed when this future is dropped.
    ///
    /// # Errors
    /// [`ImportError::Pdf`] for a PDF that cannot be graded or a child that broke its limits,
    /// [`ImportError::Page`] with the first error of `on_page`.
    pub async fn import<F, Fut, E>(&self, source: Bytes, on_page: F) -> Result<ImportedPdf, ImportError<E>>
    where
        F: FnMut(RenderedPage) -> Fut,
        Fut: Future<Output = Result<(), E>>,
    {
        self.import_counted(source, &mut 0, on_page).await
    }

    /// The same; `page_count` becomes the number of pages that the PDF says it has, as soon as that much was read, whatever
    /// comes of the rest.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub async fn import_counted<F, Fut, E>(
        &self,
        source: Bytes,
        page_count: &mut usize,
        mut on_page: F,
    ) -> Result<ImportedPdf, ImportError<E>>
    where
        F: FnMut(RenderedPage) -> Fut,
        Fut: Future<Output = Result<(), E>>,
    {
        let started = Instant::now();
        check_source(&source, &self.limits)?;
        let mut child = WorkerProcess::start(self, Task::Import).await?;
        child.send(FrameKind::Source, &source).await?;
        drop(source);
        let frame = child.receive().await?;
        let opened: Opened = child.decode(frame, FrameKind::Opened).await?;
        *page_count = opened.page_count as usize;
        let mut pages = Vec::new();
        let imported: Imported = loop {
            let frame = child.receive().await?;
            if frame.kind != FrameKind::Page {
                break child.decode(frame, FrameKind::Imported).await?;
            }
            let Some(page) = self.next_page(frame.payload, pages.len()) else {
                return Err(child.broke_protocol().await.into());
            };
            let RenderedPage { sha256, width_pixels, height_pixels, .. } = page;
            if let Err(error) = on_page(page).await {
                child.kill().await;
                return Err(ImportError::Page(error));
            }
            pages.push(ImportedPage { sha256, width_pixels, height_pixels });
        };
        if imported.page_count as usize != pages.len() {
            return Err(child.broke_protocol().await.into());
        }
        child.end().await;
        Ok(ImportedPdf {
            pages,
            renderer: RENDERER,
            warnings: imported.warnings,
            duration: started.elapsed(),
        })
    }

    /// Draws `overlay` over the pages of `source`, whose SHA-256 its caller knows; the same two give the same bytes.
    ///
    /// The child is killed when this future is dropped.
    ///
    /// # Errors
    /// A source or an overlay that is refused, or a child that broke its limits.
    pub async fn finalise(
        &self,
        source: Bytes,
        source_sha256: [u8; 32],
        overlay: &Overlay,
    ) -> Result<FinalPdf, PdfError> {
        let started = Instant::now();
        check_source(&source, &self.limits)?;
        let overlay = serde_json::to_vec(overlay).map_err(|error| {
            let detail = format!("What is to be drawn cannot be written as JSON: {error}.");
            PdfError::new(PdfStage::Finalise, PdfErrorType::Unknown, detail)
        })?;
        if overlay.len() as u64 > self.limits.overlay_bytes_max {
            let megabytes = self.limits.overlay_bytes_max / 1_000_000;
            let detail = format!("The annotations hold over {megabytes} MB of text. Shorten or remove some.");
            return Err(PdfError::new(PdfStage::Limits, PdfErrorType::Unknown, detail));
        }
        let mut child = WorkerProcess::start(self, Task::Finalise { source_sha256 }).await?;
        child.send(FrameKind::Overlay, &overlay).await?;
        child.send(FrameKind::Source, &source).await?;
        drop((overlay, source));
        let output = child.receive().await?;
        if output.kind != FrameKind::Output {
            return Err(child.broke_protocol().await);
        }
        let frame = child.receive().await?;
        let finalised: Finalised = child.decode(frame, FrameKind::Finalised).await?;
        child.end().await;
        let Finalised { sha256, source_page_count, page_count, warnings } = finalised;
        let bytes = Bytes::from(output.payload);
        Ok(FinalPdf { bytes, sha256, source_page_count, page_count, warnings, duration: started.elapsed() })
    }

    fn next_page(&self, payload: Vec<u8>, index: usize) -> Option<RenderedPage> {
        let page = parse_page(payload).ok()?;
        (page.index as usize == index && page.index < self.limits.pages_max).then_some(page)
    }
}
