//! The colours of a final PDF: few, dark enough to read on paper, apart in grey as well as in hue.

use super::canvas::Colour;
use crate::pdf::overlay::MarkKind;

/// Running text.
pub(super) const TEXT: Colour = [0.13, 0.14, 0.17];
/// What matters less: column heads, remarks' labels, the foot of a page.
pub(super) const MUTED: Colour = [0.42, 0.44, 0.48];
/// Rules between lines.
pub(super) const RULE: Colour = [0.80, 0.81, 0.84];
/// Paper.
pub(super) const WHITE: Colour = [1.0, 1.0, 1.0];
/// A text marker.
pub(super) const MARKER: Colour = [1.0, 0.87, 0.30];

/// The colour of a kind's frame, badge and heading.
pub(super) fn of_kind(kind: MarkKind) -> Colour {
    match kind {
        MarkKind::Comment => [0.12, 0.35, 0.62],
        MarkKind::Highlight => [0.60, 0.42, 0.02],
        MarkKind::Error => [0.72, 0.13, 0.13],
        MarkKind::Bonus => [0.08, 0.45, 0.24],
    }
}
