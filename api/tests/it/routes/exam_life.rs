//! The office's part of an exam: whose copies are, who is to mark them, and who learns of either.

use std::collections::BTreeMap;

use domain::exam::dispatch::deal;
use domain::{ActorId, CopyId, ExamId, SubjectId};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::worker;
use super::world::{Person, World, heard};

/// Copies of one exam, open to marking.
async fn copies(world: &World, exam: ExamId, count: usize) -> Vec<CopyId> {
    let mut copies = Vec::new();
    for number in 0..count {
        let sent = world.send_scan(exam, &format!("A-{number}"), "Anna Müller.pdf").await.body(202);
        let copy: CopyId = sent["id"].as_str().unwrap().parse().unwrap();
        worker::import(&world.app, copy).await;
        world.post(&world.admin, &format!("/api/copies/{copy}/ready"), json!({})).await.body(200);
        copies.push(copy);
    }
    copies
}

async fn identify(world: &World, who: &Person, copy: CopyId, subject: SubjectId) -> super::world::Said {
    world.post(who, &format!("/api/copies/{copy}/identify"), json!({"subject_id": subject})).await
}

#[tokio::test]
async fn a_clerk_says_whose_a_copy_is_and_takes_it_back_with_a_reason() {
    let world = World::new().await;
    let (clerk, copy) = (world.clerk().await, world.ready().await);
    let (anna, bert) = (world.subject("Anna").await, world.subject("Bert").await);
    assert_eq!(identify(&world, &clerk, copy, anna).await.body(200)["subject_id"], json!(anna));
    assert_eq!(identify(&world, &clerk, copy, anna).await.body(200)["status"], "READY");
    let nobody = SubjectId(Uuid::now_v7());
    identify(&world, &clerk, copy, nobody).await.refused(422, "no_such_subject");
    let refused = identify(&world, &clerk, copy, bert).await.refused(409, "identified_already");
    assert!(!refused.to_string().contains(&anna.to_string()), "{refused}");
    let path = format!("/api/copies/{copy}/unidentify");
    world.post(&clerk, &path, json!({})).await.refused(400, "invalid_json");
    let back = world.post(&clerk, &path, json!({"reason": "the wrong envelope"})).await;
    assert_eq!(back.body(200)["subject_id"], Value::Null);
    world.post(&clerk, &path, json!({"reason": "again"})).await.refused(409, "not_identified");
    identify(&world, &clerk, copy, bert).await.body(200);
    let types = world.events(copy).await;
    assert_eq!(types[types.len() - 3..], ["CopyIdentified", "CopyUnidentified", "CopyIdentified"]);
}

#[tokio::test]
async fn nobody_has_two_copies_in_one_exam() {
    let world = World::new().await;
    let exam = world.exam().await;
    let both = copies(&world, exam, 2).await;
    let anna = world.subject("Anna").await;
    identify(&world, &world.admin, both[0], anna).await.body(200);
    identify(&world, &world.admin, both[1], anna).await.refused(422, "subject_has_copy");
    // A scan that another replaces is voided, and does not stand in the way.
    let void = format!("/api/copies/{}/void", both[0]);
    world.post(&world.admin, &void, json!({"reason": "scanned anew"})).await.body(200);
    identify(&world, &world.admin, both[1], anna).await.body(200);
    // In another exam they have another.
    let elsewhere = copies(&world, world.exam().await, 1).await[0];
    identify(&world, &world.admin, elsewhere, anna).await.body(200);
}

/// Everything that those who mark can read of a copy, with every byte of it: neither the subject's pseudonym nor the name of
/// a file is in it, and it is the same text whether the copy is identified or not, but for what counts acts.
#[tokio::test]
async fn whoever_marks_learns_from_nothing_whose_a_copy_is() {
    let world = World::new().await;
    let copy = world.graded().await;
    let anna = world.subject("Anna").await;
    let seen = identify(&world, &world.admin, copy, anna).await;
    let exam = world.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap();
    let exam = exam.state.state.identity().unwrap().exam;
    let lead = world.lead(exam).await;
    let paths = [
        format!("/api/copies/{copy}"),
        "/api/copies".to_owned(),
        format!("/api/exams/{exam}/copies"),
        format!("/api/exams/{exam}"),
        format!("/api/copies/{copy}/audit?limit=200"),
        format!("/api/copies/{copy}/history"),
        format!("/api/copies/{copy}/history/diff"),
        format!("/api/copies/{copy}/annotations"),
        format!("/api/copies/{copy}/lock/status"),
        format!("/api/copies/{copy}/final-pdf"),
    ];
    for path in &paths {
        for who in [&world.grader, &lead] {
            let said = world.see(who, path, seen.position()).await;
            assert_eq!(said.status, 200, "{path}: {}", String::from_utf8_lossy(&said.bytes));
            let text = String::from_utf8_lossy(&said.bytes);
            assert!(!text.contains(&anna.to_string()), "{path}: {text}");
            assert!(!text.contains("Müller"), "{path}: {text}");
            assert!(!format!("{:?}", said.headers).contains("ller"), "{path}");
        }
    }
    // Those who may know do.
    for who in [&world.admin, &world.clerk().await, &world.auditor] {
        let read = world.see(who, &paths[0], seen.position()).await.body(200);
        assert_eq!(read["subject_id"], json!(anna));
    }
    let trail = world.see(&world.auditor, &paths[4], seen.position()).await.body(200);
    let lines = trail["items"].as_array().unwrap();
    let line = lines.iter().find(|line| line["action"] == "IDENTIFY").unwrap();
    assert_eq!(line["metadata"], json!({"subject": anna, "method": "MANUAL"}));
}

