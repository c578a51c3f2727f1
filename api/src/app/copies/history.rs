//! Reading the past of a copy: as it stood at a moment, and what changed between two.
//!
//! Nothing here writes, and no view is asked: the past is folded from the copy's own events, so it is never behind and
//! can be read from the ledger's database alone.

use domain::{Commitment, CopyId};
use projections::history::{
    self, Change, CopyThen, Differs, HistoryError, Moment, Piece, Sentence, Then, words_of_change,
    words_of_event,
};
use projections::{LedgerEvent, RecordedEvent};
use serde_json::Value;
use sqlx::PgPool;

use super::super::answers::decimal::DecimalPoints;
use super::super::answers::history::{ActAnswer, AsOfAnswer, ChangeAnswer, HistoryAnswer, HistoryDiffAnswer};
use super::super::execute::json;
use super::super::opening::{Opener, Texts};
use super::super::{App, AppError, Sight};

/// Where the past of copies is read: the ledger's events, and the keys of its texts where they are at hand.
#[derive(Clone, Copy, Debug)]
pub struct CopyPast<'a> {
    /// The ledger's database.
    pub pool: &'a PgPool,
    /// Who opens texts.
    pub opener: Opener<'a>,
    /// How ids and instants stand in sentences.
    pub spelling: Spelling,
    /// The most events that one answer is folded from.
    pub most_events: u32,
}

/// How ids and instants stand in sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Whole, to be compared.
    Exact,
    /// As a person reads along: the end of a pseudonym, and seconds.
    Brief,
}

/// A copy as it stood, and every act that brought it there.
#[derive(Debug)]
pub struct Told {
    /// The answer for the moment, texts opened.
    pub then: Value,
    /// What was done up to it, in order.
    pub acts: Vec<ActAnswer>,
}

/// What stands in a sentence for a subject whom the reader may not know.
const WITHHELD: &str = "[withheld]";

/// An act whose words are not opened yet.
struct SealedAct {
    answer: ActAnswer,
    words: Sentence,
}

impl App {
    /// The copy as it stood at a moment, texts opened.
    ///
    /// # Errors
    /// [`AppError::History`] where that moment cannot be shown.
    pub async fn copy_history(&self, sight: Sight, copy: CopyId, moment: Moment) -> Result<Value, AppError> {
        self.past(sight).at(copy, moment).await
    }

    /// What changed between two moments, texts opened.
    ///
    /// # Errors
    /// As [`App::copy_history`].
    pub async fn copy_history_diff(
        &self,
        sight: Sight,
        copy: CopyId,
        stretch: (Moment, Moment),
    ) -> Result<Value, AppError> {
        self.past(sight).between(copy, stretch).await
    }

    fn past(&self, sight: Sight) -> CopyPast<'_> {
        let (pool, opener) = (self.views.pool(), Opener::vault(&self.vault, sight));
        CopyPast { pool, opener, spelling: Spelling::Exact, most_events: self.history.events }
    }
}

