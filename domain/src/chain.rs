//! What went wrong, and why, in a line.

use std::error::Error;

/// An error and its causes, the outermost first, with colons between them: what every log line holds under `cause`.
///
/// A cause that its error has told already, as an error does whose text ends with that of its source, is not told again.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let told = cause.to_string();
        if !line.ends_with(&told) {
            line.push_str(": ");
            line.push_str(&told);
        }
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("the ledger's database does not answer: {0}")]
        Told(#[source] Box<Failure>),
        #[error("a page could not be stored")]
        Untold(#[source] Box<Failure>),
        #[error("disk of db7 is full")]
        Root,
    }

    #[test]
    fn every_cause_is_told_once_whether_or_not_its_error_tells_it() {
        let root = || Box::new(Failure::Root);
        let told = "the ledger's database does not answer: disk of db7 is full";
        assert_eq!(chain(&Failure::Told(root())), told);
        assert_eq!(chain(&Failure::Untold(root())), "a page could not be stored: disk of db7 is full");
        let both = Failure::Untold(Box::new(Failure::Told(root())));
        assert_eq!(chain(&both), format!("a page could not be stored: {told}"));
    }
}
