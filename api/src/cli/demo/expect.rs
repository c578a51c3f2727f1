//! What the script expects, and what differed.

use serde_json::Value;

/// Collects what differed, so that one difference does not hide the next.
#[derive(Default)]
pub(super) struct Expectations {
    held: usize,
    differed: Vec<String>,
}

impl Expectations {
    /// Expects two values to be equal.
    pub(super) fn equal(&mut self, what: &str, expected: &Value, found: &Value) {
        if expected == found {
            self.held += 1;
        } else {
            self.differed.push(format!("{what}: expected {expected}, found {found}"));
        }
    }

    /// How many held.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// What differed, a line each.
    pub(super) fn differed(&self) -> &[String] {
        &self.differed
    }
}
