//! L1, L8, L9, L10, L18: what graders put on a copy.

use domain::copy::command::{MAX_ANNOTATIONS, Marking};
use domain::copy::{CopyError, CopyEvent, Mark};
use domain::{PageBox, Points};

use crate::story::*;

// L1
#[test]
fn a_revised_annotation_tells_what_stood_before() {
    let revised = CopyEvent::AnnotationRevised {
        annotation: annotation(1),
        from_revision: 1,
        before: mark(Some(-250)),
        after: mark(Some(-100)),
    };
    assert_eq!(Story::marked().yields(ADA, revise(1, 1, mark(Some(-100)))), [revised]);
}

// L1
#[test]
fn a_deleted_annotation_can_still_be_read_in_the_history() {
    let removed = CopyEvent::AnnotationRemoved {
        annotation: annotation(1),
        from_revision: 1,
        before: mark(Some(-250)),
    };
    let story = Story::marked();
    assert_eq!(story.yields(ADA, remove(1, 1)), [removed]);
    assert_eq!(story.clone().then(ADA, remove(1, 1)).total(), Points(550));
    assert_eq!(story.refuses(ADA, remove(3, 1)), CopyError::NoSuchAnnotation(annotation(3)));
}

// L1
#[test]
fn a_score_a_remark_and_an_appreciation_tell_what_stood_before() {
    let scored =
        CopyEvent::QuestionScored { question: question("1"), before: Some(Points(500)), after: None };
    assert_eq!(Story::marked().yields(ADA, score("1", None)), [scored]);

    let set = |text: Option<&str>| {
        marking(Marking::SetRemark { question: question("1"), remark: text.map(sealed) })
    };
    let story = Story::locked().then(ADA, set(Some("good")));
    let remark = CopyEvent::RemarkSet {
        question: question("1"),
        before: Some(sealed("good")),
        after: Some(sealed("better")),
    };
    assert_eq!(story.yields(ADA, set(Some("better"))), [remark]);

    let set = |text: Option<&str>| marking(Marking::SetAppreciation { appreciation: text.map(sealed) });
    let story = story.then(ADA, set(Some("well done")));
    let taken_back = CopyEvent::AppreciationSet { before: Some(sealed("well done")), after: None };
    assert_eq!(story.yields(ADA, set(None)), [taken_back]);
}

// L1
#[test]
fn what_stands_already_is_not_recorded_again() {
    let story = Story::marked();
    assert_eq!(story.yields(ADA, score("1", Some(500))), []);
    assert_eq!(story.yields(ADA, score("2.a", None)), []);
    assert_eq!(story.yields(ADA, revise(1, 1, mark(Some(-250)))), []);
    assert_eq!(story.yields(ADA, marking(Marking::SetRemark { question: question("1"), remark: None })), []);
    assert_eq!(story.yields(ADA, marking(Marking::SetAppreciation { appreciation: None })), []);
}

// L2: the part of it that a client sees.
#[test]
fn a_stale_revision_is_refused_and_the_current_one_named() {
    let story = Story::marked().then(ADA, revise(1, 1, mark(None)));
    let stale = CopyError::StaleRevision { named: 1, current: 2 };
    assert_eq!(story.refuses(ADA, revise(1, 1, mark(Some(1)))), stale);
    assert_eq!(story.refuses(ADA, remove(1, 1)), stale);
    assert_eq!(story.yields(ADA, remove(1, 2)).len(), 1);
}

