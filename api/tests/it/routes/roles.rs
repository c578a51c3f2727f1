//! Who may do what, asked of the running server: every route of the API's own document, by every party.

use domain::access::{Act, Party, Rule, Scope, Scopes, may, rule};
use domain::{CopyId, ExamId, Role, SubjectId};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Person, Said, World, heard};

/// A route of the document, with what the page of routes asks of its caller.
struct Told {
    method: Method,
    template: String,
    act: Act,
}

/// Every operation of the document that the server gives. One without a rule does not compile; one that the page does not
/// have fails here.
async fn operations(world: &World) -> Vec<Told> {
    let document = world.get(&world.admin, "/api/openapi.json").await.body(200);
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(template, operations): (&String, &Value)| -> Vec<(Method, String)> {
        let methods = operations.as_object().unwrap().keys().filter(|key| *key != "parameters");
        methods.map(|method| (method.to_uppercase().parse().unwrap(), template.clone())).collect()
    };
    let told = |(method, template): (Method, String)| {
        let route = world.page.iter().find(|route| *route.method() == method && route.template() == template);
        let act = route.unwrap_or_else(|| panic!("{method} {template} is on no page")).act();
        Told { method, template, act }
    };
    paths.iter().flat_map(of_path).map(told).collect()
}

/// An exam and a copy of it that a path names.
#[derive(Clone, Copy)]
struct Place {
    exam: ExamId,
    copy: CopyId,
}

impl Told {
    fn path(&self, place: Place) -> String {
        let id = Uuid::now_v7().to_string();
        let path = self.template.replace("{exam}", &place.exam.to_string());
        let path = path.replace("{copy}", &place.copy.to_string());
        let path = path.replace("{page}", "0.png").replace("{question}", "1").replace("{view}", "copies");
        path.split('/')
            .map(|word| if word.starts_with('{') { id.as_str() } else { word })
            .collect::<Vec<_>>()
            .join("/")
    }

    fn is_about_an_exam(&self) -> bool {
        self.template.contains("{exam}") || self.template.contains("{copy}")
    }

    /// Asks with a body that no route takes, so that nothing is done by whoever may.
    async fn ask(&self, world: &World, who: &Person, place: Place) -> Said {
        let request = world.ask(who, self.method.clone(), &self.path(place));
        let body = (self.method != Method::GET).then(|| json!(["no body of any route"]));
        heard(match body {
            Some(body) => request.json(&body),
            None => request.header("range", "bytes=0-0"),
        })
        .await
    }
}

/// What kept the caller out, if it was who they are.
fn kept_out(said: &Said) -> Option<String> {
    let body: Value = serde_json::from_slice(&said.bytes).unwrap_or(Value::Null);
    let code = body["code"].as_str().unwrap_or_default();
    let refused = matches!(said.status, 401 | 403) && code != "reason_required";
    (refused || (said.status == 404 && code == "not_found")).then(|| format!("{} {code}", said.status))
}

/// Routes that never end, or whose 404 is about another thing than the exam or copy of the path.
const STREAM: &str = "/api/events/stream";

#[tokio::test]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    let world = World::new().await;
    let copy = world.graded().await;
    let exam = world.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap();
    let exam = exam.state.state.identity().unwrap().exam;
    let place = Place { exam, copy };
    let lead = world.lead(exam).await;
    let clerk = world.clerk().await;
    let student = world.student(SubjectId(Uuid::now_v7())).await;
    let mut parties: Vec<(Party, Role, Scopes, &Person)> = vec![
        (Party::Admin, Role::Admin, Scopes::NONE, &world.admin),
        (Party::Lead, Role::Grader, Scopes::NONE, &lead),
        (Party::Grader, Role::Grader, Scopes::NONE, &world.grader),
        (Party::Clerk, Role::Clerk, Scopes::NONE, &clerk),
        (Party::Auditor, Role::Auditor, Scopes::NONE, &world.auditor),
        (Party::Student, Role::Student, Scopes::NONE, &student),
    ];
    let mut services = Vec::new();
    for scope in Scope::ALL {
        services.push((scope, world.service(scope).await));
    }
    for (scope, service) in &services {
        parties.push((Party::Service, Role::Service, [*scope].into_iter().collect(), service));
    }
    let operations = operations(&world).await;
    assert!(operations.len() >= 55, "the document tells of {} operations", operations.len());
    let mut asked = 0;
    for told in operations
        .iter()
        .filter(|told| !matches!(told.act, Act::Open | Act::Scrape) && told.template != STREAM)
    {
        for (party, role, scopes, who) in &parties {
            let what = format!("{} {} by {}", told.method, told.template, party.as_str());
            let said = told.ask(&world, who, place).await;
            let out = kept_out(&said);
            let by_role = may(told.act, *role, *scopes);
            match rule(told.act, *party) {
                _ if !by_role => assert_eq!(out.as_deref(), Some("403 role_forbidden"), "{what}"),
                // A grader of an exam, where only its lead may.
                Rule::No => {
                    assert!(told.is_about_an_exam(), "{what}: the role may, so the table has to say on what");
                    assert_eq!(out.as_deref(), Some("403 leads_only"), "{what}");
                }
                // The copy is somebody else's.
                Rule::Theirs if *party == Party::Student && told.is_about_an_exam() => {
                    assert_eq!(out.as_deref(), Some("404 not_found"), "{what}");
                }
                Rule::Yes | Rule::Theirs | Rule::With(_) => {
                    // An id in the path that names neither exam nor copy names nothing here.
                    let names_more = ["{annotation}", "{grader}", "{subject}", "{hold}"];
                    if !names_more.iter().any(|name| told.template.contains(name)) {
                        assert_eq!(out, None, "{what}: {}", String::from_utf8_lossy(&said.bytes));
                    } else {
                        assert_ne!(said.status, 403, "{what}: {}", String::from_utf8_lossy(&said.bytes));
                    }
                }
            }
            assert!(said.status < 500, "{what}: {} {}", said.status, String::from_utf8_lossy(&said.bytes));
            asked += 1;
        }
        assert_eq!(world.bare(told.method.clone(), &told.path(place)).await.status, 401, "{}", told.template);
    }
    println!("{asked} requests");
}

