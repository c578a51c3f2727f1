//! Writing to stdout, whose reader may have seen enough.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write as _};

/// Writes what `write` has to say. That the reader went away, as `head` does, is no error: it has what it wanted.
pub(super) fn print(write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A text that someone wrote, fit for one line of a terminal: without what would move the cursor, start a new line or
/// turn the direction of writing, and not longer than `most` characters.
pub(super) fn on_a_line(text: &str, most: usize) -> String {
    let moves = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut line: String = text.chars().map(|c| if moves(c) { ' ' } else { c }).take(most).collect();
    if text.chars().nth(most).is_some() {
        line.pop();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_move_the_cursor_and_is_cut_at_its_end() {
        assert_eq!(on_a_line("a\u{1b}[2J\nb\u{202e}c", 20), "a [2J b c");
        assert_eq!(on_a_line("élève", 5), "élève");
        assert_eq!(on_a_line("élèves", 5), "élèv…");
    }
}
