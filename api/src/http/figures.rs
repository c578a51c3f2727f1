//! `/metrics`.

use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, VARY};

use super::answer::Answer;
use super::errors::ApiError;
use crate::metrics::{Metrics, OPEN_METRICS, PLAIN, Sources};

/// The figures of this process, and what is read for them at a scrape.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What was counted.
    pub metrics: Metrics,
    /// What is read.
    pub sources: Sources,
    /// How long one source may hold up a scrape.
    pub longest: Duration,
}

/// All figures: in the OpenMetrics text format for those who ask for it, as Prometheus does, else in the older one.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "Prometheus text format 0.0.4, or OpenMetrics 1.0 if accepted", content_type = "text/plain", body = String)))]
pub(super) async fn scrape(headers: HeaderMap, figures: Figures) -> Result<Answer, ApiError> {
    figures.sources.read(&figures.metrics, figures.longest).await;
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    let answer = if accepted.any(|accept| accept.contains("application/openmetrics-text")) {
        Answer::bytes(OPEN_METRICS, figures.metrics.text().into())
    } else {
        Answer::bytes(PLAIN, figures.metrics.plain_text().into())
    };
    Ok(answer.header(VARY, ACCEPT.as_str()))
}