impl CopyPast<'_> {
    /// The copy as it stood at a moment, texts opened.
    ///
    /// # Errors
    /// [`AppError::History`], or the vault's.
    pub async fn at(&self, copy: CopyId, moment: Moment) -> Result<Value, AppError> {
        let then = history::as_of(self.pool, copy, moment, self.most_events).await?;
        self.shown(copy, &then).await
    }

    /// What changed between two moments: state against state, and every act in between, so that what was done and undone
    /// is told too.
    ///
    /// # Errors
    /// As [`CopyPast::at`].
    pub async fn between(&self, copy: CopyId, stretch: (Moment, Moment)) -> Result<Value, AppError> {
        let mut acts = Vec::new();
        let told = |event: &RecordedEvent, after: &CopyThen| acts.extend(act(event, after));
        let (from, to) = history::between(self.pool, copy, stretch, self.most_events, told).await?;
        let changes = history::changes(copy, &from.state, &to.state);
        let answer = self.diff(copy, (&from, &to), &changes, acts).await?;
        self.opened(json(&answer)).await
    }

    /// The copy at a moment, with every act up to it.
    ///
    /// # Errors
    /// As [`CopyPast::at`].
    pub async fn told(&self, copy: CopyId, moment: Moment) -> Result<Told, AppError> {
        let mut acts = Vec::new();
        let told = |event: &RecordedEvent, after: &CopyThen| acts.extend(act(event, after));
        let then = history::walk(self.pool, copy, moment, self.most_events, told).await?;
        let texts = self.opener.texts(&commitments(acts.iter().map(|act| &act.words))).await?;
        let acts = acts.into_iter().map(|act| act.open(self.spelling, &texts)).collect();
        Ok(Told { then: self.shown(copy, &then).await?, acts })
    }

    async fn shown(&self, copy: CopyId, then: &Then) -> Result<Value, AppError> {
        let answer = HistoryAnswer::of(copy, then).ok_or(HistoryError::NoSuchCopy)?;
        self.opened(json(&answer)).await
    }

    async fn diff(
        &self,
        copy: CopyId,
        (from, to): (&Then, &Then),
        changes: &[Change],
        acts: Vec<SealedAct>,
    ) -> Result<HistoryDiffAnswer, AppError> {
        let said: Vec<Sentence> = changes.iter().map(words_of_change).collect();
        let quoted = commitments(said.iter().chain(acts.iter().map(|act| &act.words)));
        let texts = self.opener.texts(&quoted).await?;
        let at = Differs { before: from.at, after: to.at };
        let change = |(change, words)| ChangeAnswer::of(copy, change, &at, self.spelling.of(words, &texts));
        Ok(HistoryDiffAnswer {
            from: AsOfAnswer::of(from).ok_or(HistoryError::NoSuchCopy)?,
            to: AsOfAnswer::of(to).ok_or(HistoryError::NoSuchCopy)?,
            changes: changes.iter().zip(&said).map(change).collect(),
            acts: acts.into_iter().map(|act| act.open(self.spelling, &texts)).collect(),
        })
    }

    async fn opened(&self, answer: Value) -> Result<Value, AppError> {
        Ok(self.opener.opened(answer).await?)
    }
}

impl SealedAct {
    fn open(self, spelling: Spelling, texts: &Texts) -> ActAnswer {
        ActAnswer { words: spelling.of(&self.words, texts), ..self.answer }
    }
}

fn act(recorded: &RecordedEvent, after: &CopyThen) -> Option<SealedAct> {
    let LedgerEvent::Copy(event) = &recorded.event else { return None };
    let answer = ActAnswer {
        sequence: u64::try_from(recorded.sequence).unwrap_or_default(),
        position: recorded.position,
        recorded_at: recorded.recorded_at,
        action: event.audit_action(),
        event_type: event.type_name(),
        event_id: recorded.event_id,
        actor_id: recorded.metadata.actor_id.0,
        actor_role: recorded.metadata.actor_role.as_str(),
        request_id: recorded.metadata.request_id.clone(),
        total: after.total().map(DecimalPoints),
        words: String::new(),
    };
    Some(SealedAct { answer, words: words_of_event(event, after) })
}

fn commitments<'a>(sentences: impl Iterator<Item = &'a Sentence>) -> Vec<Commitment> {
    let mut commitments: Vec<Commitment> = sentences.flat_map(Sentence::commitments).collect();
    commitments.sort_unstable();
    commitments.dedup();
    commitments
}

impl Spelling {
    fn of(self, sentence: &Sentence, texts: &Texts) -> String {
        sentence.spoken(|piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Sealed(text) => texts.shown(*text).to_owned(),
            Piece::Actor(actor) => self.id(&actor.to_string()),
            Piece::Subject(subject) => {
                texts.whose(*subject).map_or_else(|| WITHHELD.to_owned(), |it| self.id(&it.to_string()))
            }
            Piece::At(at) => self.instant(&at.to_string()),
        })
    }

    /// A pseudonym. Ids begin with the time at which they were made, so that it is the end that tells them apart.
    #[must_use]
    pub fn id(self, uuid: &str) -> String {
        match self {
            Self::Exact => uuid.to_owned(),
            Self::Brief => format!("…{}", uuid.get(uuid.len().saturating_sub(8)..).unwrap_or(uuid)),
        }
    }

    /// An instant, RFC 3339 in UTC as it comes in.
    #[must_use]
    pub fn instant(self, rfc_3339: &str) -> String {
        match self {
            Self::Exact => rfc_3339.to_owned(),
            Self::Brief => rfc_3339.get(..19).unwrap_or(rfc_3339).replace('T', " "),
        }
    }
}
