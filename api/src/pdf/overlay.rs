//! What is drawn over a copy when it is finalised: the marks on its pages and the score sheet behind them.
//!
//! This is the whole contract between the ledger's fold and the PDF: plain serde types, integers only, so
//! that they travel as JSON to the child process that does the PDF work and the same basis gives the same
//! bytes. Nothing here is computed: totals come from the one fold (law L8), and `finalise` only checks that
//! the lines it prints add up to them.

use serde::{Deserialize, Serialize};

/// Millionths in a whole page side; a box coordinate is `0..=MILLIONTHS`.
pub const MILLIONTHS: u32 = 1_000_000;

/// All that `finalise` draws over one copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// Which copy this is, for the score sheet's head and the file's metadata.
    pub document: DocumentFacts,
    /// Pages with marks; a page without marks need not be listed, and no page is listed twice.
    pub pages: Vec<PageOverlay>,
    /// The pages that follow the copy's own pages.
    pub score_sheet: ScoreSheet,
}

/// Which copy, and which of its finalisations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFacts {
    /// The exam's title as the office wrote it.
    #[serde(default)]
    pub exam_title: Option<String>,
    /// The copy's anonymous id within its exam.
    pub anonymous_id: String,
    /// The copy's UUID.
    pub copy_id: String,
    /// Sequence in the copy's stream of the last event that this PDF shows (law L6).
    pub basis_sequence: u64,
    /// Which attempt at this finalisation, from 1.
    pub attempt: u32,
}

/// The marks of one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageOverlay {
    /// Index of the page in the source, from 0.
    pub page_index: usize,
    /// Drawn in this order, later ones on top.
    pub marks: Vec<MarkOverlay>,
}

/// One annotation, drawn where the grader drew it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkOverlay {
    /// The number in its badge; counts from 1 on each page.
    pub number: u32,
    /// Where it lies on the page as shown.
    #[serde(rename = "box")]
    pub area: MarkBox,
    /// What the grader meant by it.
    pub kind: MarkKind,
    /// Points given or taken, in hundredths: `-250` is −2.5.
    #[serde(default)]
    pub points_hundredths: Option<i64>,
    /// The question it belongs to, as the scheme labels it.
    #[serde(default)]
    pub question: Option<String>,
    /// What the grader wrote; may be empty.
    #[serde(default)]
    pub text: String,
}

crate::redacted::debug_without_the_rest! { MarkOverlay { number, area, kind, points_hundredths, question } }

/// A box in millionths of the page *as shown*: after `/Rotate`, within the crop box that the renderer shows,
/// origin at the top left, `y` growing downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkBox {
    /// From the left edge.
    pub x: u32,
    /// From the top edge.
    pub y: u32,
    /// Of the page's shown width.
    pub width: u32,
    /// Of the page's shown height.
    pub height: u32,
}

impl MarkBox {
    /// Whether the whole box lies on the page (law L18).
    #[must_use]
    pub fn is_inside_page(&self) -> bool {
        let fits = |start: u32, length: u32| u64::from(start) + u64::from(length) <= u64::from(MILLIONTHS);
        fits(self.x, self.width) && fits(self.y, self.height)
    }
}

/// The four kinds of annotation, spelt as in the ledger's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MarkKind {
    /// A remark without judgement.
    Comment,
    /// Something to notice.
    Highlight,
    /// Something wrong.
    Error,
    /// Something that earns more.
    Bonus,
}

/// The result of a copy, as printed.
///
/// `finalise` refuses a sheet unless the points of `questions` and `annotations` sum to
/// `total_hundredths`, and the maxima of `questions` to `maximum_total_hundredths`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreSheet {
    /// One line a question of the pinned scheme, in the scheme's order.
    pub questions: Vec<QuestionLine>,
    /// One line for each annotation whose points count towards the total by themselves.
    #[serde(default)]
    pub annotations: Vec<AnnotationPointsLine>,
    /// The total of the one fold.
    pub total_hundredths: i64,
    /// The sum of the scheme's maxima.
    pub maximum_total_hundredths: i64,
    /// The grader's appreciation of the whole copy.
    #[serde(default)]
    pub appreciation: Option<String>,
}

crate::redacted::debug_without_the_rest! { ScoreSheet { questions, annotations, total_hundredths, maximum_total_hundredths } }

/// A question's line on the score sheet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionLine {
    /// The question as the scheme labels it.
    pub label: String,
    /// What was given, in hundredths; `None` when it was not scored, which counts as 0.
    pub points_hundredths: Option<i64>,
    /// What could be given, in hundredths.
    pub maximum_hundredths: i64,
    /// The grader's remark on this question.
    #[serde(default)]
    pub remark: Option<String>,
}

crate::redacted::debug_without_the_rest! { QuestionLine { label, points_hundredths, maximum_hundredths } }

/// The line of an annotation that carries points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnotationPointsLine {
    /// Index of its page in the source, from 0.
    pub page_index: usize,
    /// The number in its badge.
    pub number: u32,
    /// What the grader meant by it.
    pub kind: MarkKind,
    /// The question it belongs to, as the scheme labels it.
    #[serde(default)]
    pub question: Option<String>,
    /// Points given or taken, in hundredths.
    pub points_hundredths: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_ends_on_the_page_edge_is_inside_and_one_millionth_more_is_not() {
        let area = MarkBox { x: 400_000, y: 0, width: 600_000, height: MILLIONTHS };
        assert!(area.is_inside_page());
        assert!(!MarkBox { x: 400_001, ..area }.is_inside_page());
        assert!(!MarkBox { x: u32::MAX, width: u32::MAX, ..area }.is_inside_page());
    }

    #[test]
    fn a_mark_is_read_from_the_json_that_the_ledger_speaks() {
        let mark: MarkOverlay = serde_json::from_str(
            r#"{"number":1,"box":{"x":1,"y":2,"width":3,"height":4},"kind":"ERROR","points_hundredths":-250}"#,
        )
        .unwrap();
        assert_eq!((mark.kind, mark.points_hundredths), (MarkKind::Error, Some(-250)));
        assert!(serde_json::from_str::<MarkKind>("\"Comment\"").is_err());
    }
}
