//! The way of a command: load, decide, append; and again where another was faster.

use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use domain::{Metadata, Timestamp};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::first_answer::KnownKey;
use super::queued::{Append, Counted, Known, Outcome, Queued, Reply};
use super::turns::Turn;
use super::{
    AppendSeen, Busy, ExecuteError, Executed, Ledger, LedgerError, Loaded, NotAppended, Order, Stored,
};

/// How one attempt at a command ended.
enum Attempt<A> {
    Done(Executed<A>),
    /// Another process was faster: the stream is at this sequence now.
    Overtaken {
        current_sequence: u64,
        turn: Turn,
    },
}

type Attempted<A> = Result<Attempt<A>, ExecuteError<<A as cqrs_es::Aggregate>::Error>>;

/// What a command decided.
struct Decision<A: Stored> {
    state: A,
    events: Vec<A::Event>,
}

impl Ledger {
    /// Loads a stream, decides the order's command on it at a fresh time, and appends what was decided; on a conflict again,
    /// as often as [`LedgerLimits::decisions`](super::LedgerLimits::decisions) says. Whatever it answers is committed, and what
    /// it refuses left nothing. Dropping the future does not take back what is queued already.
    ///
    /// # Errors
    /// [`ExecuteError`], with what its caller can do about it.
    pub async fn execute<A: Stored>(
        &self,
        id: Uuid,
        order: Order<'_, A>,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        let executed = self.carry_out(id, order).await;
        if let Some(why) = executed.as_ref().err().and_then(NotAppended::of) {
            self.shared.show(AppendSeen::NotAppended(why));
        }
        executed
    }

    async fn carry_out<A: Stored>(
        &self,
        id: Uuid,
        order: Order<'_, A>,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        let Ok(_admitted) = self.shared.admission.try_acquire() else {
            return Err(self.busy(Busy::InFlight));
        };
        let limits = &self.shared.limits;
        let Ok(mut turn) = timeout(limits.patience, self.shared.turns.take(A::TYPE, id)).await else {
            return Err(self.busy(Busy::Stream));
        };
        let key = order.idempotency.map_or_else(Uuid::now_v7, |idempotency| idempotency.key);
        let mut current = 0;
        for _ in 0..limits.decisions {
            match self.attempt(id, &order, key, turn).await? {
                Attempt::Done(executed) => return Ok(executed),
                Attempt::Overtaken { current_sequence, turn: given_back } => {
                    self.forget::<A>(id);
                    self.shared.show(AppendSeen::Overtaken);
                    (current, turn) = (current_sequence, given_back);
                }
            }
        }
        Err(ExecuteError::Conflict { current_sequence: current, decisions: limits.decisions })
    }

    async fn attempt<A: Stored>(
        &self,
        id: Uuid,
        order: &Order<'_, A>,
        key: Uuid,
        turn: Turn,
    ) -> Attempted<A> {
        let (standing, cached) = match self.cached::<A>(id) {
            Some(loaded) => (loaded, true),
            None => (self.load_afresh::<A>(id).await.map_err(|error| self.failed(error))?, false),
        };
        let mut decision = Decision { state: A::clone(&standing.state), events: Vec::new() };
        let sink = EventSink::default();
        let refusal = decision.state.handle((order.command)(self.now()), &(), &sink).await.err();
        decision.events = sink.collect().await;
        if refusal.is_some() || decision.events.is_empty() {
            return self.nothing_to_append(id, order, &standing, cached, refusal, turn).await;
        }
        let append =
            written(id, order, key, &standing, &decision).map_err(|error| self.failed(error.into()))?;
        let answer = (order.answer)(&decision.state);
        let reply = self.queue(append, &answer, turn).await?;
        self.settle(id, &standing, decision, answer, reply).await
    }

    /// A refusal, or a command that asks for what stands already. Before that is said, it is made sure that it is said of the
    /// stream as it stands, and not of what a cache holds; and that this is not the repeat of a command that was applied,
    /// which often is refused the second time.
    async fn nothing_to_append<A: Stored>(
        &self,
        id: Uuid,
        order: &Order<'_, A>,
        standing: &Loaded<A>,
        cached: bool,
        refusal: Option<A::Error>,
        turn: Turn,
    ) -> Attempted<A> {
        if cached && !self.is_current(id, standing).await.map_err(|error| self.failed(error))? {
            return Ok(Attempt::Overtaken { current_sequence: standing.sequence, turn });
        }
        if let Some(known) = self.known(order).await? {
            return Ok(Attempt::Done(repeated(standing, known).map_err(|error| self.failed(error.into()))?));
        }
        if let Some(refusal) = refusal {
            return Err(ExecuteError::Refused { refusal, current_sequence: standing.sequence });
        }
        Ok(Attempt::Done(Executed {
            state: Arc::clone(&standing.state),
            answer: (order.answer)(&standing.state),
            first_position: None,
            last_position: standing.position,
            epoch: self.epoch().await.map_err(|error| self.failed(error))?,
            recorded_at: None,
            repeated: false,
        }))
    }

    /// What is stored of the order's key.
    async fn known<A: Stored>(&self, order: &Order<'_, A>) -> Result<Option<Known>, ExecuteError<A::Error>> {
        let Some(idempotency) = order.idempotency else { return Ok(None) };
        match self.known_key(&idempotency).await.map_err(|error| self.failed(error))? {
            KnownKey::None => Ok(None),
            KnownKey::OfAnotherBody => Err(ExecuteError::KeyReused),
            KnownKey::Applied(known) => Ok(Some(known)),
        }
    }

    /// Hands an append to the batcher and waits for its answer.
    async fn queue<E>(
        &self,
        mut append: Append,
        answer: &Value,
        turn: Turn,
    ) -> Result<Reply, ExecuteError<E>> {
        append.answer = answer.to_string();
        let (bytes, max) = (append.bytes(), self.shared.limits.batch_bytes);
        if bytes > max {
            return Err(ExecuteError::Ledger(LedgerError::TooLarge { bytes, max }));
        }
        let (reply, answered) = oneshot::channel();
        let counted = Counted::among(&self.shared.queued);
        let queued = Queued { append, bytes, since: Instant::now(), turn, counted, reply };
        match self.queue.try_send(queued) {
            Ok(()) => answered.await.map_err(|_| ExecuteError::Ledger(LedgerError::Closed)),
            Err(tokio::sync::mpsc::error::TrySendError::Full(_)) => Err(self.busy(Busy::Queue)),
            Err(tokio::sync::mpsc::error::TrySendError::Closed(_)) => {
                Err(ExecuteError::Ledger(LedgerError::Closed))
            }
        }
    }

    async fn settle<A: Stored>(
        &self,
        id: Uuid,
        standing: &Loaded<A>,
        decision: Decision<A>,
        answer: Value,
        Reply { outcome, turn }: Reply,
    ) -> Attempted<A> {
        match outcome {
            Outcome::Applied { first, last, recorded_at, leaf, epoch } => {
                let state = Arc::new(decision.state);
                let sequence = standing.sequence + decision.events.len() as u64;
                self.keep(id, &Loaded { state: Arc::clone(&state), sequence, leaf, position: last });
                let positions = [first, last];
                Ok(Attempt::Done(applied(state, answer, positions, epoch, recorded_at)))
            }
            Outcome::Known(known) => {
                self.forget::<A>(id);
                let standing = self.load_afresh::<A>(id).await.map_err(|error| self.failed(error))?;
                Ok(Attempt::Done(repeated(&standing, known).map_err(|error| self.failed(error.into()))?))
            }
            Outcome::Conflict { current_sequence } => Ok(Attempt::Overtaken { current_sequence, turn }),
            Outcome::KeyReused => Err(ExecuteError::KeyReused),
            Outcome::Busy(reason) => Err(self.busy(reason)),
            Outcome::Unknown => {
                self.forget::<A>(id);
                Err(ExecuteError::Unknown { retry_after: self.shared.limits.retry_after })
            }
            Outcome::Failed(error) => Err(ExecuteError::Ledger(error)),
        }
    }

    fn busy<E>(&self, reason: Busy) -> ExecuteError<E> {
        ExecuteError::Busy { retry_after: self.shared.limits.retry_after, reason }
    }

    /// A ledger that cannot be read now is busy; anything else is a failure.
    fn failed<E>(&self, error: LedgerError) -> ExecuteError<E> {
        match error {
            LedgerError::Unavailable(error) => {
                tracing::warn!(cause = domain::chain(&*error), "the ledger's database does not answer");
                self.busy(Busy::Database)
            }
            error => ExecuteError::Ledger(error),
        }
    }
}

