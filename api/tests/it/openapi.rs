//! The OpenAPI document describes the routes that the server has, and no others.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use crate::http_frame::world::World;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Method and template of every operation in the document.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = METHODS.iter().filter(|method| item.get(*method).is_some());
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

async fn document(world: &World) -> Value {
    world.ask(Method::GET, "/api/openapi.json").send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_document_and_the_page_of_routes_hold_the_same_operations() {
    let world = World::new().await;
    let served: BTreeSet<(String, String)> =
        world.page.iter().map(|route| (route.method().to_string(), route.template().to_owned())).collect();
    assert_eq!(served.len(), world.page.len(), "no route stands twice on the page");
    assert_eq!(described(&document(&world).await), served);
}

#[tokio::test]
async fn the_running_server_knows_every_operation_of_its_document_and_guards_it_as_it_says() {
    let world = World::new().await;
    let document = document(&world).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    for (method, template) in described(&document) {
        let mut path = template.clone();
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            path.replace_range(from..=to, "0198c1f2-0000-7000-8000-000000000001");
        }
        let request = world.bare(method.parse().unwrap(), &path);
        let status = request.send().await.unwrap().status().as_u16();
        let operation = &document["paths"][&template][method.to_lowercase()];
        let open = operation.get("security").is_none() || template == "/metrics";
        // A route that is not there is 404 or 405 before any token is asked for.
        let expected = if open { 200 } else { 401 };
        assert_eq!(status, expected, "{method} {template}");
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere_and_every_error_has_its_body() {
    let world = World::new().await;
    let document = document(&world).await;
    let mut left = vec![&document];
    while let Some(value) = left.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        left.extend(value.as_array().into_iter().flatten());
        left.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
    }
    for (method, template) in described(&document) {
        let operation = &document["paths"][&template][method.to_lowercase()];
        assert!(operation["responses"].get("500").is_some(), "{method} {template}");
        assert!(operation["description"].as_str().unwrap().contains("Who may: "), "{method} {template}");
        assert!(operation["tags"].is_array(), "{method} {template} stands under no heading");
    }
}
