//! `/metrics`.

use std::time::Duration;

use super::answer::Answer;
use super::errors::ApiError;
use crate::metrics::{MEDIA_TYPE, Metrics, Sources};

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

/// All figures, in the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "OpenMetrics 1.0 as text", content_type = "application/openmetrics-text", body = String)))]
pub(super) async fn scrape(figures: Figures) -> Result<Answer, ApiError> {
    figures.sources.read(&figures.metrics, figures.longest).await;
    Ok(Answer::bytes(MEDIA_TYPE, figures.metrics.text().into()))
}
