//! What the person who waits sees: a spinner on a terminal, plain lines elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Says how far the session is.
pub(super) struct Progress {
    spinner: ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        let spinner = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(120));
        Self { spinner }
    }

    /// Something begins that may take long.
    pub(super) fn begin(&self, step: &str) {
        self.spinner.set_message(step.to_owned());
        self.spinner.reset_elapsed();
    }

    /// Something is done.
    pub(super) fn say(&self, line: &str) {
        self.spinner.suspend(|| println!("  {line}"));
    }

    pub(super) fn end(&self) {
        self.spinner.finish_and_clear();
    }
}
