//! Where the figures of the ledger come from: its views at a scrape, its batches as they are appended.

use std::time::Duration;

use projections::views::ALL as VIEWS;
use projections::{Views, copies, work_queue};
use sqlx::PgPool;

use super::{Metrics, Source, Sources};
use crate::ledger::Ledger;

impl Sources {
    /// The sources of a process that serves: statuses of copies, progress of views, work to do, and the append path. All
    /// are read from what the database holds, so they are right from the first scrape after a restart.
    #[must_use]
    pub fn of(ledger: &Ledger, views: &Views, metrics: &Metrics) -> Self {
        let batches = metrics.clone();
        ledger.watch_batches(move |batch| batches.appended(batch.commands, batch.duration));
        let sources = Self::default();
        sources.add(copies_by_status(views));
        sources.add(progress(views));
        sources.add(backlog(views));
        sources.add(append_queue(ledger));
        sources
    }

    /// One more pool of connections to show.
    pub fn add_pool(&self, name: &'static str, pool: &PgPool) {
        let pool = pool.clone();
        self.add(Source::new(name, move |metrics| {
            metrics.pool(name, pool.size(), pool.num_idle());
            async { Ok(()) }
        }));
    }
}

fn copies_by_status(views: &Views) -> Source {
    let views = views.clone();
    Source::new("copies_by_status", move |metrics| {
        let views = views.clone();
        async move {
            for (status, count) in copies::status_counts(views.pool(), None).await? {
                metrics.copies_with_status(status, i64::try_from(count).unwrap_or(i64::MAX));
            }
            Ok(())
        }
    })
}

fn progress(views: &Views) -> Source {
    let views = views.clone();
    Source::new("projections", move |metrics| {
        let views = views.clone();
        async move {
            let all = views.status().await?;
            let mut poisoned = Vec::new();
            for status in &all {
                // Labels are of the closed set of this build's views, which is what was asked for.
                let Some(name) = VIEWS.iter().map(|(view, _)| view.name).find(|name| *name == status.name)
                else {
                    continue;
                };
                metrics.projection(name, status.position, status.head, Duration::from_millis(status.lag_ms));
                let still = Duration::from_millis(status.stuck_ms);
                metrics.projection_stuck(name, still, status.poison.is_some());
                metrics.projection_parked(name, status.left_out);
                metrics.ledger_position(status.head);
                poisoned.extend(status.poison.as_ref().map(|poison| (name, poison)));
            }
            metrics.projections_poisoned(poisoned);
            Ok(())
        }
    })
}

fn backlog(views: &Views) -> Source {
    let views = views.clone();
    Source::new("work_queue", move |metrics| {
        let views = views.clone();
        async move {
            for kind in work_queue::backlog(views.pool()).await? {
                let items = i64::try_from(kind.items).unwrap_or(i64::MAX);
                metrics.work_queue(kind.kind.as_str(), items, Duration::from_millis(kind.oldest_ms));
            }
            Ok(())
        }
    })
}

fn append_queue(ledger: &Ledger) -> Source {
    // A handle keeps the batcher going; the one of the figures ends with the server.
    let ledger = ledger.clone();
    Source::new("append", move |metrics| {
        metrics.append_queue(ledger.commands_in_flight());
        async { Ok(()) }
    })
}