// L1: an id that means two annotations makes a history that nobody can read.
#[test]
fn an_annotation_id_or_number_is_never_given_twice() {
    let story = Story::marked();
    let taken = CopyError::AnnotationExists(annotation(2));
    assert_eq!(story.refuses(ADA, annotate(2, 0, mark(None))), taken);
    let story = story.then(ADA, remove(2, 1));
    assert_eq!(story.refuses(ADA, annotate(2, 0, mark(None))), taken);
    let story = story.then(ADA, annotate(3, 0, mark(None)));
    let numbers: Vec<_> =
        story.copy().state.paper().unwrap().marking.annotations.values().map(|a| a.number).collect();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn a_copy_takes_no_more_than_its_limit_of_annotations_the_removed_ones_counted() {
    let add = |number: u32| CopyEvent::AnnotationAdded {
        annotation: annotation(u128::from(number)),
        page_index: 0,
        page: pages()[0].sha256,
        mark: mark(Some(Points::LIMIT.0)),
    };
    let mut story = Story::locked();
    story.events.extend((1..MAX_ANNOTATIONS).map(add));
    story = story.then(ADA, annotate(0, 0, mark(Some(Points::LIMIT.0)))).then(ADA, remove(1, 1));
    let too_many = CopyError::TooManyAnnotations(MAX_ANNOTATIONS);
    assert_eq!(story.refuses(ADA, annotate(20_000, 0, mark(None))), too_many);
    // L8: the most that can ever be summed up is far inside the number that holds it.
    assert_eq!(story.total(), Points(i64::from(MAX_ANNOTATIONS - 1) * Points::LIMIT.0));
}

// L8
#[test]
fn the_total_is_the_scores_and_the_annotations_points_with_no_clamp() {
    assert_eq!(Story::marked().total(), Points(300));
    let story = Story::marked().then(ADA, annotate(3, 0, mark(Some(-99_999))));
    assert_eq!(story.total(), Points(300 - 99_999));
    let breakdown = story.copy().state.paper().unwrap().breakdown();
    let lines: Vec<_> = breakdown.questions.iter().map(|line| line.points).collect();
    assert_eq!(lines, [Some(Points(500)), None], "an unscored question is told apart from a zero");
    assert_eq!(breakdown.maximum(), Points(2_000));
}

// L9
#[test]
fn only_questions_of_the_pinned_scheme_are_scored() {
    let no_such = |id: &str| CopyError::NoSuchQuestion(question(id));
    assert_eq!(Story::locked().refuses(ADA, score("3", Some(100))), no_such("3"));
    let remark = marking(Marking::SetRemark { question: question("3"), remark: Some(sealed("?")) });
    assert_eq!(Story::locked().refuses(ADA, remark), no_such("3"));
    let phantom = Mark { question: Some(question("2")), ..mark(None) };
    assert_eq!(Story::locked().refuses(ADA, annotate(1, 0, phantom.clone())), no_such("2"));
    assert_eq!(Story::marked().refuses(ADA, revise(1, 1, phantom)), no_such("2"));
    assert_eq!(Story::graded().refuses(OFFICE, correct("3", 100)), no_such("3"));
}

// L9
#[test]
fn a_score_lies_between_zero_and_the_questions_maximum() {
    let outside = CopyError::OutsideScheme { question: question("1"), maximum: Points(800) };
    for points in [-1, 801, i64::MIN, i64::MAX] {
        assert_eq!(Story::locked().refuses(ADA, score("1", Some(points))), outside);
        assert_eq!(Story::graded().refuses(OFFICE, correct("1", points)), outside);
    }
    for points in [0, 800] {
        assert_eq!(Story::locked().yields(ADA, score("1", Some(points))).len(), 1);
    }
}

// L10
#[test]
fn an_annotation_names_its_page_by_hash() {
    let added = CopyEvent::AnnotationAdded {
        annotation: annotation(1),
        page_index: 2,
        page: pages()[2].sha256,
        mark: mark(None),
    };
    assert_eq!(Story::locked().yields(ADA, annotate(1, 2, mark(None))), [added]);
    for page_index in [3, u32::MAX] {
        let no_page = CopyError::NoSuchPage { page_index, pages: 3 };
        assert_eq!(Story::locked().refuses(ADA, annotate(1, page_index, mark(None))), no_page);
    }
}

// L18
#[test]
fn a_box_lies_inside_the_page() {
    let page_box = |x, y, width, height| PageBox { x, y, width, height };
    let at = |area| Mark { area, ..mark(None) };
    let outside = [
        page_box(0, 0, 0, 10),
        page_box(0, 0, 10, 0),
        page_box(0, 0, 1_000_001, 10),
        page_box(999_999, 0, 2, 10),
        page_box(0, 1_000_000, 10, 1),
        page_box(u32::MAX, 0, u32::MAX, 10),
    ];
    for area in outside {
        assert_eq!(Story::locked().refuses(ADA, annotate(1, 0, at(area))), CopyError::BoxOutsidePage);
        assert_eq!(Story::marked().refuses(ADA, revise(1, 1, at(area))), CopyError::BoxOutsidePage);
    }
    for area in [page_box(0, 0, 1_000_000, 1_000_000), page_box(999_999, 999_999, 1, 1)] {
        assert_eq!(Story::locked().yields(ADA, annotate(1, 0, at(area))).len(), 1);
    }
}

#[test]
fn an_annotations_points_lie_within_the_limit() {
    for points in [100_001, -100_001, i64::MIN, i64::MAX] {
        let refusal = Story::locked().refuses(ADA, annotate(1, 0, mark(Some(points))));
        assert_eq!(refusal, CopyError::PointsOutOfRange);
    }
    assert_eq!(Story::locked().yields(ADA, annotate(1, 0, mark(Some(-100_000)))).len(), 1);
}
