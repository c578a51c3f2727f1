//! Long texts, folded at words.

use super::COLUMNS;

/// A text behind `first`, folded at words, its further lines behind as many spaces as `first` has characters. What stands
/// between back quotes is to be typed, and is never folded: it stands on a line of its own where it does not fit.
pub(in crate::cli) fn wrap(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let mut said = first.to_owned();
    let mut column = indent;
    for (nth, word) in words(text).into_iter().enumerate() {
        let length = word.chars().count();
        if nth > 0 && column + 1 + length > COLUMNS && column > indent {
            said.push('\n');
            said.push_str(&" ".repeat(indent));
            column = indent;
        } else if nth > 0 {
            said.push(' ');
            column += 1;
        }
        said.push_str(&word);
        column += length;
    }
    said.push('\n');
    said
}

/// The words of a text; what stands between back quotes is one, with what is written right before and after it.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        quoted ^= c == '`';
        if c.is_whitespace() && !quoted {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        } else {
            word.push(c);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_folded_at_words_behind_its_name_and_a_command_is_left_whole() {
        let text = "the disk of the blobs is nearly full, and whatever comes in from now on fails sooner or later, so mend it";
        let said = wrap("  next       ", text);
        assert!(said.lines().all(|line| line.chars().count() <= COLUMNS), "{said}");
        assert_eq!(said.lines().nth(1), Some("             later, so mend it"));
        let command =
            format!("`gradeledger projections park annotations --stream {} --reason TEXT`", "0".repeat(60));
        let said = wrap("  next       ", &format!("mend the cause, then {command}; or wait"));
        assert!(said.contains(&command), "{said}");
        assert_eq!(wrap("  a  ", ""), "  a  \n");
    }
}
