//! Figures that are read when they are asked for.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};

use super::Metrics;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Read = Arc<dyn Fn(Metrics) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// Somewhere that figures are read from at a scrape: a view, a pool, the log writers.
#[derive(Clone)]
pub struct Source {
    name: &'static str,
    read: Read,
}

impl Source {
    /// `read` sets the figures that it finds; while it fails, their last values stand.
    pub fn new<F, R>(name: &'static str, read: F) -> Self
    where
        F: Fn(Metrics) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self { name, read: Arc::new(move |metrics| read(metrics).boxed()) }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All sources of a process.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<Mutex<Vec<Source>>>);

impl Sources {
    /// One more source.
    pub fn add(&self, source: Source) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// Reads all of them at the same time, each for at most `longest`.
    pub async fn read(&self, metrics: &Metrics, longest: Duration) {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        join_all(sources.iter().map(|source| async {
            metrics.source(source.name);
            match tokio::time::timeout(longest, (source.read)(metrics.clone())).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => tracing::warn!(
                    source = source.name,
                    cause = domain::chain(&*error),
                    "figures could not be read"
                ),
                Err(_) => tracing::warn!(source = source.name, "figures were not read in time"),
            }
            metrics.stale(source.name);
        }))
        .await;
    }
}
