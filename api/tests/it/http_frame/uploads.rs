//! PDFs on their way in.

use gradeledger::limits::HttpLimits;
use http::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use super::bodies::in_chunks;
use super::world::{World, error};

const PDF: &[u8] = b"%PDF-1.7\nnot much of one, and that is for the child process to find out";

async fn world() -> World {
    World::with(HttpLimits { pdf_bytes: 100_000, ..HttpLimits::default() }).await
}

#[tokio::test]
async fn a_pdf_arrives_bare_or_in_a_form_with_name_and_fields() {
    let world = world().await;
    let request = world.ask(Method::POST, "/shown/pdf").header("content-type", "application/pdf");
    let bare: Value = request.body(PDF).send().await.unwrap().json().await.unwrap();
    assert_eq!((&bare["bytes"], &bare["filename"]), (&PDF.len().into(), &Value::Null));
    assert_eq!(bare["sha256"], domain::Digest::of(PDF).to_string());

    let mut digests = Vec::new();
    for _ in 0..2 {
        let part = Part::bytes(PDF).file_name("Anna Müller.pdf").mime_str("application/pdf").unwrap();
        // reqwest makes a new boundary for each form, as a client does when it tries again.
        let form = Form::new().text("anonymous_id", "A-17").part("pdf_file", part);
        let response = world.ask(Method::POST, "/shown/pdf").multipart(form).send().await.unwrap();
        let said: Value = response.json().await.unwrap();
        assert_eq!(
            (&said["filename"], &said["fields"]["anonymous_id"]),
            (&"Anna Müller.pdf".into(), &"A-17".into())
        );
        assert_eq!(said["sha256"], bare["sha256"]);
        digests.push(said["digest"].clone());
    }
    assert_eq!(digests[0], digests[1], "a repeated form is the same command");
    assert_ne!(digests[0], bare["digest"]);
}

#[tokio::test]
async fn a_pdf_beyond_the_limit_is_413_however_it_is_sent() {
    let world = world().await;
    let large = [PDF, &vec![b' '; 200_000]].concat();
    let slightly = [PDF, &vec![b' '; 100_000]].concat();
    for body in [large.clone().into(), in_chunks(large.clone()), slightly.clone().into(), in_chunks(slightly)]
    {
        let request = world.ask(Method::POST, "/shown/pdf").header("content-type", "application/pdf");
        let response = request.body::<reqwest::Body>(body).send().await.unwrap();
        assert_eq!(error(response).await.0, 413);
    }
    for bytes in [large, [PDF, &vec![b' '; 100_000]].concat()] {
        let form = Form::new().part("pdf_file", Part::bytes(bytes));
        let response = world.ask(Method::POST, "/shown/pdf").multipart(form).send().await.unwrap();
        assert_eq!(error(response).await.0, 413);
    }
}

#[tokio::test]
async fn what_is_no_pdf_is_refused_with_a_sentence() {
    let world = world().await;
    let far = [&[b' '; 1_024], PDF].concat();
    for (kind, bytes, expected) in [
        ("application/pdf", b"".as_slice(), (400, "empty_body")),
        ("application/pdf", b"GIF89a", (400, "not_a_pdf")),
        ("application/pdf", far.as_slice(), (400, "not_a_pdf")),
        ("application/zip", PDF, (415, "unsupported_media_type")),
        ("multipart/form-data", PDF, (400, "invalid_form")),
        ("multipart/form-data; boundary=x", PDF, (400, "invalid_form")),
    ] {
        let request = world.ask(Method::POST, "/shown/pdf").header("content-type", kind).body(bytes.to_vec());
        let (status, code, detail) = error(request.send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), expected, "{kind}: {detail}");
    }
}

#[tokio::test]
async fn a_form_with_too_little_or_too_much_is_refused() {
    let world = world().await;
    let pdf = || Part::bytes(PDF);
    let many = (0..20).fold(Form::new(), |form, number| form.text(number.to_string(), "x"));
    for (form, expected) in [
        (Form::new().text("anonymous_id", "A"), "pdf_missing"),
        (Form::new().part("pdf_file", pdf()).part("pdf_file", pdf()), "invalid_form"),
        (Form::new().text("a", "1").text("a", "2"), "invalid_form"),
        (Form::new().text("a", "x".repeat(2_000)), "invalid_form"),
        (Form::new().part("a", Part::bytes(b"\xff".as_slice())), "invalid_form"),
        (many, "invalid_form"),
        (Form::new().part("pdf_file", Part::bytes(b"".as_slice())), "empty_body"),
    ] {
        let response = world.ask(Method::POST, "/shown/pdf").multipart(form).send().await.unwrap();
        let (status, code, _) = error(response).await;
        assert_eq!((status, code.as_str()), (400, expected));
    }
}

#[tokio::test]
async fn uploads_beyond_their_places_are_told_to_come_back() {
    let limits =
        HttpLimits { uploads: 0, upload_wait: std::time::Duration::from_millis(20), ..HttpLimits::default() };
    let world = World::with(limits).await;
    let request = world.ask(Method::POST, "/shown/pdf").header("content-type", "application/pdf").body(PDF);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(error(response).await.1, "uploads_full");
}
