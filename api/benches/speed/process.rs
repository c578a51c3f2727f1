//! What a process takes, as Linux tells it in `/proc`.

/// What Linux counts a process's time in, in milliseconds.
pub(crate) const TICK_MS: u64 = 10;

/// Of this process, in user and kernel.
pub(crate) fn cpu_ms() -> u64 {
    stat("self")[11..13].iter().sum::<u64>() * TICK_MS
}

/// The fields of `/proc/PID/stat` behind the name, as proc(5) numbers them less three.
pub(crate) fn stat(process: &str) -> Vec<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit(") ").next().unwrap().split(' ').map(|field| field.parse().unwrap_or(0)).collect()
}

/// The most memory that this process had since [`forget_peak`].
pub(crate) fn peak_memory_mb() -> f64 {
    status_mb("VmHWM:")
}

/// What it has now.
pub(crate) fn memory_mb() -> f64 {
    status_mb("VmRSS:")
}

/// Begins the count of the peak anew, with what there is (proc(5), `clear_refs`).
pub(crate) fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn status_mb(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let kib = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    kib.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1_024.0
}
