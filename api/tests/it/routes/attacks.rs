//! What an attacker with a valid token tries: other people's locks, keys, copies and fields.

use domain::SubjectId;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, an_annotation, heard};

/// The token of a lock is no bearer's right: it marks in the hands of its owner alone.
#[tokio::test]
async fn another_graders_lock_token_marks_nothing() {
    let world = World::new().await;
    let held = world.held().await;
    let path = |tail: &str| format!("/api/copies/{}{tail}", held.copy);
    for (method, tail, body) in [
        (Method::PUT, "/scores/1", json!({"points": 10})),
        (Method::PUT, "/remarks/1", json!({"remark": "x"})),
        (Method::POST, "/annotations", an_annotation()),
        (Method::POST, "/lock/heartbeat", json!({})),
        (Method::POST, "/finalize", json!({})),
    ] {
        let request = world.ask(&world.other, method, &path(tail)).header("x-lock-token", &held.token);
        heard(request.json(&body)).await.refused(403, "owner_mismatch");
    }
    let release = world.ask(&world.other, Method::DELETE, &path("/lock/release"));
    heard(release.header("x-lock-token", &held.token)).await.refused(403, "owner_mismatch");
    // Nor does a token of the owner's own for another copy.
    let elsewhere = world.held().await;
    let request = world.ask(&world.grader, Method::PUT, &path("/scores/1"));
    let request = request.header("x-lock-token", &elsewhere.token).json(&json!({"points": 10}));
    heard(request).await.refused(403, "token_mismatch");
}

/// Every body that the API takes names its members, and takes no other: nobody sets a status, an owner or a role along the
/// way. Asked of the document, and of the server with a member more.
#[tokio::test]
async fn no_body_takes_a_member_that_the_document_does_not_name() {
    let world = World::new().await;
    let document = world.get(&world.admin, "/api/openapi.json").await.body(200);
    let schemas = &document["components"]["schemas"];
    let mut asked = 0;
    for (template, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(reference) = schema["$ref"].as_str() else { continue };
            let name = reference.rsplit('/').next().unwrap();
            assert_eq!(
                schemas[name]["additionalProperties"],
                json!(false),
                "{method} {template} takes {name}"
            );
            let id = Uuid::now_v7().to_string();
            let filled = |word| match word {
                "{question}" => "1",
                "{view}" => "copies",
                parameter if parameter.starts_with('{') => id.as_str(),
                word => word,
            };
            let path = template.split('/').map(filled).collect::<Vec<_>>().join("/");
            let forged =
                json!({"status": "GRADED", "owner_id": id, "role": "admin", "actor_id": id, "total": 20});
            let request = world.ask(&world.admin, method.to_uppercase().parse().unwrap(), &path);
            let said = heard(request.json(&forged)).await;
            assert_eq!(said.status, 400, "{method} {path}: {}", String::from_utf8_lossy(&said.bytes));
            asked += 1;
        }
    }
    assert!(asked >= 20, "{asked}");
}

/// An id that is guessed, or made from another, opens nothing; and a sum of an id is not a way to learn whether it is there.
#[tokio::test]
async fn neighbours_of_an_id_are_nobodys() {
    let world = World::new().await;
    let copy = world.graded().await;
    let bits = copy.0.as_u128();
    let student = world.student(SubjectId(Uuid::now_v7())).await;
    for id in [bits ^ 1, bits + 1, bits - 1, !bits, 0, u128::MAX].map(Uuid::from_u128) {
        world.get(&world.admin, &format!("/api/copies/{id}")).await.refused(404, "not_found");
        world.get(&world.grader, &format!("/api/copies/{id}")).await.refused(404, "not_found");
        let missing = world.get(&student, &format!("/api/results/{id}")).await.refused(404, "not_found");
        let there = world.get(&student, &format!("/api/results/{copy}")).await.refused(404, "not_found");
        assert_eq!(missing["detail"], there["detail"]);
    }
}

/// Paths that mean another place to somebody on the way: none of them is found.
#[tokio::test]
async fn a_path_that_climbs_or_is_encoded_finds_nothing() {
    let world = World::new().await;
    let copy = world.graded().await;
    for path in [
        format!("/api/copies/{copy}/pages/..%2f..%2f..%2fetc%2fpasswd"),
        format!("/api/copies/{copy}/pages/0.png%00"),
        format!("/api/copies/{copy}/pages/0.png/../../audit"),
        format!("/api/copies/{copy}/pages/%2e%2e/audit"),
        format!("/api/copies/{copy};role=admin"),
        format!("/API/copies/{copy}"),
        format!("/api/copies/{copy}/final-pdf%0d%0aset-cookie:x"),
        "/api/../metrics".to_owned(),
    ] {
        let said = super::raw::get(&world, &world.grader.token, &path).await;
        assert!(said.starts_with("HTTP/1.1 404") || said.starts_with("HTTP/1.1 400"), "{path}: {said}");
        assert!(!said.to_lowercase().contains("\r\nset-cookie"), "{path}: {said}");
    }
}

