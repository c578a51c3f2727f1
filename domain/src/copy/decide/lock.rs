//! The lock: a lease that one grader holds, checked in the fold (L5).

use super::{Decision, not_marking, wrong_status};
use crate::copy::command::{CopyAction, CopyCommand, MAX_TTL_SECONDS, MIN_TTL_SECONDS, ShownLock};
use crate::copy::error::{CopyError, LockConflict};
use crate::copy::event::CopyEvent;
use crate::copy::state::{CopyState, Lock, Paper};

pub(super) fn decide(state: &CopyState, command: &CopyCommand) -> Decision {
    match &command.action {
        CopyAction::AcquireLock { lock, ttl_seconds } => {
            check_ttl(*ttl_seconds)?;
            match state {
                CopyState::Ready(_) | CopyState::GradingFailed(..) => Ok(vec![CopyEvent::LockAcquired {
                    lock: *lock,
                    owner: command.actor,
                    ttl_seconds: *ttl_seconds,
                    expires_at: command.at.plus_seconds(*ttl_seconds),
                }]),
                // The owner who lost the token, in a crashed browser say, gets the standing lock again.
                CopyState::Locked(_, held) if held.owner == command.actor => Ok(vec![]),
                CopyState::Locked(_, held) => {
                    Err(LockConflict::AlreadyLocked { owner: held.owner, expires_at: held.expires_at }.into())
                }
                _ => Err(not_marking(state, "READY or GRADING_FAILED")),
            }
        }
        CopyAction::RenewLock { shown, ttl_seconds } => {
            check_ttl(*ttl_seconds)?;
            let (_, lock) = held(state, *shown, command)?;
            Ok(renewal(lock, *ttl_seconds, command))
        }
        CopyAction::ReleaseLock { shown } => {
            let (_, lock) = held(state, *shown, command)?;
            Ok(vec![CopyEvent::LockReleased { lock: lock.id, owner: lock.owner }])
        }
        CopyAction::ExpireLock => match state {
            CopyState::Locked(_, lock) if command.at >= lock.expires_at => Ok(vec![expiry(lock)]),
            CopyState::Locked(_, lock) => Err(CopyError::NotExpired(lock.expires_at)),
            _ => Err(wrong_status(state, "LOCKED")),
        },
        CopyAction::ForceReleaseLock { reason } => match state {
            CopyState::Locked(_, lock) => {
                Ok(vec![CopyEvent::LockForceReleased { lock: lock.id, owner: lock.owner, reason: *reason }])
            }
            _ => Err(state.status().map_or(CopyError::Voided, |status| CopyError::NoLock { status })),
        },
        _ => Err(wrong_status(state, "another status")),
    }
}

/// What is recorded when the lease of `lock` ran out.
pub(super) fn expiry(lock: &Lock) -> CopyEvent {
    CopyEvent::LockExpired { lock: lock.id, owner: lock.owner, expired_at: lock.expires_at }
}

/// The copy and its lock, if the command's actor holds and shows it (L5). A lock whose lease has run out never
/// comes here: the expiry is folded first.
pub(super) fn held<'a>(
    state: &'a CopyState,
    shown: ShownLock,
    command: &CopyCommand,
) -> Result<(&'a Paper, &'a Lock), CopyError> {
    let (paper, lock) = match state {
        CopyState::Locked(paper, lock) => (paper, lock),
        CopyState::Ready(paper) | CopyState::GradingFailed(paper, _) => {
            return Err(without_lock(paper, shown).into());
        }
        _ => return Err(not_marking(state, "LOCKED")),
    };
    if lock.owner != command.actor {
        return Err(LockConflict::OwnerMismatch.into());
    }
    match shown {
        ShownLock::None => Err(LockConflict::Missing.into()),
        ShownLock::Of(id) if id == lock.id => Ok((paper, lock)),
        ShownLock::Of(_) | ShownLock::Forged => Err(LockConflict::TokenMismatch.into()),
    }
}

/// A copy that nobody holds: the caller's lock ran out, or there never was one.
fn without_lock(paper: &Paper, shown: ShownLock) -> LockConflict {
    match (shown, &paper.last_lock) {
        (ShownLock::Of(id), Some(last)) if last.id == id && last.expired => LockConflict::Expired,
        (ShownLock::Forged, _) => LockConflict::TokenMismatch,
        (ShownLock::Of(_) | ShownLock::None, _) => LockConflict::Missing,
    }
}

/// A heartbeat in the first half of the lease records nothing: the standing expiry is answer enough.
fn renewal(lock: &Lock, ttl_seconds: u32, command: &CopyCommand) -> Vec<CopyEvent> {
    let remaining_micros = lock.expires_at.micros() - command.at.micros();
    let half_micros = i64::from(lock.ttl_seconds) * 1_000_000 / 2;
    if ttl_seconds == lock.ttl_seconds && remaining_micros >= half_micros {
        return vec![];
    }
    vec![CopyEvent::LockRenewed {
        lock: lock.id,
        ttl_seconds,
        before: lock.expires_at,
        expires_at: command.at.plus_seconds(ttl_seconds),
    }]
}

fn check_ttl(ttl_seconds: u32) -> Result<(), CopyError> {
    if (MIN_TTL_SECONDS..=MAX_TTL_SECONDS).contains(&ttl_seconds) {
        Ok(())
    } else {
        Err(CopyError::Ttl { min: MIN_TTL_SECONDS, max: MAX_TTL_SECONDS })
    }
}
