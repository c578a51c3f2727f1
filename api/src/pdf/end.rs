//! What the end of a child says about its PDF.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::{PdfError, PdfErrorType, PdfLimits, PdfStage};

/// What the standard library writes when an allocation fails, before it aborts.
const ALLOCATION_FAILED: &[u8] = b"memory allocation of";

/// What a child of ours says when it panicked for want of memory, before it aborts.
pub(super) const OUT_OF_MEMORY: &str = "no memory is left";

/// What the standard library writes when a thread overflows its stack, before it aborts.
const STACK_OVERFLOWED: &[u8] = b"has overflowed its stack";

/// Why a child that did the work of `stage` ended without an answer, told from its status and the head of its
/// stderr. What it wrote there is compared and never repeated.
pub(super) fn describe(
    status: ExitStatus,
    said: &[u8],
    stage: PdfStage,
    seconds_max: u64,
    limits: &PdfLimits,
) -> PdfError {
    let unknown = |stage, detail: String| PdfError::new(stage, PdfErrorType::Unknown, detail);
    let said_that = |what: &[u8]| said.windows(what.len()).any(|window| window == what);
    let signal = status.signal().and_then(Signal::from_named_raw);
    if signal == Some(Signal::XCPU) {
        out_of_time(stage, seconds_max)
    } else if said_that(ALLOCATION_FAILED) || said_that(OUT_OF_MEMORY.as_bytes()) {
        let mebibytes = limits.memory_bytes_max / (1024 * 1024);
        unknown(
            stage,
            format!("The PDF reached the memory limit ({mebibytes} MiB). Scan at a lower resolution."),
        )
    } else if said_that(STACK_OVERFLOWED) {
        unknown(stage, "The PDF nests its content too deeply to be read. Print it to a new PDF.".to_owned())
    } else if signal == Some(Signal::KILL) {
        let detail = "The PDF process was killed from outside; the machine may be out of memory. Retry.";
        unknown(stage, detail.to_owned())
    } else {
        // Our own program ends with a status, and no answer, only when it was never asked properly.
        let stage = if signal.is_some() { stage } else { PdfStage::Worker };
        let detail = format!(
            "The PDF process ended without an answer ({status}). Retry; if it happens again, report it."
        );
        unknown(stage, detail)
    }
}

/// The failure of work that was stopped at its time limit.
pub(super) fn out_of_time(stage: PdfStage, seconds_max: u64) -> PdfError {
    let detail = format!(
        "The PDF was not done within {seconds_max} s and was stopped. Print it to a new PDF, or scan again."
    );
    PdfError::new(stage, PdfErrorType::Timeout, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(raw_status: i32, said: &str) -> PdfError {
        let status = ExitStatus::from_raw(raw_status);
        describe(status, said.as_bytes(), PdfStage::Render, 120, &PdfLimits::default())
    }

    #[test]
    fn an_end_is_told_by_its_signal_and_by_what_the_standard_library_wrote() {
        let (abort, kill, xcpu, segv) =
            (Signal::ABORT.as_raw(), Signal::KILL.as_raw(), Signal::XCPU.as_raw(), Signal::SEGV.as_raw());
        let memory = told(abort, "memory allocation of 1073741824 bytes failed\n");
        assert!(memory.detail.contains("memory limit (2048 MiB)"), "{memory}");
        let panicked =
            told(abort, "pdf-worker: a panic at src/deflate.rs:7\npdf-worker: no memory is left\n");
        assert_eq!(panicked, memory);
        let stack = told(
            abort,
            "\nthread 'page-0' (7) has overflowed its stack\nfatal runtime error: stack overflow",
        );
        assert!(stack.detail.contains("too deeply"), "{stack}");
        assert!(told(kill, "").detail.contains("killed from outside"));
        assert_eq!(told(xcpu, "").error_type, PdfErrorType::Timeout);
        assert_eq!(told(segv, "").stage, PdfStage::Render);
        // An exit status of 1, as wait(2) encodes it.
        assert_eq!(told(1 << 8, "").stage, PdfStage::Worker);
    }

    #[test]
    fn what_a_child_wrote_is_never_repeated() {
        let secret = "Jane Doe, 4B";
        for raw_status in [1 << 8, Signal::ABORT.as_raw()] {
            assert!(!told(raw_status, secret).detail.contains(secret));
        }
    }
}
