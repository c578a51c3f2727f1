//! For which request a child works, and what it says on stderr about its work.

/// The request that a child works for. It stands in the title of the process, where whoever looks for a child that hangs
/// finds it, and before all that the child says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedBy {
    /// Its id.
    pub request_id: Option<String>,
    /// The trace that it was part of.
    pub traceparent: Option<String>,
}

const REQUEST_ID: &str = "--request-id=";
const TRACEPARENT: &str = "--traceparent=";

/// What every line begins with that is the child's own: written by us, and never about the document.
const OWN: &str = "pdf-worker";

/// What the standard library writes before it aborts; see [`super::end`].
const ABORTS: [&str; 3] = ["memory allocation of ", "thread '", "fatal runtime error: "];

/// The most lines that are repeated, and characters of each.
const LINES: usize = 8;
const CHARACTERS: usize = 300;

impl AskedBy {
    /// As arguments of the child.
    pub(super) fn arguments(&self) -> Vec<String> {
        let request_id = self.request_id.iter().map(|id| format!("{REQUEST_ID}{id}"));
        let traceparent = self.traceparent.iter().map(|parent| format!("{TRACEPARENT}{parent}"));
        request_id.chain(traceparent).collect()
    }

    /// From the child's own arguments; it does the same work without them.
    pub(super) fn of_arguments(arguments: impl Iterator<Item = String>) -> Self {
        let mut asked = Self::default();
        for argument in arguments {
            if let Some(id) = argument.strip_prefix(REQUEST_ID) {
                asked.request_id = Some(id.to_owned());
            } else if let Some(parent) = argument.strip_prefix(TRACEPARENT) {
                asked.traceparent = Some(parent.to_owned());
            }
        }
        asked
    }

    /// A line for stderr. `what` is ours, and never the document's.
    pub(super) fn line(&self, what: &str) -> String {
        let mut line = OWN.to_owned();
        for (name, id) in [("request", &self.request_id), ("traceparent", &self.traceparent)] {
            if let Some(id) = id {
                line.push_str(&format!(" {name} {id}"));
            }
        }
        format!("{line}: {what}\n")
    }
}

/// Of what a child wrote on stderr the lines that can be logged: its own, and those of the standard library about an abort.
/// Anything else could be the document's words. Bounded, and without control characters.
pub(super) fn repeatable(said: &[u8]) -> Vec<String> {
    let said = String::from_utf8_lossy(said);
    let known = |line: &&str| line.starts_with(OWN) || ABORTS.iter().any(|abort| line.starts_with(abort));
    let plain =
        |line: &str| line.chars().filter(|character| !character.is_control()).take(CHARACTERS).collect();
    said.lines().filter(known).take(LINES).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> AskedBy {
        AskedBy { request_id: Some("front-7".to_owned()), traceparent: Some("00-ab-cd-01".to_owned()) }
    }

    #[test]
    fn a_child_learns_for_whom_it_works_and_says_so_before_all_else() {
        assert_eq!(AskedBy::of_arguments(asked().arguments().into_iter()), asked());
        assert_eq!(asked().line("it ends"), "pdf-worker request front-7 traceparent 00-ab-cd-01: it ends\n");
        assert_eq!(AskedBy::of_arguments(std::iter::empty()).line("it ends"), "pdf-worker: it ends\n");
    }

    #[test]
    fn only_what_is_surely_not_the_document_s_is_repeated_and_that_bounded_and_plain() {
        let long = "x".repeat(1_000);
        let said = format!(
            "Jane Doe, 4B\n{}memory allocation of 9 bytes failed\npdf-worker: \u{1b}[2J{long}\n\u{9b}{{\"level\":\"forged\"}}\n",
            asked().line("a panic at src/raster.rs:7")
        );
        let repeated = repeatable(said.as_bytes());
        assert_eq!(
            repeated[0],
            "pdf-worker request front-7 traceparent 00-ab-cd-01: a panic at src/raster.rs:7"
        );
        assert_eq!(repeated[1], "memory allocation of 9 bytes failed");
        assert!(repeated[2].starts_with("pdf-worker: [2Jxxx") && repeated[2].len() == CHARACTERS);
        assert_eq!(repeated.len(), 3);
        assert_eq!(repeatable("pdf-worker: again\n".repeat(500).as_bytes()).len(), LINES);
    }
}
