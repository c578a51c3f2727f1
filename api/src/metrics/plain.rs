//! The older text format of Prometheus, made from OpenMetrics: for people with curl, and for promtool, which reads
//! nothing else.

/// Turns OpenMetrics 1.0 into the Prometheus text format 0.0.4. The samples are the same. What differs is the name of a
/// counter's family, which ends in `_total` here, and that there is neither `# UNIT` nor `# EOF`.
pub(super) fn plain(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len() + 1_024);
    let mut lines = open_metrics.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        // The type of a family stands behind its help.
        let is_counter = |line: &str| line.starts_with("# TYPE ") && line.ends_with(" counter");
        let counter = is_counter(line)
            || (line.starts_with("# HELP ") && lines.peek().is_some_and(|next| is_counter(next)));
        match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
            ["#", what, name, rest] if counter => {
                text.extend(["# ", what, " ", name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_counters_family_is_named_as_its_samples_and_the_rest_stands_as_it_was() {
        let open_metrics = "# HELP errors What went wrong.\n# TYPE errors counter\nerrors_total{kind=\"a b\"} 3\n\
                            # HELP took_seconds How long.\n# TYPE took_seconds histogram\n# UNIT took_seconds seconds\n\
                            took_seconds_count 1\n# EOF\n";
        let expected = "# HELP errors_total What went wrong.\n# TYPE errors_total counter\nerrors_total{kind=\"a b\"} 3\n\
                        # HELP took_seconds How long.\n# TYPE took_seconds histogram\ntook_seconds_count 1\n";
        assert_eq!(plain(open_metrics), expected);
    }
}
