//! Persons, what the law wants kept of them, and their erasure.

use cqrs_es::test::TestFramework;
use domain::subject::{Destroyed, Subject, SubjectCommand as C, SubjectError as Error, SubjectEvent as E};
use domain::{ActorId, CopyId, HoldId};
use uuid::Uuid;

use crate::story::sealed;

const FIRST: ActorId = ActorId(Uuid::from_u128(1));
const SECOND: ActorId = ActorId(Uuid::from_u128(2));
const HOLD: HoldId = HoldId(Uuid::from_u128(3));
const COPY: CopyId = CopyId(Uuid::from_u128(4));

fn registered() -> E {
    E::SubjectRegistered { identity: sealed("Ada") }
}

fn requested() -> E {
    E::SubjectErasureRequested { by: FIRST, reason: sealed("asked for it") }
}

fn approved() -> E {
    E::SubjectErasureApproved { requested_by: FIRST, approved_by: SECOND }
}

fn held() -> E {
    E::LegalHoldPlaced { hold: HOLD, reason: sealed("appeal") }
}

fn started() -> E {
    E::SubjectErasureStarted { copies: vec![COPY] }
}

fn erased() -> E {
    E::SubjectErased { destroyed: Destroyed { copies: 1, keys: 4, texts: 2, files: 3 } }
}

fn request() -> C {
    C::RequestErasure { by: FIRST, reason: sealed("asked for it") }
}

fn expect(given: &[E], when: C, then: Result<Option<E>, Error>) {
    let result = TestFramework::<Subject>::with(()).given(given.to_vec()).when(when).inspect_result();
    assert_eq!(result, then.map(|event| event.into_iter().collect::<Vec<_>>()));
}

fn every_command() -> Vec<C> {
    vec![
        C::Register { identity: sealed("Ada") },
        C::Rectify { identity: sealed("Ada L.") },
        C::PlaceHold { hold: HOLD, reason: sealed("appeal") },
        C::LiftHold { hold: HOLD, reason: sealed("decided") },
        request(),
        C::WithdrawErasure { by: FIRST, reason: sealed("a mistake") },
        C::ApproveErasure { by: SECOND },
        C::StartErasure { copies: vec![COPY] },
    ]
}

#[test]
fn an_erasure_takes_two_different_admins() {
    let given = [registered(), requested()];
    expect(&given[..1], request(), Ok(Some(requested())));
    expect(&given, C::ApproveErasure { by: FIRST }, Err(Error::SameAdmin));
    expect(&given, C::ApproveErasure { by: SECOND }, Ok(Some(approved())));
    expect(&given[..1], C::ApproveErasure { by: SECOND }, Err(Error::NotRequested));
    let begin = || C::StartErasure { copies: vec![COPY] };
    expect(&given, begin(), Err(Error::NotApproved));
    expect(&[registered(), requested(), approved()], begin(), Ok(Some(started())));
}

#[test]
fn a_legal_hold_refuses_the_wish_the_approval_and_the_beginning() {
    expect(&[registered(), held()], request(), Err(Error::Held(1)));
    let given = [registered(), requested(), held()];
    expect(&given, C::ApproveErasure { by: SECOND }, Err(Error::Held(1)));
    let given = [registered(), requested(), approved(), held()];
    expect(&given, C::StartErasure { copies: vec![] }, Err(Error::Held(1)));
    let lifted = E::LegalHoldLifted { hold: HOLD, reason: sealed("decided") };
    let given = [&given[..], &[lifted]].concat();
    expect(&given, C::StartErasure { copies: vec![COPY] }, Ok(Some(started())));
}

#[test]
fn once_destruction_has_begun_nothing_is_accepted_and_after_it_nothing_at_all() {
    let begun = [registered(), requested(), approved(), started()];
    for command in every_command() {
        expect(&begun, command, Err(Error::Erased));
    }
    let E::SubjectErased { destroyed } = erased() else { unreachable!() };
    expect(&begun, C::RecordErased { destroyed }, Ok(Some(erased())));
    let over = [&begun[..], &[erased()]].concat();
    for command in every_command() {
        expect(&over, command, Err(Error::Erased));
    }
    expect(&over, C::RecordErased { destroyed }, Err(Error::Erased));
}

#[test]
fn nothing_is_recorded_as_destroyed_before_destruction_began() {
    let destroyed = Destroyed::default();
    expect(&[registered()], C::RecordErased { destroyed }, Err(Error::NotStarted));
    expect(&[registered(), requested(), approved()], C::RecordErased { destroyed }, Err(Error::NotStarted));
}

#[test]
fn a_wish_that_was_withdrawn_has_to_be_uttered_and_approved_anew() {
    let withdrawn = E::SubjectErasureWithdrawn { by: SECOND, reason: sealed("a mistake") };
    let withdraw = || C::WithdrawErasure { by: SECOND, reason: sealed("a mistake") };
    let given = [registered(), requested(), approved()];
    expect(&given, withdraw(), Ok(Some(withdrawn.clone())));
    let given = [&given[..], &[withdrawn]].concat();
    expect(&given, withdraw(), Err(Error::NotRequested));
    expect(&given, C::StartErasure { copies: vec![] }, Err(Error::NotApproved));
    expect(&given, request(), Ok(Some(requested())));
}

#[test]
fn who_a_subject_is_can_be_put_right_and_the_event_says_what_stood_before() {
    let rectified = E::SubjectRectified { before: sealed("Ada"), after: sealed("Ada L.") };
    expect(&[registered()], C::Rectify { identity: sealed("Ada L.") }, Ok(Some(rectified)));
    expect(&[registered()], C::Rectify { identity: sealed("Ada") }, Ok(None));
    expect(&[], C::Rectify { identity: sealed("Ada") }, Err(Error::Absent));
    expect(&[registered()], C::Register { identity: sealed("Ada") }, Err(Error::Exists));
}