/// Writes and hashes what was decided. The texts are made here, once, and nowhere again.
fn written<A: Stored>(
    id: Uuid,
    order: &Order<'_, A>,
    key: Uuid,
    standing: &Loaded<A>,
    decision: &Decision<A>,
) -> Result<Append, serde_json::Error> {
    let metadata = Metadata {
        actor_id: order.by.actor,
        actor_role: order.by.role,
        request_id: order.by.request_id.clone(),
        command_id: key,
        causation_id: order.by.causation_id,
        traceparent: order.by.traceparent,
    };
    let mut append = Append {
        principal: order.idempotency.map_or(order.by.actor, |idempotency| idempotency.principal).0,
        key,
        body_hmac: order.idempotency.map(|idempotency| idempotency.body_hmac),
        answer: String::new(),
        aggregate_type: A::TYPE,
        aggregate_id: id.to_string(),
        expected_sequence: i64::try_from(standing.sequence).unwrap_or(i64::MAX),
        expected_leaf: (standing.sequence > 0).then_some(standing.leaf),
        metadata: serde_json::to_string(&metadata)?,
        events: Vec::with_capacity(decision.events.len()),
        vault: order.vault.clone(),
    };
    decision.events.iter().try_for_each(|event| append.push(event))?;
    Ok(append)
}

fn applied<A>(
    state: Arc<A>,
    answer: Value,
    [first, last]: [i64; 2],
    epoch: Uuid,
    recorded_at: Timestamp,
) -> Executed<A> {
    Executed {
        state,
        answer,
        first_position: Some(first),
        last_position: last,
        epoch,
        recorded_at: Some(recorded_at),
        repeated: false,
    }
}

fn repeated<A>(standing: &Loaded<A>, known: Known) -> Result<Executed<A>, serde_json::Error> {
    Ok(Executed {
        state: Arc::clone(&standing.state),
        answer: serde_json::from_str(&known.answer)?,
        first_position: Some(known.first),
        last_position: known.last,
        epoch: known.epoch,
        recorded_at: Some(known.recorded_at),
        repeated: true,
    })
}
