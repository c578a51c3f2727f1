//! Events in more than one version, and processes of more than one.

use std::collections::BTreeSet;

use domain::copy::CopyEvent;
use domain::copy::event::FinalisationCause;
use domain::exam::{Duty, ExamEvent};
use domain::shape;
use domain::{ActorId, ExamId, Reader};
use projections::exams::ExamRow;
use projections::views::PageSize;
use projections::{
    DriftScope, ProjectionStatus, Projectors, StreamId, ViewName, ViewState, audit_trail, copies, exams,
    work_queue,
};
use serde_json::json;
use uuid::Uuid;

use crate::ledger::{ADA, PATIENCE, Row, TestLedger, limits, until};
use crate::story;

const EXAM: ExamId = ExamId(Uuid::from_u128(0xe1));
/// The exam whose history is written as this build writes it.
const TODAY: ExamId = ExamId(Uuid::from_u128(0xe2));
const BOB: ActorId = ActorId(Uuid::from_u128(0xb0b));
const EVE: ActorId = ActorId(Uuid::from_u128(0xe5e));
/// The build before graders had a duty.
const OLD: Reader = Reader(2);

fn created() -> ExamEvent {
    ExamEvent::ExamCreated { code: "MATHS-2026".parse().unwrap() }
}

fn enrolled(grader: ActorId, duty: Duty) -> ExamEvent {
    ExamEvent::GraderEnrolled { grader, duty }
}

/// An enrolment as the build before wrote it.
fn enrolled_before_duties(grader: ActorId) -> Row {
    Row::of("GraderEnrolled", &json!({ "GraderEnrolled": { "grader": grader } }))
}

/// Two enrolments of version 1 around two of version 2, one of them removed; and the same written today.
async fn mixed(ledger: &TestLedger) {
    ledger.exam(EXAM, &[created()]).await;
    ledger.append(StreamId::Exam(EXAM), &[enrolled_before_duties(ADA)]).await;
    let removed = || ExamEvent::GraderRemoved { grader: EVE };
    ledger.exam(EXAM, &[enrolled(EVE, Duty::Lead), removed(), enrolled(BOB, Duty::Lead)]).await;
    ledger.append(StreamId::Exam(EXAM), &[enrolled_before_duties(EVE)]).await;
    let today = [
        created(),
        enrolled(ADA, Duty::Marker),
        enrolled(EVE, Duty::Lead),
        removed(),
        enrolled(BOB, Duty::Lead),
        enrolled(EVE, Duty::Marker),
    ];
    ledger.exam(TODAY, &today).await;
}

fn old(ledger: &TestLedger) -> Projectors {
    let mut projectors = Projectors::none(&ledger.views, limits()).as_reader(OLD);
    projectors.run_all();
    projectors
}

async fn status(ledger: &TestLedger, view: ViewName) -> ProjectionStatus {
    ledger.views.status().await.unwrap().into_iter().find(|status| status.name == view.name).unwrap()
}

async fn leads(ledger: &TestLedger, projectors: &Projectors, view: ViewName) {
    until("a leader", || async {
        (status(ledger, view).await.leader == Some(projectors.leader())).then_some(())
    })
    .await;
}

async fn stepped_down(ledger: &TestLedger, view: ViewName) -> ProjectionStatus {
    until("a view whose leader steps down", || async {
        Some(status(ledger, view).await).filter(|it| it.leader.is_none() && it.required_reader > OLD)
    })
    .await
}

async fn row(ledger: &TestLedger, exam: ExamId) -> ExamRow {
    exams::get(ledger.pool(), exam).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_ledger_s_list_of_shapes_is_this_build_s() {
    let ledger = TestLedger::new().await;
    let listed: Vec<(String, String, String, i32)> =
        sqlx::query_as("SELECT aggregate_type, event_type, event_version, reader FROM event_shapes")
            .fetch_all(ledger.pool())
            .await
            .unwrap();
    let known = shape::all().map(|it| {
        (it.aggregate_type.to_owned(), it.event_type.to_owned(), it.version.to_string(), it.reader)
    });
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), known.collect());
    for sql in ["UPDATE event_shapes SET reader = 1", "DELETE FROM event_shapes", "TRUNCATE event_shapes"] {
        let refused = sqlx::query(sql).execute(ledger.pool()).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("23001"), "{sql}");
    }
}

