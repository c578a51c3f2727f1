//! Reading the events of the whole ledger: a page at a time, or as they are appended.

use projections::{FeedError, FeedFilter, FeedPage, FeedSize, Followed, Follower};

use super::answers::event::EventsPage;
use super::{App, AppError, Seen};
use crate::ledger::Place;

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct EventsAsked {
    /// What the place to begin after came as.
    pub what: &'static str,
    /// The place to begin after; none for the ledger's beginning.
    pub after: Option<Seen>,
    /// Which of those that follow.
    pub filter: FeedFilter,
}

impl EventsAsked {
    fn position(&self) -> i64 {
        self.after.map_or(0, |after| after.position)
    }
}

impl App {
    /// A page of events, as they were written. `next` is always there: whoever asks for what follows it misses nothing and
    /// meets nothing twice.
    ///
    /// # Errors
    /// [`AppError::OtherEpoch`], [`AppError::PastHead`].
    pub async fn events(&self, asked: &EventsAsked, most: usize) -> Result<EventsPage, AppError> {
        let position = asked.position();
        let size = FeedSize { events: most, bytes: self.feed.limits().page_bytes };
        let page = match self.feed.page(position, &asked.filter, size).await {
            Ok(page) => page,
            Err(error) => return Err(self.unread(asked.what, asked.after, error).await),
        };
        self.is_of(asked, &page).await?;
        Ok(EventsPage::of(&page))
    }

    /// Follows the events after a place.
    ///
    /// # Errors
    /// As [`App::events`], and [`AppError::TooManyStreams`].
    pub async fn follow(&self, asked: EventsAsked) -> Result<Following, AppError> {
        let standing = self.ledger.standing().await?;
        if let Some(after) = asked.after {
            self.check_place_at(asked.what, after, standing).await?;
        }
        let limits = self.feed.limits();
        let (epoch, position) = (standing.epoch, asked.position());
        let follower = self
            .feed
            .follow(epoch, position, asked.filter)
            .map_err(|error| AppError::TooManyStreams { most: error.most, retry_after: limits.come_back })?;
        let size = FeedSize { events: limits.buffer_events, bytes: limits.buffer_bytes };
        Ok(Following { app: self.clone(), follower, size })
    }

    /// Makes sure that a page continues what its reader has seen.
    async fn is_of(&self, asked: &EventsAsked, page: &FeedPage) -> Result<(), AppError> {
        let Some(Seen { epoch: Some(epoch), position }) = asked.after else { return Ok(()) };
        if epoch == page.epoch {
            return Ok(());
        }
        Err(self.other_epoch(asked.what, Place { epoch, number: position }, page.epoch).await)
    }

    /// What is said where there is no page after this place.
    async fn unread(&self, what: &'static str, after: Option<Seen>, error: FeedError) -> AppError {
        match error {
            FeedError::PastHead { asked, head } => {
                // A place of another epoch can be told more.
                let told = match after {
                    Some(after) => self.check_place(what, after).await.err(),
                    None => None,
                };
                told.unwrap_or(AppError::PastHead { what, sent: asked, head })
            }
            FeedError::OtherEpoch { epoch } => match after {
                Some(Seen { epoch: Some(ended), position }) => {
                    self.other_epoch(what, Place { epoch: ended, number: position }, epoch).await
                }
                _ => AppError::OldCursor { epoch },
            },
            FeedError::Database(error) => error.into(),
            error @ FeedError::Damaged { .. } => AppError::internal(error),
        }
    }
}

/// Someone who follows the ledger.
#[derive(Debug)]
pub struct Following {
    app: App,
    follower: Follower,
    size: FeedSize,
}

impl Following {
    /// The place that it has seen everything up to.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place { epoch: self.follower.epoch(), number: self.follower.position() }
    }

    /// Waits for what is next. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Why it cannot go on: the ledger tells another history now, or it is damaged.
    pub async fn next(&mut self) -> Result<Followed, AppError> {
        match self.follower.next(self.size).await {
            Ok(followed) => Ok(followed),
            Err(error) => {
                let Place { epoch, number } = self.place();
                let seen = Seen { epoch: Some(epoch), position: number };
                Err(self.app.unread("stream", Some(seen), error).await)
            }
        }
    }
}
