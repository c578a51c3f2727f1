//! L5: the six ways in which a lock stands against a command.

use domain::copy::{CopyAction, CopyError, LockConflict, ShownLock};
use domain::{LockId, Timestamp};
use uuid::Uuid;

use crate::story::*;

const OTHER_LOCK: LockId = LockId(Uuid::from_u128(0x20c));

/// Everything that needs the lock in hand.
fn with_lock_shown(shown: ShownLock) -> Vec<CopyAction> {
    let acts = [annotate(9, 0, mark(None)), revise(1, 1, mark(None)), remove(1, 1), score("1", Some(200))];
    let mut actions: Vec<_> = acts
        .into_iter()
        .map(|action| match action {
            CopyAction::Mark { act, .. } => CopyAction::Mark { shown, act },
            other => other,
        })
        .collect();
    actions.push(CopyAction::RenewLock { shown, ttl_seconds: 600 });
    actions.push(CopyAction::ReleaseLock { shown });
    actions.push(CopyAction::Finalise { shown });
    actions
}

fn all_refuse(story: &Story, actor: domain::ActorId, shown: ShownLock, conflict: &LockConflict) {
    for action in with_lock_shown(shown) {
        let refusal = story.refuses(actor, action.clone());
        assert_eq!(refusal, CopyError::Lock(conflict.clone()), "{action:?}");
    }
}

#[test]
fn already_locked_is_a_second_grader_who_wants_the_copy() {
    let conflict = LockConflict::AlreadyLocked {
        owner: ADA,
        expires_at: Timestamp::from_micros((START + 600) * 1_000_000),
    };
    assert_eq!(Story::locked().refuses(BLAISE, acquire(OTHER_LOCK)), conflict.clone().into());
    assert_eq!(conflict.label(), "already_locked");
}

#[test]
fn expired_is_an_owner_who_comes_too_late_whether_or_not_it_was_recorded() {
    let late = Story::marked().at(600);
    all_refuse(&late, ADA, ShownLock::Of(LOCK), &LockConflict::Expired);
    let swept = late.then(WORKER, CopyAction::ExpireLock);
    all_refuse(&swept, ADA, ShownLock::Of(LOCK), &LockConflict::Expired);
    assert_eq!(LockConflict::Expired.label(), "expired");
}

#[test]
fn token_mismatch_is_an_owner_with_a_forged_token_or_one_of_another_lock() {
    for shown in [ShownLock::Forged, ShownLock::Of(OTHER_LOCK)] {
        all_refuse(&Story::marked(), ADA, shown, &LockConflict::TokenMismatch);
    }
    let unlocked = Story::marked().then(ADA, release());
    all_refuse(&unlocked, ADA, ShownLock::Forged, &LockConflict::TokenMismatch);
    assert_eq!(LockConflict::TokenMismatch.label(), "token_mismatch");
}

#[test]
fn owner_mismatch_is_another_grader_even_with_the_right_token() {
    for shown in [ShownLock::None, ShownLock::Forged, ShownLock::Of(LOCK)] {
        all_refuse(&Story::marked(), BLAISE, shown, &LockConflict::OwnerMismatch);
    }
    assert_eq!(LockConflict::OwnerMismatch.label(), "owner_mismatch");
}

#[test]
fn missing_is_no_lock_shown_or_none_that_stands() {
    all_refuse(&Story::marked(), ADA, ShownLock::None, &LockConflict::Missing);
    all_refuse(&Story::ready(), ADA, ShownLock::None, &LockConflict::Missing);
    // A lock that was given back is not one that ran out.
    let released = Story::marked().then(ADA, release());
    all_refuse(&released, ADA, ShownLock::Of(LOCK), &LockConflict::Missing);
    assert_eq!(LockConflict::Missing.label(), "missing");
}

#[test]
fn already_graded_is_whoever_marks_or_locks_a_graded_copy() {
    let graded = Story::graded();
    for shown in [ShownLock::None, ShownLock::Forged, ShownLock::Of(LOCK)] {
        all_refuse(&graded, ADA, shown, &LockConflict::AlreadyGraded);
    }
    assert_eq!(graded.refuses(BLAISE, acquire(OTHER_LOCK)), LockConflict::AlreadyGraded.into());
    assert_eq!(LockConflict::AlreadyGraded.label(), "already_graded");
}

#[test]
fn the_six_labels_are_all_there_are() {
    let expires_at = Timestamp::from_micros(0);
    let conflicts = [
        LockConflict::AlreadyLocked { owner: ADA, expires_at },
        LockConflict::Expired,
        LockConflict::TokenMismatch,
        LockConflict::OwnerMismatch,
        LockConflict::Missing,
        LockConflict::AlreadyGraded,
    ];
    assert_eq!(conflicts.map(|conflict| conflict.label()), LockConflict::LABELS);
}
