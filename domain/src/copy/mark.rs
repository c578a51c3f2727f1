//! Pages and the marks on them.

use serde::{Deserialize, Serialize};

use crate::{Commitment, Digest, PageBox, Points, QuestionId};

/// A page as it was rendered at import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// SHA-256 of its PNG.
    pub sha256: Digest,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

/// What a grader put on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Where on the displayed page.
    pub area: PageBox,
    /// What sort of mark.
    pub kind: MarkKind,
    /// Points that it adds to the total, or takes from it.
    pub points: Option<Points>,
    /// The question that it is about.
    pub question: Option<QuestionId>,
    /// Its text, sealed.
    pub text: Option<Commitment>,
}

/// The sorts of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MarkKind {
    /// Words beside the text.
    Comment,
    /// A passage made bright.
    Highlight,
    /// Something wrong.
    Error,
    /// Something that earns more.
    Bonus,
}

impl MarkKind {
    /// As it stands in events and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "COMMENT",
            Self::Highlight => "HIGHLIGHT",
            Self::Error => "ERROR",
            Self::Bonus => "BONUS",
        }
    }
}

/// An annotation as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// From 1, one more at each revision.
    pub revision: u32,
    /// Which page, from 0.
    pub page_index: u32,
    /// SHA-256 of that page's image.
    pub page: Digest,
    /// What stands there.
    pub mark: Mark,
    /// Where it stands among the copy's annotations, from 1 in the order in which they were added; never given twice.
    pub number: u32,
}
