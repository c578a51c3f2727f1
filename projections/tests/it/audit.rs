//! What auditors find.

use domain::copy::{CopyEvent, IdentificationMethod};
use domain::exam::ExamEvent;
use domain::{Commitment, CopyId, ExamId, SubjectId};
use fixtures::golden;
use projections::StreamId;
use projections::audit_trail::{self, AuditFilter, AuditRow, Subject};
use projections::views::PageSize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::{ADA, Row, TestLedger, by};
use crate::life::sealed;
use crate::story::{self, BLAISE, annotation, copy_id};

async fn trail(ledger: &TestLedger, subject: Subject, filter: AuditFilter) -> Vec<AuditRow> {
    audit_trail::of(ledger.pool(), subject, &filter, None, PageSize::MAX).await.unwrap().items
}

async fn told(events: &[CopyEvent]) -> Vec<AuditRow> {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger.copy(copy, events).await;
    ledger.fold_all().await;
    trail(&ledger, Subject::Copy(copy), AuditFilter::default()).await
}

fn actions(rows: &[AuditRow]) -> Vec<&str> {
    rows.iter().map(|row| row.action.as_str()).collect()
}

#[tokio::test]
async fn a_copy_s_life_is_told_in_the_order_in_which_it_happened() {
    let mut events = story::to_locked("A-001");
    events.extend([story::annotated(1, -250), story::annotated(2, 50)]);
    events.extend([story::started(1), story::graded(1, 1_225), story::exported()]);
    let rows = told(&events).await;
    let expected = [
        "IMPORT_REQUEST",
        "IMPORT",
        "VALIDATE",
        "LOCK",
        "CREATE_ANN",
        "CREATE_ANN",
        "FINALIZE_START",
        "FINALIZE",
        "EXPORT",
    ];
    assert_eq!(actions(&rows), expected);
    assert_eq!(rows.iter().map(|row| row.position).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    assert_eq!((rows[4].actor, rows[4].request_id.as_str()), (ADA, "request-1"));
}

/// Opens the name of one file, and tells nobody whose a copy is.
struct OneText;

impl audit_trail::Opening for OneText {
    fn text(&self, commitment: Commitment) -> Value {
        if commitment == sealed("Zoé.pdf") { json!("Zoé.pdf") } else { json!("[erased]") }
    }

    fn subject(&self, _: SubjectId) -> Value {
        Value::Null
    }
}

#[tokio::test]
async fn whose_a_copy_is_stands_in_its_trail_and_is_opened_to_those_who_may_know() {
    let copy = copy_id("A-001");
    let mut events = story::to_locked("A-001");
    let subject = SubjectId(uuid::Uuid::from_u128(0x5e));
    events.push(CopyEvent::CopyIdentified { subject, method: IdentificationMethod::Roster });
    let rows = told(&events).await;
    let identified = rows.last().unwrap();
    assert_eq!((identified.subject, identified.action.as_str()), (Subject::Copy(copy), "IDENTIFY"));
    let mut metadata = identified.metadata.clone();
    audit_trail::open(&mut metadata, &OneText);
    assert_eq!(metadata, json!({"subject": null, "method": "ROSTER"}));
}

#[tokio::test]
async fn an_import_is_told_with_its_file_and_its_pages() {
    let rows = told(&story::to_locked("A-001")).await;
    let import = &rows[1].metadata;
    assert_eq!((rows[1].action.as_str(), &import["success"]), ("IMPORT", &json!(true)));
    assert_eq!(import["pages"], json!(2));
    assert_eq!(audit_trail::commitments(import), [sealed("Zoé.pdf")]);
    let mut opened = import.clone();
    audit_trail::open(&mut opened, &OneText);
    assert_eq!(opened["filename"], json!("Zoé.pdf"));
}

#[tokio::test]
async fn an_import_in_a_later_batch_still_knows_its_file() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger.copy(copy, &[story::requested("A-001")]).await;
    ledger.fold_all().await;
    ledger.copy(copy, &[story::import_failed(1, true), story::imported(2)]).await;
    ledger.fold_all().await;
    let rows = trail(&ledger, Subject::Copy(copy), AuditFilter::default()).await;
    assert_eq!(actions(&rows), ["IMPORT_REQUEST", "IMPORT", "IMPORT"]);
    assert_eq!(rows[1].metadata["success"], json!(false));
    assert_eq!(rows[1].metadata["error_type"], json!("timeout"));
    for row in &rows {
        assert_eq!(audit_trail::commitments(&row.metadata), [sealed("Zoé.pdf")], "{}", row.event_type);
    }
}

#[tokio::test]
async fn a_new_annotation_is_told_with_its_id_its_page_and_what_it_says() {
    let mut events = story::to_locked("A-001");
    events.push(story::annotated(7, -250));
    let rows = told(&events).await;
    let metadata = &rows[4].metadata;
    assert_eq!(metadata["annotation_id"], json!(annotation(7)));
    assert_eq!(metadata["page"], json!(1));
    assert_eq!(metadata["after"]["points"].to_string(), "-2.5");
    assert_eq!(metadata["after"]["box"]["y"].to_string(), "0.25");
    assert_eq!(metadata["after"]["box"]["width"].to_string(), "0.001");
}

