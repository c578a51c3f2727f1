//! Whose a copy is, and who is to mark it.

use domain::SubjectId;
use domain::copy::{CopyAction, CopyError, CopyEvent, IdentificationMethod};
use uuid::Uuid;

use crate::story::*;

fn subject(number: u128) -> SubjectId {
    SubjectId(Uuid::from_u128(number))
}

#[test]
fn a_copy_is_identified_once_and_by_the_same_again_records_nothing() {
    let identified = CopyEvent::CopyIdentified { subject: subject(1), method: IdentificationMethod::Manual };
    assert_eq!(Story::ready().asked(OFFICE, identify(1)), Ok(vec![identified]));
    let story = Story::ready().then(OFFICE, identify(1));
    assert_eq!(story.copy().subject, Some(subject(1)));
    assert_eq!(story.asked(OFFICE, identify(1)), Ok(vec![]));
    assert_eq!(story.asked(OFFICE, identify(2)), Err(CopyError::IdentifiedAlready));
}

/// The refusal says nothing of whose the copy is.
#[test]
fn a_refused_identification_does_not_tell_whose_the_copy_is() {
    let refusal = Story::ready().then(OFFICE, identify(1)).refuses(OFFICE, identify(2));
    assert!(!refusal.to_string().contains(&subject(1).to_string()), "{refusal}");
}

#[test]
fn what_was_said_of_whose_it_is_is_taken_back_with_a_reason_and_said_anew() {
    let story = Story::graded().then(OFFICE, identify(1)).then(OFFICE, unidentify());
    assert_eq!(story.copy().subject, None);
    assert_eq!(story.then(OFFICE, identify(2)).copy().subject, Some(subject(2)));
    assert_eq!(Story::ready().asked(OFFICE, unidentify()), Err(CopyError::NotIdentified));
}

/// Erasing a person has to find their voided copies, too.
#[test]
fn a_voided_copy_is_still_its_subjects() {
    let story = Story::ready().then(OFFICE, identify(1)).then(OFFICE, void());
    assert_eq!(story.copy().subject, Some(subject(1)));
    assert_eq!(story.asked(OFFICE, unidentify()), Err(CopyError::Voided));
}

// L1
#[test]
fn an_assignment_carries_for_whom_the_copy_was_before() {
    let story = Story::ready().then(OFFICE, assign(ADA));
    let moved = CopyEvent::CopyAssigned { grader: BLAISE, before: Some(ADA), run: None };
    assert_eq!(story.asked(OFFICE, assign(BLAISE)), Ok(vec![moved]));
    assert_eq!(story.asked(OFFICE, assign(ADA)), Ok(vec![]));
    let taken = CopyEvent::CopyUnassigned { grader: ADA };
    assert_eq!(story.asked(OFFICE, CopyAction::Unassign), Ok(vec![taken]));
    assert_eq!(story.then(OFFICE, CopyAction::Unassign).copy().assigned_to, None);
}

/// Identification and assignment are no marking: a basis that was frozen stays the basis (L6).
#[test]
fn identifying_a_copy_under_finalisation_does_not_unsettle_its_basis() {
    let story = Story::grading().then(OFFICE, identify(1));
    let made = Story::grading().made(3);
    let graded = story.then(WORKER, made).copy();
    assert_eq!(graded.state.status(), Some(domain::copy::CopyStatus::Graded));
    assert_eq!(graded.subject, Some(subject(1)));
}

#[test]
fn a_lease_that_is_over_does_not_keep_a_copy_from_being_assigned() {
    let story = Story::locked().at(i64::from(TTL_SECONDS));
    let events = story.asked(OFFICE, assign(BLAISE)).unwrap();
    assert!(matches!(events[0], CopyEvent::LockExpired { .. }), "{events:?}");
    assert_eq!(events[1], CopyEvent::CopyAssigned { grader: BLAISE, before: None, run: None });
}
