//! Which metrics an expression of PromQL asks for.

use std::collections::BTreeSet;

/// Words that stand in an expression and are no metric.
const WORDS: [&str; 7] = ["and", "or", "unless", "bool", "offset", "inf", "nan"];

/// What labels are listed after.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The names of all metrics in an expression.
pub(super) fn names_in(promql: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = promql;
    while let Some(next) = rest.chars().next() {
        if next == '"' {
            rest = after(&rest[1..], '"');
        } else if next == '{' {
            // A closing brace may stand in a matcher: `route="/copies/{copy}"`.
            rest = after_matchers(&rest[1..]);
        } else if next == '[' {
            rest = after(rest, ']');
        } else if next.is_ascii_alphabetic() || next == '_' {
            let end = rest.find(|other: char| !other.is_ascii_alphanumeric() && other != '_' && other != ':');
            let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
            rest = behind;
            // `sum (x)`, and `sum by (y) (x)`.
            let opens = ["(", "by", "without"].iter().any(|next| rest.trim_start().starts_with(next));
            if BEFORE_LABELS.contains(&word) && opens {
                rest = after(rest, ')');
            } else if !opens && !WORDS.contains(&word) {
                names.insert(word.to_owned());
            } else if word == "offset" {
                rest = rest.trim_start().trim_start_matches(|next: char| next.is_ascii_alphanumeric());
            }
        } else {
            // A number and its unit are one word.
            let digits = |next: char| next.is_ascii_alphanumeric() || next == '.';
            rest = if next.is_ascii_digit() {
                rest.trim_start_matches(digits)
            } else {
                &rest[next.len_utf8()..]
            };
        }
    }
    names
}

fn after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

fn after_matchers(text: &str) -> &str {
    let mut quoted = false;
    let end = text.find(|next: char| {
        quoted ^= next == '"';
        next == '}' && !quoted
    });
    end.map_or("", |end| &text[end + 1..])
}

#[test]
fn every_metric_of_an_expression_is_found_and_nothing_else() {
    let promql = r#"histogram_quantile(0.95, sum by (le, route) (rate(a_seconds_bucket{route!="/x/{copy}/sum",le="1.0"}[5m])))
        > 3 * (sum(increase(b_total[15m] offset 1h)) or on () vector(0)) and on (instance) max without (kind) (c) == bool 1
        unless time() - d{job=~"up"} / on (pool) group_left (x) e > 1e9"#;
    let names: Vec<String> = names_in(promql).into_iter().collect();
    assert_eq!(names, ["a_seconds_bucket", "b_total", "c", "d", "e"]);
}
