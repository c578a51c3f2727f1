//! From a use case to the ledger and back.

use domain::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tracing::Span;
use uuid::Uuid;

use super::error::Refusal;
use super::opening::Opener;
use super::{App, AppError, Caller, Sight};
use crate::ledger::{By, Executed, FirstAnswer, Idempotency, Order, Place, Stored};
use crate::vault::VaultRow;

/// What a command is answered with.
#[derive(Clone)]
pub struct Written {
    /// The resource as it stands after it, texts opened.
    pub answer: Value,
    /// What a reader must have seen to see this.
    pub position: Place,
    /// Whether nothing was appended: the repeat of an applied command, or one with nothing to do. It is a read, then.
    pub is_read: bool,
}

crate::redacted::debug_without_the_rest! { Written { position } }

impl App {
    pub(super) async fn execute<A, T>(
        &self,
        caller: &Caller,
        stream: Uuid,
        vault: Vec<VaultRow>,
        command: &(dyn Fn(Timestamp) -> A::Command + Send + Sync),
        answer: &(dyn Fn(&A) -> T + Send + Sync),
    ) -> Result<Written, AppError>
    where
        A: Stored<Error: Refusal>,
        T: Serialize,
    {
        let idempotency = self.idempotency(caller)?;
        let keyed = idempotency.is_some();
        // Without a key nobody can ask for the first answer again, and the ledger need not keep it.
        let kept = |state: &A| if keyed { json(&answer(state)) } else { Value::Null };
        let by = By {
            actor: caller.actor,
            role: caller.role,
            request_id: caller.request_id.clone(),
            causation_id: None,
            traceparent: caller.traceparent,
        };
        let order = Order { by, idempotency, vault: vault.clone(), command, answer: &kept };
        let executed = self.ledger.execute(stream, order).await?;
        let is_read = executed.repeated || executed.first_position.is_none();
        let Executed { state, answer: kept, last_position, epoch, .. } = executed;
        // On the line about the request.
        Span::current().record("position", last_position);
        let answer = if keyed { kept } else { json(&answer(&state)) };
        let position = Place { epoch, number: last_position };
        // What was sealed for this command is what its answer opens, most often.
        let opener = Opener::vault(&self.vault, caller.sight()).with(&vault);
        Ok(Written { answer: opener.opened(answer).await?, position, is_read })
    }

    /// What is answered where a check of our own refuses before the ledger is asked: the first answer, if this is
    /// the repeat of a command that was applied (L3), since what held then may hold no more; else the refusal.
    pub(super) async fn repeat_or(&self, caller: &Caller, refusal: AppError) -> Result<Written, AppError> {
        let Some(idempotency) = self.idempotency(caller)? else { return Err(refusal) };
        match self.ledger.first_answer(&idempotency).await? {
            FirstAnswer::None => Err(refusal),
            FirstAnswer::OfAnotherBody => Err(AppError::KeyReused),
            FirstAnswer::Given { answer, last } => {
                let answer = self.opened(caller.sight(), answer).await?;
                Ok(Written { answer, position: last, is_read: true })
            }
        }
    }

    fn idempotency(&self, caller: &Caller) -> Result<Option<Idempotency>, AppError> {
        let Some(key) = &caller.key else { return Ok(None) };
        let hmac = self.server_keys.body_hmac("", &key.asked);
        let idempotency = Idempotency::new(caller.actor, &key.key, hmac);
        idempotency.map(Some).map_err(|error| AppError::form("invalid_idempotency_key", error.to_string()))
    }

    /// An answer as whoever sees so much is shown it.
    pub(super) async fn opened(&self, sight: Sight, answer: Value) -> Result<Value, AppError> {
        Ok(Opener::vault(&self.vault, sight).opened(answer).await?)
    }
}

/// An answer as JSON.
pub(super) fn json(value: &impl Serialize) -> Value {
    #[expect(clippy::expect_used, reason = "answers have text keys, and their serialisers do not fail")]
    serde_json::to_value(value).expect("an answer is JSON")
}
