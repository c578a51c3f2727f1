//! The child process: `gradeledger pdf-worker`.
//!
//! It reads one job from stdin, answers on stdout, and ends. It has no environment, opens no file, and lives no
//! longer than its parent.

use std::cell::RefCell;
use std::io::{self, BufWriter, Read, Stdin, Write};
use std::panic::catch_unwind;
use std::process::ExitCode;

use sha2::{Digest, Sha256};

use super::AskedBy;
use super::end::OUT_OF_MEMORY;
use super::finalise::{FinalPdf, Labels, finalise_in};
use super::import::{check_source, import};
use super::overlay::Overlay;
use super::protocol::{
    Finalised, FrameKind, Imported, Job, Opened, Task, page_head, read_frame, write_frame,
};
use super::sandbox::{deny_files, is_memory_short, limit_work, stand_back};
use super::{PdfError, PdfErrorType, PdfLimits, PdfStage};

/// Fewer, larger writes to the pipe; a Linux pipe holds 64 KiB.
const OUTPUT_BUFFER_BYTES: usize = 64 * 1024;

/// Does one job of PDF work for the parent process, and returns the exit status.
///
/// Call it before anything else in `main`: it sets limits for the whole process, and has panics say where they happened
/// and not what they said, which could be text of the document.
#[must_use]
pub fn pdf_worker_main() -> ExitCode {
    deny_files();
    stand_back();
    // As any process can be started, so can this one: what is no text is no id.
    let arguments = std::env::args_os().skip(2).filter_map(|argument| argument.into_string().ok());
    let asked_by = AskedBy::of_arguments(arguments);
    say_where_panics_happen(asked_by.clone());
    let mut input = io::stdin();
    let work = match read_work(&mut input) {
        Ok(work) => work,
        Err(error) => {
            // Written by us, about the protocol; never about the document.
            let what = "it is started by gradeledger itself and reads its job from stdin";
            say(&asked_by.line(&format!("{what}: {error}")));
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = end_with_parent(input) {
        // Asked while the job is still held, which takes most of the memory.
        if is_memory_short() {
            end_without_memory(&asked_by);
        }
        say(&asked_by.line(&format!("it cannot watch for the end of its parent: {error}")));
        return ExitCode::FAILURE;
    }
    let mut output = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, io::stdout());
    match answer(work, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_parent_is_gone) => ExitCode::FAILURE,
    }
}

fn say_where_panics_happen(asked_by: AskedBy) {
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(at) = panic.location() {
            say(&asked_by.line(&format!("a panic at {}:{}", at.file(), at.line())));
        }
        // Ends as any allocation that fails does: an answer would say that the file is damaged.
        if is_memory_short() {
            end_without_memory(&asked_by);
        }
    }));
}

fn end_without_memory(asked_by: &AskedBy) -> ! {
    say(&asked_by.line(OUT_OF_MEMORY));
    std::process::abort()
}

/// Says something on stderr, for the parent's log. A parent that is gone hears nothing.
fn say(line: &str) {
    let _ = io::stderr().write_all(line.as_bytes());
}

/// A job with all that it takes.
struct Work {
    job: Job,
    /// JSON of what is to be drawn; empty for an import.
    overlay: Vec<u8>,
    source: Vec<u8>,
}

fn read_work(input: &mut Stdin) -> io::Result<Work> {
    let job: Job = serde_json::from_slice(&expect_frame(input, FrameKind::Job, &PdfLimits::default())?)?;
    let (seconds, has_overlay) = match job.task {
        Task::Import => (job.limits.import_seconds_max, false),
        Task::Finalise { .. } => (job.limits.finalise_seconds_max, true),
    };
    limit_work(&job.limits, seconds);
    let overlay =
        if has_overlay { expect_frame(input, FrameKind::Overlay, &job.limits)? } else { Vec::new() };
    let source = expect_frame(input, FrameKind::Source, &job.limits)?;
    Ok(Work { job, overlay, source })
}

fn expect_frame(input: &mut impl Read, kind: FrameKind, limits: &PdfLimits) -> io::Result<Vec<u8>> {
    let frame = read_frame(input, limits)?;
    if frame.kind == kind {
        Ok(frame.payload)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("{:?} came before {kind:?}", frame.kind)))
    }
}