/// A name of a file or an anonymous id cannot write headers.
#[tokio::test]
async fn no_text_of_an_upload_reaches_a_header() {
    let world = World::new().await;
    let exam = world.exam().await;
    for bad in ["A\r\nset-cookie: x", "A\" ; filename=\"evil", "../A", "A\u{0}", "Ä"] {
        let said = world.send_scan(exam, bad, "scan.pdf").await;
        assert_eq!(said.status, 400, "{bad:?}: {}", String::from_utf8_lossy(&said.bytes));
    }
    let sent = world.send_scan(exam, "A-1", "a\"; x=\"\u{202e}fdp.exe").await.body(202);
    let copy = sent["id"].as_str().unwrap();
    let said = world.get(&world.grader, &format!("/api/copies/{copy}")).await;
    assert!(!format!("{:?}", said.headers).contains("exe"));
}

/// JSON that is deep, wide or long is refused in time and in bounds.
#[tokio::test]
async fn json_without_measure_is_refused() {
    let world = World::new().await;
    let held = world.held().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
    let number = format!("{{\"points\": {}}}", "9".repeat(100_000));
    let twice = r#"{"points": 1, "points": 10}"#.to_owned();
    for body in [deep, objects, number, twice] {
        let request = world.ask(&world.grader, Method::PUT, &format!("/api/copies/{}/scores/1", held.copy));
        let request = request.header("x-lock-token", &held.token).header("content-type", "application/json");
        let said = heard(request.body(body)).await;
        assert_eq!(said.status, 400, "{}", String::from_utf8_lossy(&said.bytes));
    }
    let stands = world.app.ledger.load::<domain::copy::ExamCopy>(held.copy.0).await.unwrap().state;
    assert!(stands.state.paper().unwrap().marking.scores.is_empty());
}

/// A key that another person's command was applied under, sent with that command, is a command of one's own: it is decided by
/// one's own rights, and answers nothing of theirs.
#[tokio::test]
async fn a_replayed_key_of_another_does_not_hand_out_their_answer() {
    let world = World::new().await;
    let copy = world.ready().await;
    let path = format!("/api/copies/{copy}/lock");
    let with_key =
        |who| world.ask(who, Method::POST, &path).header("idempotency-key", "K-1").json(&json!({}));
    let first = heard(with_key(&world.grader)).await.body(200);
    let replayed = heard(with_key(&world.other)).await.refused(409, "already_locked");
    assert!(!replayed.to_string().contains(first["token"].as_str().unwrap()), "{replayed}");
    // Nor to those who may not lock at all.
    heard(with_key(&world.auditor)).await.refused(403, "role_forbidden");
    heard(with_key(&world.stranger().await)).await.refused(404, "not_found");
}

/// A first answer that is asked for again shows no more than its reader may see by now.
#[tokio::test]
async fn a_kept_answer_is_closed_to_a_grader_who_was_removed() {
    let world = World::new().await;
    let held = world.held().await;
    let state = world.app.ledger.load::<domain::copy::ExamCopy>(held.copy.0).await.unwrap().state;
    let exam = state.state.identity().unwrap().exam;
    let path = format!("/api/copies/{}/appreciation", held.copy);
    let write = || {
        let request = world.ask(&world.grader, Method::PUT, &path).header("idempotency-key", "K-2");
        request.header("x-lock-token", &held.token).json(&json!({"appreciation": "Très bien"}))
    };
    assert_eq!(heard(write()).await.body(200)["appreciation"], "Très bien");
    world.delete(&world.admin, &format!("/api/exams/{exam}/graders/{}", world.grader.id)).await.body(200);
    let said = heard(write()).await;
    said.refused(404, "not_found");
    assert!(!Value::from(String::from_utf8_lossy(&said.bytes)).to_string().contains("bien"));
}

#[tokio::test]
async fn a_filter_that_no_row_can_have_is_refused_and_reaches_no_database() {
    let world = World::new().await;
    let copy = world.requested().await;
    for action in ["%00", "IMPORT%00", "import", "%27%20OR%201%3D1", &"A".repeat(41)] {
        let path = format!("/api/copies/{copy}/audit?action={action}");
        world.get(&world.admin, &path).await.refused(400, "invalid_query");
    }
}
