//! `/api/copies/{copy}/scores`, `…/remarks` and `…/appreciation`.

use http::Method;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::world::{World, heard};

/// Laws L8 and L9, from outside: exact decimals, one sum.
#[tokio::test]
async fn l8_scores_are_exact_and_the_total_is_their_sum() {
    let world = World::new().await;
    let held = world.held().await;
    for (question, text, points, total) in [
        ("1", "0.10", json!(0.1), json!(0.1)),
        ("2", "0.20", json!(0.2), json!(0.3)),
        ("1", "10", json!(10), json!(10.2)),
        ("2", "5.50", json!(5.5), json!(15.5)),
        ("1", "0", json!(0), json!(5.5)),
    ] {
        let path = format!("/api/copies/{}/scores/{question}", held.copy);
        let request = world.ask(&world.grader, Method::PUT, &path).header("x-lock-token", &held.token);
        let request = request.header("content-type", "application/json");
        let score = heard(request.body(format!("{{\"points\": {text}}}"))).await.body(200);
        assert_eq!((&score["points"], &score["total"]), (&points, &total), "{question} {text}");
    }
    let taken_back = world.mark(&held, Method::PUT, "/scores/2", json!({"points": null})).await.body(200);
    assert_json_snapshot!(taken_back);
}

/// Law L9.
#[tokio::test]
async fn l9_points_outside_the_scheme_are_refused() {
    let world = World::new().await;
    let held = world.held().await;
    for (path, points, status, code) in [
        ("/scores/1", json!(10.01), 422, "outside_scheme"),
        ("/scores/1", json!(-0.01), 422, "outside_scheme"),
        ("/scores/3", json!(1), 422, "no_such_question"),
        ("/scores/1", json!(0.001), 400, "invalid_json"),
        ("/scores/1", json!(1e9), 400, "invalid_json"),
        ("/scores/1", json!("7"), 400, "invalid_json"),
        ("/scores/1", json!(true), 400, "invalid_json"),
    ] {
        world.mark(&held, Method::PUT, path, json!({"points": points})).await.refused(status, code);
    }
    world.mark(&held, Method::PUT, "/scores/a%20b", json!({"points": 1})).await.refused(404, "not_found");
    assert_eq!(world.events(held.copy).await.last().unwrap(), "LockAcquired");
}

#[tokio::test]
async fn leaving_a_member_out_takes_nothing_back() {
    let world = World::new().await;
    let held = world.held().await;
    for path in ["/scores/1", "/remarks/1", "/appreciation"] {
        world.mark(&held, Method::PUT, path, json!({})).await.refused(400, "invalid_json");
    }
}

#[tokio::test]
async fn remarks_and_the_appreciation_are_set_read_and_taken_back() {
    let world = World::new().await;
    let held = world.held().await;
    let remark = json!({"remark": "Λάθος στο β΄ — أعد الحساب"});
    let set = world.mark(&held, Method::PUT, "/remarks/2", remark.clone()).await.body(200);
    assert_eq!(set["remark"], remark["remark"]);
    let praise = json!({"appreciation": "Très bon travail"});
    let set = world.mark(&held, Method::PUT, "/appreciation", praise.clone()).await;
    assert_eq!(set.body(200)["appreciation"], praise["appreciation"]);
    let request = world.ask(&world.admin, Method::GET, &format!("/api/copies/{}", held.copy));
    let read = heard(request.header("ledger-position", set.position())).await.body(200);
    assert_eq!(read["marking"]["questions"][1]["remark"], remark["remark"]);
    assert_eq!(read["marking"]["appreciation"], praise["appreciation"]);
    for nothing in [json!(null), json!(" ")] {
        let back = world.mark(&held, Method::PUT, "/remarks/2", json!({"remark": nothing})).await.body(200);
        assert_eq!(back["remark"], Value::Null);
    }
    world.mark(&held, Method::PUT, "/remarks/9", remark).await.refused(422, "no_such_question");
}