#[tokio::test]
async fn a_history_of_mixed_versions_has_the_rows_of_one_that_was_written_today_and_keeps_them() {
    let ledger = TestLedger::new().await;
    mixed(&ledger).await;
    ledger.fold_all().await;
    let mut today = row(&ledger, TODAY).await;
    let mixed = row(&ledger, EXAM).await;
    assert_eq!(
        mixed.graders.clone().into_iter().collect::<Vec<_>>(),
        [(ADA, Duty::Marker), (BOB, Duty::Lead), (EVE, Duty::Marker)]
    );
    (today.exam, today.position, today.created_position) = (EXAM, mixed.position, mixed.created_position);
    (today.created_at, today.updated_at) = (mixed.created_at, mixed.updated_at);
    assert_eq!(mixed, today);
    let (of_exam, all) = (audit_trail::Subject::Exam(EXAM), audit_trail::AuditFilter::default());
    let trail = audit_trail::of(ledger.pool(), of_exam, &all, None, PageSize::MAX).await.unwrap();
    let told = trail.items.into_iter().map(|row| row.metadata);
    let duties: Vec<_> = told.map(|told| told.get("duty").cloned()).collect();
    assert_eq!(duties, [None, None, Some("LEAD".into()), None, Some("LEAD".into()), None]);

    let before = ledger.dump_all().await;
    let views = projections::views::ALL.map(|(view, _)| view);
    let summary = ledger.views.drift(&views, DriftScope::Whole, false, &mut |_| {}).await.unwrap();
    assert!(summary.is_clean() && summary.is_whole(), "{summary:?}");
    ledger.rebuild_all().await;
    ledger.fold_all().await;
    ledger.has_rows(&before).await;
}

#[tokio::test]
async fn an_old_process_that_meets_a_newer_event_steps_down_and_the_new_one_leads() {
    let ledger = TestLedger::new().await;
    ledger.exam(EXAM, &[created()]).await;
    ledger.append(StreamId::Exam(EXAM), &[enrolled_before_duties(ADA)]).await;
    let old = old(&ledger);
    for (view, _) in projections::views::ALL {
        leads(&ledger, &old, view).await;
    }
    ledger.caught_up().await;
    let new = ledger.start();
    assert_eq!(status(&ledger, exams::VIEW).await.leader, Some(old.leader()), "the new one stands by");

    ledger.exam(EXAM, &[enrolled(BOB, Duty::Lead)]).await;
    ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    ledger.notify().await;
    ledger.caught_up().await;
    for view in [exams::VIEW, audit_trail::VIEW] {
        let status = status(&ledger, view).await;
        assert_eq!((status.leader, status.poison), (Some(new.leader()), None), "{view}");
        assert_eq!(status.required_reader, Reader(3));
    }
    // Of the stream that has the newer event, the others see positions alone: nothing moves them to another process.
    for (view, _) in projections::views::ALL.into_iter().filter(|(view, _)| *view != exams::VIEW) {
        let status = status(&ledger, view).await;
        if view != audit_trail::VIEW {
            assert_eq!((status.leader, status.required_reader), (Some(old.leader()), Reader(1)), "{view}");
        }
    }
    assert_eq!(row(&ledger, EXAM).await.graders[&BOB], Duty::Lead);
    old.stop().await;
    new.stop().await;

    // What two processes of two versions have folded between them is what one folds.
    let between_them = ledger.dump_all().await;
    ledger.rebuild_all().await;
    ledger.fold_all().await;
    ledger.has_rows(&between_them).await;
}

#[tokio::test]
async fn a_view_that_no_newer_process_leads_waits_says_so_and_goes_on_as_soon_as_one_starts() {
    let ledger = TestLedger::new().await;
    let at = ledger.exam(EXAM, &[created(), enrolled(ADA, Duty::Lead)]).await;
    let head = ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    let old = old(&ledger);
    ledger.views.wait_for(copies::VIEW, head, PATIENCE).await.unwrap();
    for view in [exams::VIEW, audit_trail::VIEW] {
        let status = stepped_down(&ledger, view).await;
        // This process could lead it: it is only the old one that may not.
        assert_eq!((status.state, status.poison), (ViewState::NoLeader, None), "{view}");
        assert_eq!((status.position, status.required_reader), (at - 1, Reader(3)), "{view}");
    }
    assert!(row(&ledger, EXAM).await.graders.is_empty(), "what came before is folded");
    // Nor does another old one lead it, or the same once more.
    let another = self::old(&ledger);
    leads(&ledger, &old, copies::VIEW).await;
    drop(old);
    leads(&ledger, &another, copies::VIEW).await;
    assert_eq!(status(&ledger, exams::VIEW).await.leader, None);
    let new = ledger.start();
    ledger.caught_up().await;
    leads(&ledger, &new, exams::VIEW).await;
    leads(&ledger, &another, copies::VIEW).await;
    assert_eq!(row(&ledger, EXAM).await.graders[&ADA], Duty::Lead);
    another.stop().await;
    new.stop().await;
}

