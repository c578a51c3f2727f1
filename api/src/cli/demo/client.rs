//! A caller of the HTTP API, as any other program would be one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::http::LEDGER_POSITION;
use crate::ledger::Place;
use anyhow::{Context as _, ensure};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// One caller with a token.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    /// The last position that anyone of the cast has seen: what is read shows at least that.
    seen: Arc<AtomicI64>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

/// Longer than the longest wait that the script asks for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

impl Client {
    pub(super) fn new(base: &str, token: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { http, base: base.to_owned(), token: token.to_owned(), seen: Arc::default() })
    }

    /// The same server, called with another token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let seen = self.seen.load(Ordering::Relaxed);
        self.http.request(method, self.url(path)).bearer_auth(&self.token).header(LEDGER_POSITION, seen)
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        expect(StatusCode::OK, self.ask(self.request(Method::GET, path)).await?, "GET", path)
    }

    pub(super) async fn get_bytes(&self, path: &str) -> anyhow::Result<bytes::Bytes> {
        self.bytes(self.request(Method::GET, path), path).await
    }

    /// Has a graded copy handed out as PDF.
    pub(super) async fn export(&self, copy: &str) -> anyhow::Result<bytes::Bytes> {
        let path = format!("/api/copies/{copy}/export");
        let request = self.request(Method::POST, &path).json(&serde_json::json!({ "format": "PDF" }));
        self.bytes(request, &path).await
    }

    /// Sends JSON and expects `status`.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        lock_token: Option<&str>,
        status: StatusCode,
    ) -> anyhow::Result<Value> {
        let mut request = self.request(method.clone(), path);
        if !body.is_null() {
            request = request.json(body);
        }
        if let Some(token) = lock_token {
            request = request.header("X-Lock-Token", token);
        }
        expect(status, self.ask(request).await?, method.as_str(), path)
    }

    /// Uploads a scan as a browser's form would.
    pub(super) async fn upload(
        &self,
        exam: &str,
        anonymous_id: &str,
        filename: &str,
        pdf: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let path = format!("/api/exams/{exam}/copies/import");
        let file = reqwest::multipart::Part::bytes(pdf)
            .file_name(filename.to_owned())
            .mime_str("application/pdf")?;
        let form = reqwest::multipart::Form::new()
            .text("anonymous_id", anonymous_id.to_owned())
            .part("pdf_file", file);
        let request = self.request(Method::POST, &path).multipart(form);
        expect(StatusCode::ACCEPTED, self.ask(request).await?, "POST", &path)
    }

    /// Finalises and waits for the outcome.
    pub(super) async fn finalise(&self, copy: &str, lock_token: &str) -> anyhow::Result<Value> {
        let path = format!("/api/copies/{copy}/finalize");
        let request =
            self.request(Method::POST, &path).header("X-Lock-Token", lock_token).header("Prefer", "wait=60");
        expect(StatusCode::OK, self.ask(request).await?, "POST", &path)
    }

    async fn bytes(&self, request: RequestBuilder, what: &str) -> anyhow::Result<bytes::Bytes> {
        let response = self.answer(request).await?;
        ensure!(response.status() == StatusCode::OK, "{what} answered {}", response.status());
        Ok(response.bytes().await?)
    }

    async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        let response = self.answer(request).await?;
        let status = response.status();
        let bytes = response.bytes().await.context("reading the answer")?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok(Answer { status, body })
    }

    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let response = request.send().await.context("asking the server")?;
        let place = response
            .headers()
            .get(LEDGER_POSITION)
            .and_then(|value| value.to_str().ok()?.parse::<Place>().ok());
        if let Some(place) = place {
            self.seen.fetch_max(place.number, Ordering::Relaxed);
        }
        Ok(response)
    }
}

fn expect(status: StatusCode, answer: Answer, method: &str, path: &str) -> anyhow::Result<Value> {
    let detail = answer.body["detail"].as_str().unwrap_or("no detail");
    ensure!(
        answer.status == status,
        "{method} {path} answered {} where {status} was expected: {detail}",
        answer.status
    );
    Ok(answer.body)
}
