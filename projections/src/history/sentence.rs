//! A sentence for an auditor, before its texts are opened: what it is made of, so that whoever shows it decides how.

use std::fmt::Display;

use domain::{ActorId, Commitment, SubjectId, Timestamp};

/// A sentence. It holds commitments and no personal text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence(Vec<Piece>);

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words that are the same for every reader.
    Words(String),
    /// A text that someone wrote, sealed.
    Sealed(Commitment),
    /// A pseudonym.
    Actor(ActorId),
    /// The pseudonym of a subject, for those who may know whose a copy is.
    Subject(SubjectId),
    /// An instant.
    At(Timestamp),
}

impl Sentence {
    /// A sentence that begins so.
    pub(super) fn of(words: impl Display) -> Self {
        Self(vec![Piece::Words(words.to_string())])
    }

    pub(super) fn words(mut self, words: impl Display) -> Self {
        self.0.push(Piece::Words(words.to_string()));
        self
    }

    pub(super) fn sealed(self, text: Commitment) -> Self {
        self.words("“").piece(Piece::Sealed(text)).words("”")
    }

    /// A text, or that there is none.
    pub(super) fn text(self, text: Option<Commitment>) -> Self {
        match text {
            Some(text) => self.sealed(text),
            None => self.words("none"),
        }
    }

    pub(super) fn actor(self, actor: ActorId) -> Self {
        self.piece(Piece::Actor(actor))
    }

    pub(super) fn subject(self, subject: SubjectId) -> Self {
        self.piece(Piece::Subject(subject))
    }

    pub(super) fn at(self, at: Timestamp) -> Self {
        self.piece(Piece::At(at))
    }

    fn piece(mut self, piece: Piece) -> Self {
        self.0.push(piece);
        self
    }

    /// The sealed texts that it quotes.
    pub fn commitments(&self) -> impl Iterator<Item = Commitment> + '_ {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Sealed(text) => Some(*text),
            Piece::Words(_) | Piece::Actor(_) | Piece::Subject(_) | Piece::At(_) => None,
        })
    }

    /// The sentence, each piece as `show` writes it.
    #[must_use]
    pub fn spoken(&self, show: impl Fn(&Piece) -> String) -> String {
        self.0.iter().map(show).collect()
    }
}