#[tokio::test]
async fn what_a_new_process_has_folded_no_old_one_goes_on_with() {
    let ledger = TestLedger::new().await;
    ledger.exam(EXAM, &[created(), enrolled(ADA, Duty::Lead)]).await;
    // The new one leads first, so that no old one ever stepped down.
    ledger.fold_all().await;
    let old = old(&ledger);
    leads(&ledger, &old, copies::VIEW).await;
    ledger.exam(EXAM, &[ExamEvent::ResultsReleased {}]).await;
    let head = ledger.copy(story::copy_id("A-001"), &story::to_locked("A-001")).await;
    ledger.views.wait_for(copies::VIEW, head, PATIENCE).await.unwrap();
    for view in [exams::VIEW, audit_trail::VIEW] {
        let status = status(&ledger, view).await;
        assert_eq!((status.leader, status.poison, status.required_reader), (None, None, Reader(3)), "{view}");
    }
    old.stop().await;
    ledger.fold_all().await;
    assert!(row(&ledger, EXAM).await.released);
}

/// A shape that a build to come has brought into this ledger.
async fn of_the_future(ledger: &TestLedger, reader: i32) -> Row {
    sqlx::query("INSERT INTO event_shapes VALUES ('Exam', 'ExamPostponed', '1', $1)")
        .bind(reader)
        .execute(ledger.pool())
        .await
        .unwrap();
    Row::of("ExamPostponed", &json!({ "ExamPostponed": {} }))
}

#[tokio::test]
async fn this_build_stands_by_where_a_later_one_wrote_and_says_that_it_is_too_old() {
    let ledger = TestLedger::new().await;
    ledger.exam(EXAM, &[created()]).await;
    let at = ledger.append(StreamId::Exam(EXAM), &[of_the_future(&ledger, 99).await]).await;
    let projectors = ledger.start();
    for view in [exams::VIEW, audit_trail::VIEW] {
        let status = stepped_down(&ledger, view).await;
        assert_eq!((status.state, status.poison), (ViewState::TooOld, None), "{view}");
        assert_eq!((status.position, status.required_reader), (at - 1, Reader(99)), "{view}");
    }
    ledger.views.wait_for(copies::VIEW, at, PATIENCE).await.unwrap();
    assert_eq!(status(&ledger, copies::VIEW).await.state, ViewState::Leading);
    // Whether the rows are right is for a later build to say.
    let views = projections::views::ALL.map(|(view, _)| view);
    let summary = ledger.views.drift(&views, DriftScope::Whole, false, &mut |_| {}).await.unwrap();
    let not_looked_at: Vec<_> =
        summary.views.iter().filter(|it| it.needs_reader.is_some()).map(|it| it.view).collect();
    assert_eq!(not_looked_at, [audit_trail::VIEW, exams::VIEW]);
    assert!(summary.is_clean() && !summary.is_whole());
    projectors.stop().await;
}

#[tokio::test]
async fn a_sort_of_stream_that_is_new_has_old_processes_step_down_from_every_view() {
    let ledger = TestLedger::new().await;
    let reason = domain::Commitment(domain::Digest::ZERO);
    let parked = domain::operations::OperationsEvent::ProjectionParked {
        view: "copies".parse().unwrap(),
        stream_type: "ExamCopy".parse().unwrap(),
        stream_id: Uuid::from_u128(1),
        from_position: 1,
        reason,
    };
    ledger.append(StreamId::Operations(domain::OperationsId::ONLY), &[Row::written(&parked)]).await;
    let mut first = Projectors::none(&ledger.views, limits()).as_reader(Reader::FIRST);
    first.run_all();
    for (view, _) in projections::views::ALL {
        let status = until("a view whose leader steps down", || async {
            Some(status(&ledger, view).await).filter(|it| it.required_reader > Reader::FIRST)
        })
        .await;
        assert_eq!((status.required_reader, status.poison), (Reader(2), None), "{view}");
    }
    first.stop().await;
    ledger.fold_all().await;
}

/// The build before retries had a reason.
const WITHOUT_REASONS: Reader = Reader(3);