/// Ends this process when stdin does, which is when the parent has ended, however it ended.
///
/// Linux could send a signal at the parent's death, but means the thread that started the child, and threads
/// of an asynchronous runtime come and go.
///
/// # Errors
/// Where the thread that watches cannot be started.
fn end_with_parent(mut input: Stdin) -> io::Result<()> {
    let watch = move || {
        let mut byte = [0];
        // The parent sends nothing more; a byte would be a broken protocol, and as much a reason to end.
        let _ = input.read(&mut byte);
        std::process::exit(1);
    };
    std::thread::Builder::new().stack_size(WATCH_STACK_BYTES).spawn(watch)?;
    Ok(())
}

/// A stack counts against the memory of the job, and waiting for one byte needs next to none.
const WATCH_STACK_BYTES: usize = 64 * 1024;

/// Does the job and writes its answer.
///
/// # Errors
/// Only when the answer cannot be written; a failure of the work is an answer.
fn answer(work: Work, output: &mut impl Write) -> io::Result<()> {
    let outcome = match work.job.task {
        Task::Import => answer_import(work, output),
        Task::Finalise { source_sha256 } => answer_finalise(work, source_sha256, output),
    };
    match outcome {
        Ok(()) => Ok(()),
        Err(WorkError::Pdf(error)) => write_frame(output, FrameKind::Failed, &[&serde_json::to_vec(&error)?]),
        Err(WorkError::Output(error)) => Err(error),
    }
}

fn answer_import(work: Work, output: &mut impl Write) -> Result<(), WorkError> {
    let mut page_count = 0;
    // Both tell the parent something, one after the other.
    let output = RefCell::new(output);
    let opened = |pages: usize| -> Result<(), WorkError> {
        let opened = serde_json::to_vec(&Opened { page_count: pages as u32 }).map_err(io::Error::from)?;
        Ok(write_frame(&mut *output.borrow_mut(), FrameKind::Opened, &[&opened])?)
    };
    let warnings = import(work.source, &work.job.limits, opened, |page| {
        page_count += 1;
        let page = write_frame(&mut *output.borrow_mut(), FrameKind::Page, &[&page_head(&page), &page.png]);
        page.map_err(WorkError::Output)
    })?;
    let output = output.into_inner();
    let imported = serde_json::to_vec(&Imported { page_count, warnings }).map_err(io::Error::from)?;
    Ok(write_frame(output, FrameKind::Imported, &[&imported])?)
}

fn answer_finalise(work: Work, sha256: [u8; 32], output: &mut impl Write) -> Result<(), WorkError> {
    check_source(&work.source, &work.job.limits)?;
    let overlay: Overlay = serde_json::from_slice(&work.overlay).map_err(io::Error::from)?;
    // The reader may stop on a source by panicking; see the import.
    let make = || finalise_in(work.source, sha256, &overlay, &Labels::ENGLISH);
    let finalised = catch_unwind(make).map_err(|_panic| {
        let detail = "The final PDF could not be made: the source is damaged. Import the copy again.";
        PdfError::new(PdfStage::Finalise, PdfErrorType::InvalidPdf, detail)
    })?;
    let FinalPdf { bytes, source_pages, page_count, warnings } = finalised.map_err(PdfError::from)?;
    let sha256 = Sha256::digest(&bytes).into();
    let (source_page_count, page_count) = (source_pages as u32, page_count as u32);
    let facts = Finalised { sha256, source_page_count, page_count, warnings };
    let facts = serde_json::to_vec(&facts).map_err(io::Error::from)?;
    write_frame(output, FrameKind::Output, &[&bytes])?;
    Ok(write_frame(output, FrameKind::Finalised, &[&facts])?)
}

/// Why work ended: the PDF, or the pipe to the parent.
#[derive(Debug)]
enum WorkError {
    Pdf(PdfError),
    Output(io::Error),
}

impl From<PdfError> for WorkError {
    fn from(error: PdfError) -> Self {
        Self::Pdf(error)
    }
}

impl From<io::Error> for WorkError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
