//! L5: the lock is a lease, and what happens at its edges.

use domain::copy::{CopyAction, CopyError, CopyEvent, CopyState, LockConflict, ShownLock};
use domain::{LockId, Timestamp};
use uuid::Uuid;

use crate::story::*;

const OTHER_LOCK: LockId = LockId(Uuid::from_u128(0x20c));

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros((START + second) * 1_000_000)
}

fn expired() -> CopyEvent {
    CopyEvent::LockExpired { lock: LOCK, owner: ADA, expired_at: at(600) }
}

// L5
#[test]
fn a_lock_is_held_until_the_lease_ends() {
    let lock = CopyEvent::LockAcquired { lock: LOCK, owner: ADA, ttl_seconds: 600, expires_at: at(600) };
    assert_eq!(Story::ready().yields(ADA, acquire(LOCK)), [lock]);
}

// L5
#[test]
fn an_owner_who_asks_again_gets_the_standing_lock_and_nothing_is_recorded() {
    assert_eq!(Story::locked().at(599).yields(ADA, acquire(OTHER_LOCK)), []);
}

// L1, L5
#[test]
fn a_heartbeat_in_the_first_half_of_the_lease_records_nothing() {
    assert_eq!(Story::locked().at(1).yields(ADA, renew()), []);
    assert_eq!(Story::locked().at(300).yields(ADA, renew()), [], "the middle belongs to the first half");
}

// L1, L5
#[test]
fn a_heartbeat_in_the_second_half_renews_the_lease_and_tells_the_old_end() {
    let renewed =
        CopyEvent::LockRenewed { lock: LOCK, ttl_seconds: 600, before: at(600), expires_at: at(901) };
    let story = Story::locked().at(301);
    assert_eq!(story.yields(ADA, renew()), [renewed]);
    // The renewed lease is the one that counts from now on.
    let later = story.then(ADA, renew()).at(900);
    assert_eq!(later.yields(ADA, score("1", Some(100))).len(), 1);
}

// L5
#[test]
fn a_heartbeat_that_asks_for_another_length_is_recorded_at_once() {
    let longer = CopyAction::RenewLock { shown: ShownLock::Of(LOCK), ttl_seconds: 3_600 };
    let renewed =
        CopyEvent::LockRenewed { lock: LOCK, ttl_seconds: 3_600, before: at(600), expires_at: at(3_601) };
    let story = Story::locked().at(1);
    assert_eq!(story.yields(ADA, longer.clone()), [renewed]);
    // Halves are those of the new length from now on.
    let story = story.then(ADA, longer.clone());
    assert_eq!(story.clone().at(1_801).yields(ADA, longer.clone()), []);
    assert_eq!(story.at(1_802).yields(ADA, longer).len(), 1);
}

// L5: one microsecond decides, and the instant of expiry itself is past the lease.
#[test]
fn the_lease_ends_at_the_very_instant_that_it_names() {
    let mut command = Story::locked().command(ADA, score("1", Some(100)));
    command.at = Timestamp::from_micros(at(600).micros() - 1);
    assert!(Story::locked().copy().decide(&command).is_ok());
    command.at = at(600);
    assert_eq!(Story::locked().copy().decide(&command), Err(LockConflict::Expired.into()));

    command.action = CopyAction::ExpireLock;
    assert_eq!(Story::locked().copy().decide(&command), Ok(vec![expired()]));
    command.at = Timestamp::from_micros(at(600).micros() - 1);
    assert_eq!(Story::locked().copy().decide(&command), Err(CopyError::NotExpired(at(600))));
}

