//! Where the figures of the ledger come from: its views at a scrape, its batches as they are appended.

use projections::views::ALL as VIEWS;
use projections::{Views, copies, copy_locks, work_queue};
use sqlx::PgPool;

use super::{Metrics, Source, Sources};
use crate::ledger::Ledger;

impl Sources {
    /// The sources of a process that serves: statuses of copies, progress of views, work to do, and the append path. All
    /// are read from what the database holds, so they are right from the first scrape after a restart.
    #[must_use]
    pub fn of(ledger: &Ledger, views: &Views, metrics: &Metrics) -> Self {
        let appending = metrics.clone();
        ledger.watch(move |seen| appending.appending(seen));
        let sources = Self::default();
        sources.add(copies_by_status(views));
        sources.add(progress(views));
        sources.add(backlog(views));
        sources.add(locks(views));
        sources.add(append_queue(ledger));
        sources
    }

    /// One more pool of connections to show.
    pub fn add_pool(&self, name: &'static str, pool: &PgPool) {
        let pool = pool.clone();
        self.add(Source::new(name, move |metrics| {
            metrics.pool(name, pool.size(), pool.num_idle(), pool.options().get_max_connections());
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
            for status in &all {
                // Labels are of the closed set of this build's views, which is what was asked for.
                let Some(name) = VIEWS.iter().map(|(view, _)| view.name).find(|name| *name == status.name)
                else {
                    continue;
                };
                metrics.projection(name, status);
                metrics.ledger_position(status.head);
            }
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
                metrics.work_queue(&kind);
            }
            Ok(())
        }
    })
}

fn locks(views: &Views) -> Source {
    let views = views.clone();
    Source::new("copy_locks", move |metrics| {
        let views = views.clone();
        async move {
            metrics.locks(&copy_locks::counts(views.pool()).await?);
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
