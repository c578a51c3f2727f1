//! Reading what follows a position.

use std::sync::Arc;

use futures::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::{FeedEvent, FeedFilter, FeedLimits};

/// How much a reader takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedSize {
    /// At most this many events.
    pub events: usize,
    /// No further event once they have come to this many bytes.
    pub bytes: usize,
}

/// Some events that follow each other, but for those between them that were not asked for.
#[derive(Clone, Debug)]
pub struct FeedPage {
    /// Those that were asked for, in order of position.
    pub events: Vec<Arc<FeedEvent>>,
    /// The last position that was looked at: what follows it is not known yet, all before it is.
    pub scanned_to: i64,
    /// The ledger's epoch.
    pub epoch: Uuid,
    /// The ledger's last position; 0 while there is none.
    pub head: i64,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The position was never given in the history that the ledger tells: it was restored from an older backup.
    #[error("position {asked} was asked after, and the ledger ends at {head}")]
    PastHead {
        /// What was asked after.
        asked: i64,
        /// The ledger's last position.
        head: i64,
    },
    /// The ledger tells another history than the follower has seen.
    #[error("the ledger has begun the epoch {epoch}")]
    OtherEpoch {
        /// Its epoch now.
        epoch: Uuid,
    },
    /// A position is missing before one that is there, and it was never given: commit order is position order.
    #[error(
        "no event has position {missing}, but one has {found}: the ledger is damaged; run `gradeledger verify`"
    )]
    Damaged {
        /// Where an event should be.
        missing: i64,
        /// The next one that is there.
        found: i64,
    },
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Reads a page. Each statement is planned anew: one that was planned while `events` was nearly empty must not read it
/// whole when it is not.
pub(super) async fn read(
    pool: &PgPool,
    after: i64,
    filter: &FeedFilter,
    size: FeedSize,
    limits: &FeedLimits,
) -> Result<FeedPage, FeedError> {
    let page = match filter.copy {
        Some(copy) => of_copy(pool, after, &copy.0.to_string(), filter, size).await?,
        None => of_all(pool, after, filter, size, limits.scan_positions).await?,
    };
    if page.head < after {
        return Err(FeedError::PastHead { asked: after, head: page.head });
    }
    Ok(page)
}

/// Walks positions, of which each is there.
async fn of_all(
    pool: &PgPool,
    after: i64,
    filter: &FeedFilter,
    size: FeedSize,
    scan_positions: usize,
) -> Result<FeedPage, FeedError> {
    // Where everything is asked for, what is read beyond the page would be thrown away.
    let most =
        if *filter == FeedFilter::default() { size.events.min(scan_positions) } else { scan_positions };
    let mut rows = sqlx::query(include_str!("page.sql"))
        .bind(after)
        .bind(sql_limit(most))
        .bind(filter.sql_types())
        .bind(filter.exam.map(|exam| exam.0.to_string()))
        .persistent(false)
        .fetch(pool);
    let mut page: Option<Taken> = None;
    // What is left behind the last event is read to its end: a session whose rows nobody takes holds its tables.
    while let Some(row) = rows.try_next().await? {
        let taken = match &mut page {
            Some(taken) if taken.full => continue,
            Some(taken) => taken,
            None => page.insert(Taken::beginning(&row, after)?),
        };
        let position: i64 = row.try_get("position")?;
        if position != taken.page.scanned_to + 1 {
            let missing = taken.page.scanned_to + 1;
            return Err(FeedError::Damaged { missing, found: position });
        }
        taken.page.scanned_to = position;
        if row.try_get("matches")? {
            taken.take(FeedEvent::read(&row)?, size);
        }
    }
    drop(rows);
    match page {
        Some(taken) => Ok(taken.page),
        None => at_head(pool, after).await,
    }
}

/// Walks one stream; all positions up to the head are then known, unless the page is full before.
async fn of_copy(
    pool: &PgPool,
    after: i64,
    copy: &str,
    filter: &FeedFilter,
    size: FeedSize,
) -> Result<FeedPage, FeedError> {
    let mut rows = sqlx::query(include_str!("page_of_copy.sql"))
        .bind(after)
        .bind(sql_limit(size.events))
        .bind(filter.sql_types())
        .bind(filter.exam.map(|exam| exam.0.to_string()))
        .bind(copy)
        .persistent(false)
        .fetch(pool);
    let mut page: Option<Taken> = None;
    while let Some(row) = rows.try_next().await? {
        let taken = match &mut page {
            Some(taken) if taken.full => continue,
            Some(taken) => taken,
            None => page.insert(Taken::beginning(&row, after)?),
        };
        if let Some(position) = row.try_get("position")? {
            taken.page.scanned_to = position;
            taken.take(FeedEvent::read(&row)?, size);
        }
    }
    let Some(Taken { mut page, full, .. }) = page else {
        return Err(sqlx::Error::RowNotFound.into());
    };
    if !full {
        page.scanned_to = page.head.max(after);
    }
    Ok(page)
}

/// Where the ledger stands that has nothing more. What was appended since the look before is found by the next one.
async fn at_head(pool: &PgPool, after: i64) -> Result<FeedPage, FeedError> {
    let (epoch, head) = standing(pool).await?;
    Ok(FeedPage { events: Vec::new(), scanned_to: after, epoch, head })
}

/// Epoch and head, of one moment.
pub(super) async fn standing(pool: &PgPool) -> Result<(Uuid, i64), sqlx::Error> {
    sqlx::query_as("SELECT epoch, coalesce((SELECT max(position) FROM events), 0) FROM ledger_head")
        .fetch_one(pool)
        .await
}

/// A page that is being filled.
struct Taken {
    page: FeedPage,
    bytes: usize,
    full: bool,
}

impl Taken {
    fn beginning(row: &PgRow, after: i64) -> Result<Self, sqlx::Error> {
        let (epoch, head) = (row.try_get("epoch")?, row.try_get("head")?);
        Ok(Self {
            page: FeedPage { events: Vec::new(), scanned_to: after, epoch, head },
            bytes: 0,
            full: false,
        })
    }

    /// Takes an event in, which may be the last that there is room for.
    fn take(&mut self, event: FeedEvent, size: FeedSize) {
        self.bytes += event.bytes();
        self.page.events.push(Arc::new(event));
        self.full = self.bytes >= size.bytes || self.page.events.len() >= size.events;
    }
}

fn sql_limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
