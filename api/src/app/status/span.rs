//! Lengths of time as a person reads them.

/// A time in milliseconds, in its two largest units at most.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_time_is_said_in_units_that_fit_it() {
        let said = [0, 999, 1_000, 59_999, 60_000, 3_599_000, 3_600_000, 90_000_000].map(span);
        assert_eq!(
            said,
            ["0 ms", "999 ms", "1 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "1 d 1 h"]
        );
    }
}
