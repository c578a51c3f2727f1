//! The words printed on a final PDF, in one place, so that an office can have them in its language.

use crate::pdf::overlay::MarkKind;

/// Every word that `finalise` prints by itself.
#[derive(Debug, Clone, Copy)]
pub struct Labels {
    /// BCP 47 tag of the language that these words are in.
    pub language: &'static str,
    /// Between the whole part and the hundredths.
    pub decimal_mark: char,
    /// Heads the score sheet.
    pub score_sheet: &'static str,
    /// Before the anonymous id.
    pub copy: &'static str,
    /// Column of the scheme's questions.
    pub question: &'static str,
    /// Column of points given.
    pub points: &'static str,
    /// Column of points that could be given.
    pub maximum: &'static str,
    /// Where a question has no score.
    pub not_scored: &'static str,
    /// Heads the annotations that carry points.
    pub annotation_points: &'static str,
    /// The last line of the sum.
    pub total: &'static str,
    /// Heads the appreciation of the whole copy.
    pub appreciation: &'static str,
    /// Heads the notes that their pages had no room for.
    pub notes: &'static str,
    /// Before a page number.
    pub page: &'static str,
    /// Before the number of an annotation.
    pub note: &'static str,
    /// Before the characters that no font has.
    pub without_glyph: &'static str,
    /// Before the pages whose scan could be read only in part.
    pub incomplete_pages: &'static str,
    /// Before the sequence of the last event shown.
    pub basis: &'static str,
    /// Before the number of the attempt.
    pub attempt: &'static str,
    /// The kinds, in the order comment, highlight, error, bonus.
    pub kinds: [&'static str; 4],
}

impl Labels {
    /// The default.
    pub const ENGLISH: Self = Self {
        language: "en",
        decimal_mark: '.',
        score_sheet: "Score sheet",
        copy: "Copy",
        question: "Question",
        points: "Points",
        maximum: "Out of",
        not_scored: "not scored",
        annotation_points: "Points on the pages",
        total: "Total",
        appreciation: "Appreciation",
        notes: "Notes too long for their page",
        page: "Page",
        note: "note",
        without_glyph: "Characters that no font here can draw, shown as boxes with their code:",
        incomplete_pages: "Pages whose scan could be read only in part:",
        basis: "as of event",
        attempt: "attempt",
        kinds: ["Comment", "Highlight", "Error", "Bonus"],
    };

    pub(super) fn kind(&self, kind: MarkKind) -> &'static str {
        let index = match kind {
            MarkKind::Comment => 0,
            MarkKind::Highlight => 1,
            MarkKind::Error => 2,
            MarkKind::Bonus => 3,
        };
        self.kinds[index]
    }

    /// Hundredths as a person writes points: `-250` is −2.5 (with U+2212), `25` is 0.25, `300` is 3.
    pub(super) fn points(&self, hundredths: i64) -> String {
        let sign = if hundredths < 0 { "\u{2212}" } else { "" };
        let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
        let mark = self.decimal_mark;
        match rest {
            0 => format!("{sign}{whole}"),
            tenths if tenths % 10 == 0 => format!("{sign}{whole}{mark}{}", tenths / 10),
            _ => format!("{sign}{whole}{mark}{rest:02}"),
        }
    }

    /// As [`Self::points`], with a plus where something is added.
    pub(super) fn signed_points(&self, hundredths: i64) -> String {
        let plus = if hundredths > 0 { "+" } else { "" };
        format!("{plus}{}", self.points(hundredths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_are_printed_as_decimals_without_idle_zeros() {
        let print = |hundredths| Labels::ENGLISH.points(hundredths);
        assert_eq!(
            [-250, 25, 300, 0, 5, -5, 1_210].map(print),
            ["−2.5", "0.25", "3", "0", "0.05", "−0.05", "12.1"]
        );
        assert_eq!(print(i64::MIN), "−92233720368547758.08");
        assert_eq!(Labels::ENGLISH.signed_points(50), "+0.5");
    }
}
