//! Which streams come next.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::stream::{StreamId, StreamType};

/// A walk along the streams of a ledger, each kind in the order of its ids. A walk that is kept goes on where it was, so that
/// in time it comes by every stream.
#[derive(Debug)]
pub struct DriftWalk {
    /// Whether it begins in the middle and comes around.
    around: bool,
    at: HashMap<StreamType, Step>,
}

/// How far a walk is along one kind of stream.
#[derive(Debug)]
struct Step {
    /// Where it began, if that was in the middle.
    began: Option<String>,
    /// The last stream that it came by.
    after: String,
    /// Whether it has come to the last one and begun again at the first.
    turned: bool,
}

impl DriftWalk {
    /// A walk from the first stream to the last.
    #[must_use]
    pub fn of_all() -> Self {
        Self { around: false, at: HashMap::new() }
    }

    /// A walk that begins somewhere, comes by every stream once, and begins again when it is asked further. Ids of copies
    /// are hashes, so that a few streams in their order are as good a sample as any.
    #[must_use]
    pub fn from_somewhere() -> Self {
        Self { around: true, at: HashMap::new() }
    }

    /// The next streams of a kind, at most `most`; none at the end of the walk.
    pub(super) async fn next(
        &mut self,
        connection: &mut PgConnection,
        kind: StreamType,
        most: usize,
    ) -> Result<Vec<StreamId>, sqlx::Error> {
        if !self.at.contains_key(&kind) {
            let began = if self.around { somewhere(connection, kind).await? } else { None };
            let after = began.clone().unwrap_or_default();
            self.at.insert(kind, Step { began, after, turned: false });
        }
        let Some(step) = self.at.get_mut(&kind) else { return Ok(Vec::new()) };
        let until = if step.turned { step.began.as_deref() } else { None };
        let mut next = page(connection, kind, &step.after, until, most).await?;
        if next.is_empty() && !step.turned && step.began.is_some() {
            step.turned = true;
            next = page(connection, kind, "", step.began.as_deref(), most).await?;
        }
        match next.last() {
            Some(last) => step.after.clone_from(last),
            // The next time it begins again, somewhere else.
            None => drop(self.at.remove(&kind)),
        }
        Ok(next.iter().filter_map(|id| Some(kind.with_id(id.parse().ok()?))).collect())
    }
}

/// The ids of streams after one, up to another if one is given.
async fn page(
    connection: &mut PgConnection,
    kind: StreamType,
    after: &str,
    until: Option<&str>,
    most: usize,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(include_str!("streams.sql"))
        .bind(kind.as_str())
        .bind(after)
        .bind(until)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await
}

/// A place between the first stream and the last, in proportion to their ids; none while there are no two.
async fn somewhere(connection: &mut PgConnection, kind: StreamType) -> Result<Option<String>, sqlx::Error> {
    let ends: (Option<String>, Option<String>) =
        sqlx::query_as("SELECT min(aggregate_id), max(aggregate_id) FROM events WHERE aggregate_type = $1")
            .bind(kind.as_str())
            .fetch_one(connection)
            .await?;
    let number = |id: Option<String>| Some(id?.parse::<Uuid>().ok()?.as_u128());
    let (Some(first), Some(last)) = (number(ends.0), number(ends.1)) else { return Ok(None) };
    // The last 32 bits of a fresh UUID are random.
    let share = Uuid::now_v7().as_u128() & u128::from(u32::MAX);
    let place = first + (last.saturating_sub(first) >> 32) * share;
    Ok((last > first).then(|| Uuid::from_u128(place).to_string()))
}