/// The ids of a copy and of a subject, and the order in which copies are listed, say nothing of whose a copy is.
#[tokio::test]
async fn neither_an_id_nor_the_order_of_a_list_moves_with_whose_a_copy_is() {
    let world = World::new().await;
    let exam = world.exam().await;
    let three = copies(&world, exam, 3).await;
    for (number, copy) in three.iter().enumerate() {
        let anonymous: domain::AnonymousId = format!("A-{number}").parse().unwrap();
        assert_eq!(*copy, CopyId::of(exam, &anonymous), "an id follows from the anonymous id alone");
    }
    let listed = async |seen| {
        let path = format!("/api/exams/{exam}/copies");
        let page = world.see(&world.grader, &path, seen).await.body(200);
        page["items"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>()
    };
    let before = listed(world.last_position(three[2]).await).await;
    let mut seen = 0;
    for copy in three.iter().rev() {
        seen = identify(&world, &world.admin, *copy, world.subject("Anna").await).await.position();
    }
    assert_eq!(listed(seen).await, before);
}

#[tokio::test]
async fn a_copy_that_is_assigned_is_its_graders_alone_and_the_leads() {
    let world = World::new().await;
    let exam = world.exam().await;
    let both = copies(&world, exam, 2).await;
    let lead = world.lead(exam).await;
    let assign = async |who: &Person, copy, grader: Value| {
        world.post(who, &format!("/api/copies/{copy}/assign"), json!({"grader_id": grader})).await
    };
    assign(&world.grader, both[0], json!(world.grader.id)).await.refused(403, "leads_only");
    let stranger = world.stranger().await;
    assign(&lead, both[0], json!(stranger.id)).await.refused(422, "not_enrolled");
    let assigned = assign(&lead, both[0], json!(world.grader.id)).await;
    assert_eq!(assigned.body(200)["assigned_to"], json!(world.grader.id));
    // The other grader has the copy that is for whoever takes it, and knows of no other.
    let path = format!("/api/copies/{}", both[0]);
    world.get(&world.other, &path).await.refused(404, "not_found");
    world.post(&world.other, &format!("{path}/lock"), json!({})).await.refused(404, "not_found");
    let page = world.see(&world.other, "/api/copies", assigned.position()).await.body(200);
    let ids: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|copy| &copy["id"]).collect();
    assert_eq!(ids, [&json!(both[1])]);
    world.get(&lead, &path).await.body(200);
    let held = world.lock(&world.grader, both[0]).await;
    // Out of somebody's hands first.
    assign(&lead, both[0], json!(world.other.id)).await.refused(409, "wrong_status");
    world.mark(&held, Method::DELETE, "/lock/release", json!({})).await.body(200);
    assign(&lead, both[0], Value::Null).await.body(200);
    assign(&lead, both[0], Value::Null).await.refused(409, "not_assigned");
    world.lock(&world.other, both[0]).await;
}