/// To a grader or lead of another exam, what is there looks like what is not.
#[tokio::test]
async fn an_exam_that_is_not_theirs_looks_to_a_grader_like_one_that_is_not_there() {
    let world = World::new().await;
    let copy = world.graded().await;
    let exam = world.app.ledger.load::<domain::copy::ExamCopy>(copy.0).await.unwrap();
    let there = Place { exam: exam.state.state.identity().unwrap().exam, copy };
    let absent = Place { exam: ExamId(Uuid::now_v7()), copy: CopyId(Uuid::now_v7()) };
    let stranger = world.stranger().await;
    let elsewhere = world.lead(world.exam().await).await;
    for told in operations(&world).await {
        if !told.is_about_an_exam() || !may(told.act, Role::Grader, Scopes::NONE) {
            continue;
        }
        for who in [&stranger, &elsewhere] {
            let of = |said: Said| {
                let mut body: Value = serde_json::from_slice(&said.bytes).unwrap();
                body["request_id"] = Value::Null;
                (said.status, body)
            };
            let (found, missing) =
                (of(told.ask(&world, who, there).await), of(told.ask(&world, who, absent).await));
            assert_eq!(found, missing, "{} {}", told.method, told.template);
            assert_eq!(found.0, 404, "{} {}", told.method, told.template);
        }
    }
    for path in ["/api/exams", "/api/copies", &format!("/api/copies?exam_id={}", there.exam)] {
        assert_eq!(world.get(&stranger, path).await.body(200)["items"], json!([]), "{path}");
    }
}

/// The door reads a path as the route behind it does: an id that only the route could read is no way around it.
#[tokio::test]
async fn an_encoded_id_is_no_way_around_the_door() {
    let world = World::new().await;
    let copy = world.graded().await;
    let stranger = world.stranger().await;
    let id = copy.to_string();
    let encoded = format!("%{:02x}{}", id.as_bytes()[0], &id[1..]);
    for path in [
        format!("/api/copies/{encoded}"),
        format!("/api/copies/{encoded}/annotations"),
        format!("/api/copies/urn:uuid:{id}"),
        format!("/api/copies/{{{id}}}"),
        format!("/api/copies/{}", id.replace('-', "")),
        format!("/api/copies//{id}"),
        format!("/api/copies/./{id}"),
        format!("/api/results/{encoded}"),
    ] {
        assert!(world.get(&stranger, &path).await.status >= 400, "{path}");
    }
}

/// Whoever may write meets 404, not 403, where there is nothing.
#[tokio::test]
async fn a_copy_that_is_not_there_is_404_for_those_who_may() {
    let world = World::new().await;
    let copy = Uuid::now_v7();
    let path = |rest: &str| format!("/api/copies/{copy}{rest}");
    world.post(&world.grader, &path("/lock"), json!({})).await.refused(404, "not_found");
    world.post(&world.admin, &path("/ready"), json!({})).await.refused(404, "not_found");
    world.post(&world.admin, &path("/export"), json!({"format": "PDF"})).await.refused(404, "not_found");
    for rest in ["", "/audit", "/history", "/history/diff?from=1", "/lock/status", "/annotations"] {
        world.get(&world.auditor, &path(rest)).await.refused(404, "not_found");
    }
}