#[tokio::test]
async fn a_deleted_annotation_can_still_be_read_in_the_history() {
    let mut events = story::to_locked("A-001");
    let (before, after) = (story::mark(Some(-250)), story::mark(Some(-200)));
    events.push(story::annotated(7, -250));
    events.push(CopyEvent::AnnotationRevised {
        annotation: annotation(7),
        from_revision: 1,
        before: before.clone(),
        after: after.clone(),
    });
    events.push(CopyEvent::AnnotationRemoved { annotation: annotation(7), from_revision: 2, before: after });
    let rows = told(&events).await;
    assert_eq!(actions(&rows[4..]), ["CREATE_ANN", "UPDATE_ANN", "DELETE_ANN"]);
    let points = |row: &AuditRow, side: &str| row.metadata[side]["points"].to_string();
    assert_eq!((points(&rows[5], "before"), points(&rows[5], "after")), ("-2.5".into(), "-2".into()));
    assert_eq!(points(&rows[6], "before"), "-2");
    assert_eq!(audit_trail::commitments(&rows[6].metadata), [sealed("wrong sign")]);
}

#[tokio::test]
async fn a_finalisation_is_told_with_its_score_its_retries_and_its_success() {
    let mut events = story::to_locked("A-001");
    events.extend([story::started(1), story::failed(1, true), story::started(2), story::graded(2, 1_225)]);
    let rows = told(&events).await;
    let (failure, success) = (&rows[5], &rows[7]);
    assert_eq!((failure.action.as_str(), success.action.as_str()), ("FINALIZE", "FINALIZE"));
    assert_eq!(failure.metadata["success"], json!(false));
    assert_eq!(failure.metadata["error"], json!("unknown while at the stage store"));
    assert_eq!(
        (&failure.metadata["error_type"], &failure.metadata["stage"]),
        (&json!("unknown"), &json!("store"))
    );
    assert_eq!(success.metadata["success"], json!(true));
    assert_eq!(success.metadata["final_score"].to_string(), "12.25");
    assert_eq!((&failure.metadata["retries"], &success.metadata["retries"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn a_trail_is_filtered_by_action_and_actor_and_cut_into_pages() {
    let (ledger, copy) = (TestLedger::new().await, copy_id("A-001"));
    ledger.copy(copy, &story::to_locked("A-001")).await;
    let mut added = Row::of("AnnotationAdded", &story::annotated(1, 100));
    added.metadata = by(BLAISE, "request-2");
    ledger.append(StreamId::Copy(copy), &[added]).await;
    ledger.copy(copy, &[story::annotated(2, 100)]).await;
    ledger.copy(copy_id("A-002"), &[story::requested("A-002")]).await;
    ledger.fold_all().await;
    let of = |filter: AuditFilter| trail(&ledger, Subject::Copy(copy), filter);
    let created = AuditFilter { action: Some("CREATE_ANN".to_owned()), actor: None };
    assert_eq!(actions(&of(created).await), ["CREATE_ANN"; 2]);
    let by_blaise = of(AuditFilter { action: None, actor: Some(BLAISE) }).await;
    assert_eq!((by_blaise.len(), by_blaise[0].request_id.as_str()), (1, "request-2"));
    let (mut after, mut seen) = (None, vec![]);
    loop {
        let two = PageSize::new(2).unwrap();
        let filter = AuditFilter::default();
        let page = audit_trail::of(ledger.pool(), Subject::Copy(copy), &filter, after, two).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.iter().map(|row| row.sequence));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn acts_on_an_exam_are_in_the_trail_of_the_exam() {
    let (ledger, exam) = (TestLedger::new().await, ExamId(Uuid::from_u128(0xe1)));
    ledger.exam(exam, &golden::exam_events()).await;
    ledger.fold_all().await;
    let rows = trail(&ledger, Subject::Exam(exam), AuditFilter::default()).await;
    let expected = [
        "EXAM_CREATE",
        "SCHEME_PUBLISH",
        "GRADER_ENROL",
        "GRADER_ENROL",
        "GRADER_ENROL",
        "GRADER_REMOVE",
        "DISPATCH",
        "RELEASE",
        "WITHDRAW",
        "ARCHIVE",
    ];
    assert_eq!(actions(&rows), expected);
    assert_eq!(rows[0].subject, Subject::Exam(exam));
    // The golden enrolments: one before there were duties, one to mark, one to lead. Rows of the first two are as rows of
    // enrolments have always been.
    let duties: Vec<_> = rows[2..5].iter().map(|row| row.metadata.get("duty").cloned()).collect();
    assert_eq!(duties, [None, None, Some("LEAD".into())]);
}

#[tokio::test]
async fn every_golden_event_has_a_row_whose_action_is_its_own() {
    let ledger = TestLedger::new().await;
    let mut events = golden::copy_events();
    for (number, event) in events.iter().enumerate() {
        // Together they are no life of a copy, so each is the first event of a stream.
        ledger.copy(CopyId(Uuid::from_u128(1 + number as u128)), std::slice::from_ref(event)).await;
    }
    ledger.exam(ExamId(Uuid::from_u128(0xe1)), &[ExamEvent::ResultsReleased {}]).await;
    let mut projectors = projections::Projectors::none(&ledger.views, crate::ledger::limits());
    projectors.run::<audit_trail::AuditTrail>();
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(audit_trail::VIEW, head, crate::ledger::PATIENCE).await.unwrap();
    for (number, event) in events.drain(..).enumerate() {
        let copy = CopyId(Uuid::from_u128(1 + number as u128));
        let rows = trail(&ledger, Subject::Copy(copy), AuditFilter::default()).await;
        assert_eq!(actions(&rows), [event.audit_action()]);
        assert_eq!(rows[0].event_type, event.type_name());
        assert!(rows[0].metadata.as_object().is_some_and(|told| !told.is_empty()), "{}", event.type_name());
    }
}
