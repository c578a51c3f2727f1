//! Lists are cut into pages that neither skip nor repeat, however the ledger grows meanwhile.

use domain::copy::{CopyEvent, CopyStatus};
use domain::exam::{Duty, ExamEvent};
use domain::{CopyId, ExamId};
use projections::copies::{CopyFilter, Standing};
use projections::views::PageSize;
use projections::{annotations, copies, exams};
use uuid::Uuid;

use crate::ledger::TestLedger;
use crate::life::sealed;
use crate::story::{self, EXAM, annotation, copy_id};

async fn ids(ledger: &TestLedger, filter: CopyFilter) -> Vec<CopyId> {
    let (mut after, mut ids) = (None, vec![]);
    loop {
        let page = copies::list(ledger.pool(), filter, after, PageSize::new(2).unwrap()).await.unwrap();
        ids.extend(page.items.iter().map(|row| row.copy));
        let Some(next) = page.next else { return ids };
        after = Some(next);
    }
}

#[tokio::test]
async fn copies_are_listed_by_exam_and_status_the_oldest_first() {
    let (ledger, elsewhere) = (TestLedger::new().await, CopyId(Uuid::from_u128(0xff)));
    let names = ["A-1", "A-2", "A-3", "A-4", "A-5"];
    for name in names {
        ledger.copy(copy_id(name), &[story::requested(name)]).await;
    }
    let other = ExamId(Uuid::from_u128(0xe2));
    let CopyEvent::CopyImportRequested { anonymous_id, source, source_bytes, filename, .. } =
        story::requested("B-1")
    else {
        unreachable!()
    };
    let request =
        CopyEvent::CopyImportRequested { exam: other, anonymous_id, source, source_bytes, filename };
    ledger.copy(elsewhere, &[request]).await;
    ledger.copy(copy_id("A-2"), &[story::imported(2), story::validated()]).await;
    let void =
        CopyEvent::CopyVoided { reason: sealed("twice"), replaced_by: Some(copy_id("A-1")), lock: None };
    ledger.copy(copy_id("A-4"), &[void]).await;
    ledger.fold_all().await;

    let all: Vec<CopyId> = names.map(copy_id).into_iter().chain([elsewhere]).collect();
    assert_eq!(ids(&ledger, CopyFilter::default()).await, all);
    let of_exam = CopyFilter { exam: Some(EXAM), ..CopyFilter::default() };
    assert_eq!(ids(&ledger, of_exam).await, names.map(copy_id));
    let staging = Standing::Status(CopyStatus::Staging);
    let expected = vec![copy_id("A-1"), copy_id("A-3"), copy_id("A-5")];
    assert_eq!(ids(&ledger, CopyFilter { standing: staging, ..of_exam }).await, expected);
    assert_eq!(ids(&ledger, CopyFilter { exam: None, standing: staging }).await.len(), 4);
    for exam in [None, Some(EXAM)] {
        assert_eq!(ids(&ledger, CopyFilter { exam, standing: Standing::Voided }).await, [copy_id("A-4")]);
    }
    let counts = copies::status_counts(ledger.pool(), Some(EXAM)).await.unwrap();
    assert_eq!(counts.len(), 6);
    assert_eq!((counts[&CopyStatus::Staging], counts[&CopyStatus::Ready]), (3, 1));
    assert_eq!(copies::status_counts(ledger.pool(), None).await.unwrap()[&CopyStatus::Staging], 4);
}

#[tokio::test]
async fn annotations_are_listed_by_number_and_removed_ones_are_left_out() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger.copy(copy, &story::to_locked("A-001")).await;
    for number in 1..=4 {
        ledger.copy(copy, &[story::annotated(number, 100)]).await;
    }
    ledger.fold_all().await;
    let before = story::mark(Some(100));
    let remove = |number| CopyEvent::AnnotationRemoved {
        annotation: annotation(number),
        from_revision: 1,
        before: before.clone(),
    };
    ledger.copy(copy, &[remove(2), remove(4), story::annotated(5, 100)]).await;
    ledger.fold_all().await;
    let (mut after, mut numbers) = (None, vec![]);
    loop {
        let two = PageSize::new(2).unwrap();
        let page = annotations::of_copy(ledger.pool(), copy, Some(1), after, two).await.unwrap();
        numbers.extend(page.items.iter().map(|row| row.number));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(numbers, [1, 3, 5], "a number is never given twice");
    assert_eq!(annotations::get(ledger.pool(), copy, annotation(2)).await.unwrap(), None);
    let none = annotations::of_copy(ledger.pool(), copy, Some(0), None, PageSize::DEFAULT).await.unwrap();
    assert_eq!((none.items, none.next), (vec![], None));
}

#[tokio::test]
async fn exams_are_listed_with_their_scheme_and_graders() {
    let ledger = TestLedger::new().await;
    let exam = |number: u128| ExamId(Uuid::from_u128(number));
    for number in 1..=3 {
        let code = format!("MATHS-{number}").parse().unwrap();
        ledger.exam(exam(number), &[ExamEvent::ExamCreated { code }]).await;
    }
    let grader = crate::ledger::ADA;
    let questions = crate::life::scheme();
    let published = ExamEvent::SchemePublished { version: 1, questions: questions.clone() };
    ledger.fold_all().await;
    ledger.exam(exam(2), &[published, ExamEvent::GraderEnrolled { grader, duty: Duty::Lead }]).await;
    ledger.fold_all().await;
    let page = exams::list(ledger.pool(), None, PageSize::new(2).unwrap()).await.unwrap();
    assert_eq!(page.items.iter().map(|row| row.exam).collect::<Vec<_>>(), [exam(1), exam(2)]);
    let rest = exams::list(ledger.pool(), page.next, PageSize::new(2).unwrap()).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].exam, rest.next), (1, exam(3), None));
    let row = exams::get(ledger.pool(), exam(2)).await.unwrap().unwrap();
    assert_eq!(row.scheme.unwrap().questions, questions);
    assert_eq!((row.graders.into_iter().collect::<Vec<_>>(), row.sequence), (vec![(grader, Duty::Lead)], 3));
}

#[test]
fn a_page_has_one_to_two_hundred_items() {
    assert!(PageSize::new(0).is_err());
    assert!(PageSize::new(201).is_err());
    assert_eq!(PageSize::new(200), Ok(PageSize::MAX));
}
