//! What the child denies itself before it reads a byte of a PDF.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::PdfLimits;

/// Stdin, stdout, stderr, and a few for the standard library.
const OPEN_FILES_MAX: u64 = 16;

/// Address space that is reserved and not memory: the program, thread stacks, and the 64 MiB heap arenas that
/// glibc reserves for each thread.
#[cfg(target_os = "linux")]
const RESERVED_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What counts the memory of a job. Data is what may be written: heap and mappings.
#[cfg(target_os = "linux")]
const MEMORY: Resource = Resource::Data;
#[cfg(not(target_os = "linux"))]
const MEMORY: Resource = Resource::As;

/// How far a child stands back, in the steps of nice(2): whoever waits for an answer comes before whoever waits for a PDF.
const STANDS_BACK: i32 = 10;

/// Takes no more of the cores than others leave, where they are all busy.
pub(super) fn stand_back() {
    // Always allowed; a system that refuses it gives the child a full share.
    let _ = rustix::process::nice(STANDS_BACK);
}

/// Limits that hold for any job: no core dump (it would hold the document), no file written, few opened.
pub(super) fn deny_files() {
    lower(Resource::Core, 0);
    lower(Resource::Fsize, 0);
    lower(Resource::Nofile, OPEN_FILES_MAX);
}

/// Limits that the job names.
///
/// An allocation over the memory limit aborts the process; the parent reads that off its end. Processor time
/// only backs up the parent's clock, should the parent be stopped: `seconds` on every core.
pub(super) fn limit_work(limits: &PdfLimits, seconds: u64) {
    lower(MEMORY, limits.memory_bytes_max);
    // A second line for kernels that do not count mappings as data (before 4.7).
    #[cfg(target_os = "linux")]
    lower(Resource::As, limits.memory_bytes_max.saturating_add(RESERVED_BYTES));
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    lower(Resource::Cpu, seconds.saturating_mul(cores).saturating_add(1));
}

/// A panic with less than this part of the memory limit left is taken for one of an allocation that failed.
const SHORT_PART: u64 = 8;
/// Or with less than this: so little the allocator may still have at hand when the system gives it no more.
const SHORT_BYTES: usize = 1 << 20;

/// Whether the memory that a job may take has all but gone.
///
/// Much of what reads or writes a PDF panics, as over damage, where it gets no memory; and nothing but the memory that is left
/// at that moment tells one from the other.
pub(super) fn is_memory_short() -> bool {
    let Some(limit) = getrlimit(MEMORY).current else { return false };
    let part = usize::try_from(limit / SHORT_PART).unwrap_or(usize::MAX).max(SHORT_BYTES);
    // Reserved and never touched, so that asking costs nothing; seen from outside, so that no compiler leaves it out.
    let mut probe = Vec::<u8>::new();
    let short = probe.try_reserve_exact(part).is_err();
    std::hint::black_box(&probe);
    short
}

/// Sets soft and hard limit, so that it cannot be raised again, and never above what stands already.
fn lower(resource: Resource, to: u64) {
    let standing = getrlimit(resource).maximum;
    let value = Some(standing.map_or(to, |maximum| maximum.min(to)));
    // Lowering is always allowed; a system that does not know the limit still has the parent's clock.
    let _ = setrlimit(resource, Rlimit { current: value, maximum: value });
}