/// A copy whose import and finalisation failed and were tried again, as `retried` and `restarted` tell it.
async fn a_copy_that_was_retried(ledger: &TestLedger, anonymous_id: &str, retried: Row, restarted: Row) {
    let copy = StreamId::Copy(story::copy_id(anonymous_id));
    let rows = |events: &[CopyEvent]| events.iter().map(Row::written).collect::<Vec<_>>();
    ledger.append(copy, &rows(&[story::requested(anonymous_id), story::import_failed(1, false)])).await;
    ledger.append(copy, &[retried]).await;
    let locked = story::locked("2026-05-18T08:10:00Z".parse().unwrap());
    ledger.append(copy, &rows(&[story::imported(2), story::validated(), locked])).await;
    ledger.append(copy, &rows(&[story::started(1), story::failed(1, false)])).await;
    ledger.append(copy, &[restarted]).await;
}

fn tried_again(reason: Option<domain::Commitment>) -> [CopyEvent; 2] {
    let CopyEvent::FinalisationStarted { basis_sequence, total, .. } = story::started(2) else {
        panic!("it starts a finalisation")
    };
    let cause = FinalisationCause::Retry;
    [
        CopyEvent::CopyImportRetried { attempt: 2, reason },
        CopyEvent::FinalisationStarted { attempt: 2, cause, basis_sequence, total, lock: None, reason },
    ]
}

/// An event as the build before wrote it: without its reason.
fn before_reasons(event: &CopyEvent) -> Row {
    let mut payload = serde_json::to_value(event).unwrap();
    payload[event.type_name()].as_object_mut().unwrap().remove("reason").unwrap();
    Row::of(event.type_name(), &payload)
}

#[tokio::test]
async fn retries_from_before_reasons_and_with_one_are_told_as_they_were_and_a_rebuild_tells_the_same() {
    let ledger = TestLedger::new().await;
    let [retried, restarted] = tried_again(None).map(|event| before_reasons(&event));
    a_copy_that_was_retried(&ledger, "A-001", retried, restarted).await;
    let reason = crate::life::sealed("the disk was full");
    let [retried, restarted] = tried_again(Some(reason)).map(|event| Row::written(&event));
    a_copy_that_was_retried(&ledger, "A-002", retried, restarted).await;
    ledger.fold_all().await;
    for (anonymous_id, told) in [("A-001", None), ("A-002", Some(json!({ "sealed": reason })))] {
        let (copy, all) = (story::copy_id(anonymous_id), audit_trail::AuditFilter::default());
        let subject = audit_trail::Subject::Copy(copy);
        let trail = audit_trail::of(ledger.pool(), subject, &all, None, PageSize::MAX).await.unwrap().items;
        let of = |action: &str| trail.iter().rfind(|row| row.action == action).unwrap().metadata.clone();
        for action in ["IMPORT_RETRY", "FINALIZE_START"] {
            assert_eq!(of(action).get("reason"), told.as_ref(), "{anonymous_id}, {action}");
            assert_eq!(of(action)["attempt"], 2);
        }
        let queued = work_queue::of_copy(ledger.pool(), copy).await.unwrap().unwrap();
        assert_eq!((queued.kind, queued.attempt), (work_queue::WorkKind::Finalise, 2));
    }
    let before = ledger.dump_all().await;
    let views = projections::views::ALL.map(|(view, _)| view);
    let summary = ledger.views.drift(&views, DriftScope::Whole, false, &mut |_| {}).await.unwrap();
    assert!(summary.is_clean() && summary.is_whole(), "{summary:?}");
    ledger.rebuild_all().await;
    ledger.fold_all().await;
    ledger.has_rows(&before).await;
}

#[tokio::test]
async fn a_process_from_before_reasons_steps_down_where_a_finalisation_of_this_build_begins() {
    let ledger = TestLedger::new().await;
    let copy = story::copy_id("A-001");
    ledger.copy(copy, &story::to_locked("A-001")).await;
    let mut older = Projectors::none(&ledger.views, limits()).as_reader(WITHOUT_REASONS);
    older.run_all();
    leads(&ledger, &older, copies::VIEW).await;
    ledger.caught_up().await;
    let at = ledger.copy(copy, &[story::started(1)]).await;
    ledger.notify().await;
    for view in [copies::VIEW, audit_trail::VIEW, work_queue::VIEW] {
        let status = until("a view whose leader steps down", || async {
            Some(status(&ledger, view).await)
                .filter(|it| it.leader.is_none() && it.required_reader > WITHOUT_REASONS)
        })
        .await;
        assert_eq!((status.position, status.poison), (at - 1, None), "{view}");
        assert_eq!(status.required_reader, Reader(WITHOUT_REASONS.0 + 1));
    }
    older.stop().await;
    ledger.fold_all().await;
}