// L1: no lock ends without a trace.
#[test]
fn whoever_locks_a_copy_after_a_lease_ran_out_records_its_end_too() {
    let lock =
        CopyEvent::LockAcquired { lock: OTHER_LOCK, owner: BLAISE, ttl_seconds: 600, expires_at: at(1_300) };
    let story = Story::locked().at(700);
    assert_eq!(story.yields(BLAISE, acquire(OTHER_LOCK)), [expired(), lock.clone()]);
    // The same when the sweeper came first.
    assert_eq!(story.then(WORKER, CopyAction::ExpireLock).yields(BLAISE, acquire(OTHER_LOCK)), [lock]);
}

// L5
#[test]
fn an_owner_whose_lease_ran_out_gets_a_new_lock_and_not_the_old_one() {
    let events = Story::locked().at(600).yields(ADA, acquire(OTHER_LOCK));
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], expired());
    assert!(matches!(events[1], CopyEvent::LockAcquired { lock: OTHER_LOCK, owner: ADA, .. }));
}

// L5: an answer must not depend on how soon the sweeper comes.
#[test]
fn the_sweeper_changes_no_answer() {
    let before = Story::marked().at(600);
    let after = before.clone().then(WORKER, CopyAction::ExpireLock);
    for actor in [ADA, BLAISE] {
        for shown in [ShownLock::None, ShownLock::Forged, ShownLock::Of(LOCK), ShownLock::Of(OTHER_LOCK)] {
            let actions = [
                acquire(OTHER_LOCK),
                CopyAction::RenewLock { shown, ttl_seconds: 600 },
                CopyAction::ReleaseLock { shown },
                CopyAction::Finalise { shown },
                force_release(),
                void(),
                reopen(),
            ];
            for action in actions {
                let swept = after.asked(actor, action.clone());
                let unswept = before.asked(actor, action.clone());
                let told_apart = swept.map(|events| [vec![expired()], events].concat());
                assert_eq!(unswept, told_apart, "{action:?} by {actor}");
            }
        }
    }
}

// L5
#[test]
fn a_released_lock_leaves_the_copy_to_the_next_grader_with_its_marks() {
    let story = Story::marked();
    assert_eq!(story.yields(ADA, release()), [CopyEvent::LockReleased { lock: LOCK, owner: ADA }]);
    let story = story.then(ADA, release()).then(BLAISE, acquire(OTHER_LOCK));
    assert_eq!(story.copy().state.paper().unwrap().marking.annotations.len(), 2);
}

// L16: taking a lock away is an act with a reason, not an edit in a table.
#[test]
fn a_lock_is_taken_away_with_a_reason() {
    let forced = CopyEvent::LockForceReleased { lock: LOCK, owner: ADA, reason: sealed("left for the day") };
    assert_eq!(Story::locked().yields(OFFICE, force_release()), [forced]);
    let story = Story::locked().then(OFFICE, force_release());
    assert_eq!(story.refuses(ADA, score("1", Some(1))), LockConflict::Missing.into());
}

// L1: a lock that a voided copy takes with it is named.
#[test]
fn voiding_a_locked_copy_names_the_lock_it_ends() {
    let voided =
        CopyEvent::CopyVoided { reason: sealed("scanned twice"), replaced_by: None, lock: Some(LOCK) };
    assert_eq!(Story::locked().yields(OFFICE, void()), [voided]);
}

#[test]
fn a_lease_of_no_or_endless_length_is_refused() {
    let ttl = CopyError::Ttl { min: 1, max: 3_600 };
    for ttl_seconds in [0, 3_601, u32::MAX] {
        let acquire = CopyAction::AcquireLock { lock: LOCK, ttl_seconds };
        assert_eq!(Story::ready().refuses(ADA, acquire), ttl);
        let renew = CopyAction::RenewLock { shown: ShownLock::Of(LOCK), ttl_seconds };
        assert_eq!(Story::locked().refuses(ADA, renew), ttl);
    }
    for ttl_seconds in [1, 3_600] {
        let acquire = CopyAction::AcquireLock { lock: LOCK, ttl_seconds };
        assert!(matches!(Story::ready().then(ADA, acquire).copy().state, CopyState::Locked(..)));
    }
}
