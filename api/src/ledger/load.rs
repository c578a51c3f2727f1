//! Streams as states: folded by cqrs-es, kept in a bounded cache, and never older than they claim to be.

use cqrs_es::EventStore as _;
use cqrs_es::persist::PersistedEventStore;
use domain::{Digest, Reader};
use postgres_es::PostgresEventRepository;
use projections::newer_in_stream;
use sqlx::Row as _;
use std::sync::Arc;
use uuid::Uuid;

use super::call::digest;
use super::looks::last_event;
use super::shapes::Shapes;
use super::{Ledger, LedgerError, Loaded, Stored};

impl Ledger {
    /// A stream as it stands now: a cached state is used only where the stream's last event is the one it ends with.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] where the database does not answer, [`LedgerError::TooOld`] for an event of a later build,
    /// [`LedgerError::Unreadable`] for one that is no event.
    pub async fn load<A: Stored>(&self, id: Uuid) -> Result<Loaded<A>, LedgerError> {
        if let Some(loaded) = self.cached::<A>(id) {
            if self.is_current(id, &loaded).await? {
                return Ok(loaded);
            }
            self.forget::<A>(id);
        }
        self.load_afresh(id).await
    }

    /// A state of this stream that was true once, if one is in memory: for what never changes.
    pub(crate) fn remembered<A: Stored>(&self, id: Uuid) -> Option<Arc<A>> {
        Some(self.cached::<A>(id)?.state)
    }

    pub(super) fn cached<A: Stored>(&self, id: Uuid) -> Option<Loaded<A>> {
        A::shelf(&self.shared.shelves).get(&id)
    }

    pub(super) fn forget<A: Stored>(&self, id: Uuid) {
        A::shelf(&self.shared.shelves).remove(&id);
    }

    /// Keeps a state, unless a newer one is there. A state of no events is not kept: it costs nothing to make, and ids that
    /// do not exist could fill the cache.
    pub(super) fn keep<A: Stored>(&self, id: Uuid, loaded: &Loaded<A>) {
        let shelf = A::shelf(&self.shared.shelves);
        if loaded.sequence > 0 && shelf.get(&id).is_none_or(|kept| kept.sequence < loaded.sequence) {
            shelf.insert(id, loaded.clone());
        }
    }

    /// Whether the stream's last event is the one that this state ends with.
    pub(super) async fn is_current<A: Stored>(
        &self,
        id: Uuid,
        loaded: &Loaded<A>,
    ) -> Result<bool, LedgerError> {
        let Some((sequence, leaf)) = last_event(&self.looks, (A::TYPE, id)).await? else {
            return Ok(loaded.sequence == 0);
        };
        Ok(u64::try_from(sequence) == Ok(loaded.sequence) && leaf == loaded.leaf)
    }

    /// Folds a stream from its events.
    pub(super) async fn load_afresh<A: Stored>(&self, id: Uuid) -> Result<Loaded<A>, LedgerError> {
        let aggregate_id = id.to_string();
        let repository = PostgresEventRepository::new(self.shared.pool.clone());
        let shapes = Shapes::of::<A>();
        let store = PersistedEventStore::<_, A>::new_event_store(repository)
            .with_upcasters(vec![Box::new(shapes.clone())]);
        let folded = store.load_aggregate(&aggregate_id).await;
        if shapes.met_unknown() {
            return Err(self.unknown_shape::<A>(id).await?);
        }
        let folded = folded.map_err(|error| explain::<A>(&aggregate_id, error))?;
        let sequence = folded.aggregate.sequence();
        let (leaf, position) = self.last_leaf::<A>(&aggregate_id, sequence).await?;
        let loaded = Loaded { state: Arc::new(folded.aggregate), sequence, leaf, position };
        self.keep(id, &loaded);
        Ok(loaded)
    }

    /// Why a stream with an event that this build does not know cannot be folded.
    async fn unknown_shape<A: Stored>(&self, id: Uuid) -> Result<LedgerError, LedgerError> {
        let newer = newer_in_stream(&self.shared.pool, Reader::CURRENT, (A::TYPE, id)).await?;
        Ok(newer.map_or_else(
            || LedgerError::Unreadable {
                aggregate_type: A::TYPE,
                aggregate_id: id.to_string(),
                reason: "it holds an event of a type or version that no build of this ledger has brought"
                    .to_owned(),
            },
            LedgerError::TooOld,
        ))
    }

    /// Leaf and position of the event at exactly the sequence that was folded: the stream may have grown since.
    async fn last_leaf<A: Stored>(
        &self,
        aggregate_id: &str,
        sequence: u64,
    ) -> Result<(Digest, i64), LedgerError> {
        if sequence == 0 {
            return Ok((Digest::ZERO, 0));
        }
        let row = sqlx::query(
            "SELECT leaf_hash, position FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence = $3",
        )
        .bind(A::TYPE)
        .bind(aggregate_id)
        .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
        .fetch_one(&self.shared.pool)
        .await?;
        Ok((digest(&row, 0)?, row.try_get(1)?))
    }
}

fn explain<A: Stored>(aggregate_id: &str, error: cqrs_es::AggregateError<A::Error>) -> LedgerError {
    use cqrs_es::AggregateError as E;
    let unreadable = |reason: String| LedgerError::Unreadable {
        aggregate_type: A::TYPE,
        aggregate_id: aggregate_id.to_owned(),
        reason,
    };
    match error {
        E::DatabaseConnectionError(source) | E::UnexpectedError(source) => {
            match source.downcast::<sqlx::Error>() {
                Ok(error) => (*error).into(),
                Err(other) => unreadable(other.to_string()),
            }
        }
        E::DeserializationError(source) => unreadable(source.to_string()),
        E::UserError(_) | E::AggregateConflict => unreadable("cqrs-es refused to load it".to_owned()),
    }
}
