//! Colours, which only say again what the words say.

use std::io::{IsTerminal as _, stdout};

/// Paints, or does not.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Paint {
    on: bool,
}

impl Paint {
    /// For stdout: on a terminal that can, unless `NO_COLOR` is set to anything (no-color.org).
    pub(in crate::cli) fn of_stdout() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_none_or(|terminal| terminal == "dumb");
        Self { on: stdout().is_terminal() && !dumb && set("NO_COLOR").is_none() }
    }

    /// What needs a person.
    pub(in crate::cli) fn alarm(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// What is not as it should be.
    pub(in crate::cli) fn warning(self, text: &str) -> String {
        self.with("33", text)
    }

    /// What is well.
    pub(in crate::cli) fn well(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What leads the eye.
    pub(in crate::cli) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Select Graphic Rendition (ECMA-48, section 8.3.117).
    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
