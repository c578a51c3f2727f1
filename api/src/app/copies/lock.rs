//! Taking a copy in hand, keeping it, and giving it back.

use domain::copy::{CopyAction, CopyState, ShownLock};
use domain::{CopyId, LockId};
use uuid::Uuid;

use super::super::answers::lock::LockAnswer;
use super::super::{App, AppError, Caller, Written};

/// The lease that a grader gets who asks for none in particular, in seconds.
pub const DEFAULT_TTL_SECONDS: u32 = 600;

impl App {
    /// Takes the copy in hand. The owner of a standing lock gets it again, so a lost token can be had back.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn acquire_lock(
        &self,
        caller: &Caller,
        copy: CopyId,
        ttl_seconds: u32,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        let action = CopyAction::AcquireLock { lock: LockId(Uuid::now_v7()), ttl_seconds };
        let written = order.send(action, |standing| LockAnswer::of(copy, standing)).await?;
        Ok(self.with_token(written))
    }

    /// Keeps the copy in hand: the heartbeat.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn renew_lock(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
        ttl_seconds: Option<u32>,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        let standing = match &order.standing().state {
            CopyState::Locked(_, lock) => lock.ttl_seconds,
            _ => DEFAULT_TTL_SECONDS,
        };
        let action = CopyAction::RenewLock { shown, ttl_seconds: ttl_seconds.unwrap_or(standing) };
        let written = order.send(action, |standing| LockAnswer::of(copy, standing)).await?;
        Ok(self.with_token(written))
    }

    /// Gives the copy back.
    ///
    /// # Errors
    /// A rule of the copy.
    pub async fn release_lock(
        &self,
        caller: &Caller,
        copy: CopyId,
        shown: ShownLock,
    ) -> Result<Written, AppError> {
        let order = self.order(caller, copy).await?;
        order.send_for_copy(CopyAction::ReleaseLock { shown }).await
    }

    /// Puts the token into a lock's answer. It is computed from the lock's id each time and never stored.
    fn with_token(&self, mut written: Written) -> Written {
        let lock = written.answer.get("lock_id").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
        if let (Some(lock), Some(fields)) = (lock, written.answer.as_object_mut()) {
            fields.insert("token".to_owned(), self.server_keys.lock_tokens().issue(lock).into());
        }
        written
    }
}