#[tokio::test]
async fn copies_are_dealt_out_evenly_by_a_recorded_seed_and_graders_mark_their_own() {
    let world = World::new().await;
    let exam = world.exam().await;
    let four = copies(&world, exam, 4).await;
    let lead = world.lead(exam).await;
    let path = format!("/api/exams/{exam}/dispatch");
    world.post(&world.grader, &path, json!({})).await.refused(403, "leads_only");
    world.post(&lead, &path, json!({"graders": []})).await.refused(400, "no_graders_named");
    world.post(&lead, &path, json!({"seed": 1_u64 << 53})).await.refused(400, "seed_out_of_range");
    world.post(&lead, &path, json!({"graders": [Uuid::now_v7()]})).await.refused(404, "not_found");
    let request =
        || world.ask(&lead, Method::POST, &path).header("idempotency-key", "deal").json(&json!({"seed": 42}));
    let said = heard(request()).await;
    let dealt = said.body(200);
    assert_eq!((&dealt["run"]["seed"], &dealt["run"]["copies"]), (&json!(42), &json!(4)));
    let counts: BTreeMap<String, u64> = dealt["graders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["grader_id"].as_str().unwrap().to_owned(), it["copies"].as_u64().unwrap()))
        .collect();
    // Leads mark what they like, and are dealt nothing unless they are named.
    assert_eq!(counts, [(world.grader.id.to_string(), 2), (world.other.id.to_string(), 2)].into());
    // Anyone can work out again who got which.
    let loads: BTreeMap<ActorId, u64> = [(world.grader.id, 0), (world.other.id, 0)].into();
    for (copy, to) in deal(42, &loads, four.clone()) {
        let stands = world.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().state;
        assert_eq!(stands.assigned_to, Some(to));
        let (mine, not_mine) =
            if to == world.grader.id { (&world.grader, &world.other) } else { (&world.other, &world.grader) };
        world.get(not_mine, &format!("/api/copies/{copy}")).await.refused(404, "not_found");
        world.lock(mine, copy).await;
    }
    // The repeat of the same request is the same run, and deals nothing twice.
    let again = heard(request()).await.body(200);
    assert_eq!((&again["run"], &again["graders"]), (&dealt["run"], &json!([])));
    // A copy that comes later is nobody's until it is dealt out.
    let late = world.send_scan(exam, "A-9", "scan.pdf").await.body(202);
    let late = format!("/api/copies/{}", late["id"].as_str().unwrap());
    world.get(&world.grader, &late).await.refused(404, "not_found");
    let more = world.post(&lead, &path, json!({})).await.body(200);
    assert_eq!((&more["run"]["copies"], more["graders"].as_array().unwrap().len()), (&json!(1), 1));
    assert!(more["run"]["seed"].is_u64());
}

/// A lead enrols graders, and only an admin says who leads.
#[tokio::test]
async fn a_lead_names_no_lead_and_removes_none() {
    let world = World::new().await;
    let exam = world.exam().await;
    let lead = world.lead(exam).await;
    let path = format!("/api/exams/{exam}/graders");
    let stranger = world.stranger().await;
    world
        .post(&lead, &path, json!({"grader_id": stranger.id, "duty": "LEAD"}))
        .await
        .refused(403, "admins_only");
    world.post(&lead, &path, json!({"grader_id": stranger.id})).await.body(200);
    world.delete(&lead, &format!("{path}/{}", stranger.id)).await.body(200);
    world.delete(&lead, &format!("{path}/{}", lead.id)).await.refused(403, "admins_only");
    world.delete(&world.admin, &format!("{path}/{}", lead.id)).await.body(200);
    world.post(&lead, &path, json!({"grader_id": stranger.id})).await.refused(404, "not_found");
}

/// A grader who is removed marks no more, not even with the lock in hand; and the lead gives the copy to another.
#[tokio::test]
async fn a_removed_grader_marks_no_more_though_their_lock_stands() {
    let world = World::new().await;
    let held = world.held().await;
    let state = world.app.ledger.load::<domain::copy::ExamCopy>(held.copy.0).await.unwrap().state;
    let exam = state.state.identity().unwrap().exam;
    world.delete(&world.admin, &format!("/api/exams/{exam}/graders/{}", world.grader.id)).await.body(200);
    world.mark(&held, Method::PUT, "/scores/1", json!({"points": 1})).await.refused(404, "not_found");
    world.mark(&held, Method::POST, "/lock/heartbeat", json!({})).await.refused(404, "not_found");
    world.mark(&held, Method::POST, "/finalize", json!({})).await.refused(404, "not_found");
    let away = format!("/api/copies/{}/lock/force-release", held.copy);
    world.post(&world.lead(exam).await, &away, json!({"reason": "left the school"})).await.body(200);
    world.lock(&world.other, held.copy).await;
}

/// L13, from outside.
#[tokio::test]
async fn l13_a_student_reads_their_own_copy_once_it_is_graded_and_released() {
    let world = World::new().await;
    let copy = world.graded().await;
    let state = world.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap().state;
    let exam = state.state.identity().unwrap().exam;
    let (anna, bert) = (world.subject("Anna").await, world.subject("Bert").await);
    let (hers, his) = (world.student(anna).await, world.student(bert).await);
    let paths = [format!("/api/results/{copy}"), format!("/api/results/{copy}/final-pdf")];
    let closed = async |who: &Person, seen: i64| {
        for path in &paths {
            world.see(who, path, seen).await.refused(404, "not_found");
        }
        assert_eq!(world.see(who, "/api/results", seen).await.body(200)["items"], json!([]));
    };
    let release = format!("/api/exams/{exam}/release");
    closed(&hers, 0).await;
    let identified = identify(&world, &world.admin, copy, anna).await.position();
    closed(&hers, identified).await;
    let released = world.post(&world.admin, &release, json!({})).await.position();
    closed(&his, identified).await;
    let one = world.see(&hers, &paths[0], released).await.body(200);
    assert_eq!((&one["exam_code"], &one["marking"]["total"]), (&json!("MATHS-2026"), &json!(9.5)));
    assert_eq!(world.see(&hers, "/api/results", identified).await.body(200)["items"], json!([one]));
    let pdf = world.get(&hers, &paths[1]).await;
    assert_eq!((pdf.status, pdf.header("cache-control")), (200, "no-store"));
    assert!(pdf.bytes.starts_with(b"%PDF"));
    // A student has no other route, and no other student's.
    for path in
        [format!("/api/copies/{copy}"), format!("/api/copies/{copy}/final-pdf"), "/api/exams".to_owned()]
    {
        world.get(&hers, &path).await.refused(403, "role_forbidden");
    }
    // Taken back, reopened, or said to be another's: closed again.
    world.post(&world.admin, &format!("/api/exams/{exam}/withdraw"), json!({})).await.body(200);
    closed(&hers, identified).await;
    world.post(&world.admin, &release, json!({})).await.body(200);
    let body = json!({"question": "1", "points": 8, "reason": "a sum"});
    let correcting = world.post(&world.admin, &format!("/api/copies/{copy}/correct"), body).await.position();
    closed(&hers, correcting).await;
    worker::finalise(&world.app, copy).await;
    let graded = world.last_position(copy).await;
    assert_eq!(world.see(&hers, &paths[0], graded).await.body(200)["marking"]["total"], json!(10));
    let back = format!("/api/copies/{copy}/unidentify");
    let taken = world.post(&world.admin, &back, json!({"reason": "the wrong envelope"})).await.position();
    closed(&hers, taken).await;
}

/// An auditor reads everything but what people wrote, and that after saying why.
#[tokio::test]
async fn an_auditor_reads_all_but_texts_and_texts_for_a_reason() {
    let world = World::new().await;
    let copy = world.graded().await;
    let seen = world.last_position(copy).await;
    let paths = ["/annotations", "/audit?limit=200", "/history", "/history/diff"]
        .map(|it| format!("/api/copies/{copy}{it}"));
    for path in &paths {
        let ask = || world.ask(&world.auditor, Method::GET, path).header("ledger-position", seen);
        let sealed = heard(ask()).await;
        let said = String::from_utf8_lossy(&sealed.bytes).into_owned();
        assert_eq!(sealed.status, 200, "{said}");
        assert!(!said.contains("Il manque une étape") && !said.contains("Müller"), "{path}: {said}");
        assert!(said.contains("[sealed]"), "{path}: {said}");
        let opened = heard(ask().header("x-access-reason", "complaint 14")).await;
        let said = String::from_utf8_lossy(&opened.bytes).into_owned();
        assert_eq!(opened.status, 200, "{said}");
        assert!(!said.contains("[sealed]"), "{path}: {said}");
    }
    let pdf = format!("/api/copies/{copy}/final-pdf");
    world.get(&world.auditor, &pdf).await.refused(403, "reason_required");
    let asked = world.ask(&world.auditor, Method::GET, &pdf).header("x-access-reason", "complaint 14");
    let opened = heard(asked).await;
    assert_eq!(opened.status, 200);
    assert!(opened.bytes.starts_with(b"%PDF"));
}

#[tokio::test]
async fn who_may_not_read_marks_sees_none_on_a_copy_in_a_list_or_in_an_answer() {
    let world = World::new().await;
    let copy = world.graded().await;
    let clerk = world.clerk().await;
    let subject = world.subject("Anna").await;
    let named =
        world.post(&clerk, &format!("/api/copies/{copy}/identify"), json!({"subject_id": subject})).await;
    let read = world.get(&clerk, &format!("/api/copies/{copy}")).await;
    let listed = world.get(&clerk, "/api/copies").await.body(200);
    let listed =
        listed["items"].as_array().unwrap().iter().find(|it| it["id"] == json!(copy)).unwrap().clone();
    for told in [named.body(200), read.body(200), listed] {
        assert_eq!(told["status"], "GRADED");
        for mark in ["marking", "grade", "total", "finalisation"] {
            assert!(told.get(mark).is_none_or(serde_json::Value::is_null), "{mark}: {told}");
        }
    }
    let read = world.get(&world.auditor, &format!("/api/copies/{copy}")).await.body(200);
    assert!(read["grade"]["total"].is_number(), "{read}");
}
