//! Holds the views to their events, a few copies at a time, for as long as the service runs: in time it comes by all of them,
//! and a row that went wrong is told before anyone asks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use projections::{Difference, DriftNews, DriftScope, DriftSummary, DriftWalk, Finding, StreamId, views};
use tokio::sync::watch;

use super::{Bench, duty, goes_on};

const DUTY: &str = "check drift";

/// How many looks a lease of the duty spans.
const LOOKS_A_LEASE: u32 = 3;

/// The most streams that are known to differ and looked at again each time. When so many differ, counting on says no more.
const KNOWN: usize = 1_000;

/// What one process knows.
struct Watch {
    walk: DriftWalk,
    /// Streams that differed when they were looked at last.
    known: BTreeSet<StreamId>,
}

/// Rows that differ, by view.
type Rows = BTreeMap<&'static str, u64>;

/// Checks until told to stop.
pub(super) async fn run(bench: Bench, mut stop: watch::Receiver<bool>) {
    let mut watch = Watch { walk: DriftWalk::from_somewhere(), known: BTreeSet::new() };
    while goes_on(&mut stop, bench.limits.drift_poll).await {
        if let Err(error) = look(&bench, &mut watch).await {
            tracing::warn!(
                cause = domain::chain(&*error),
                "the views could not be held to their events; it is tried again"
            );
        }
    }
    duty::give_up(bench.app.views.upkeep(), DUTY, bench.worker).await;
}

async fn look(bench: &Bench, watch: &mut Watch) -> anyhow::Result<()> {
    let lease: Duration = bench.limits.drift_poll * LOOKS_A_LEASE;
    if !duty::hold(bench.app.views.upkeep(), DUTY, bench.worker, lease).await? {
        // Whoever has the duty shows what differs.
        watch.known.clear();
        show(bench, &Rows::new());
        return Ok(());
    }
    let (mut rows, mut differing) = (Rows::new(), BTreeSet::new());
    // Those that differed before, so that the figure falls when they are repaired.
    let known: Vec<StreamId> = watch.known.iter().copied().collect();
    let mut tell = |news: DriftNews<'_>| {
        if let DriftNews::Found(finding) = news {
            count(finding, &mut rows);
            differing.extend(finding.stream);
        }
    };
    check(bench, DriftScope::Streams(&known), &mut tell).await?;
    let next = DriftScope::Next(&mut watch.walk, bench.limits.drift_streams);
    let mut told = BTreeSet::new();
    let mut tell = |news: DriftNews<'_>| {
        let DriftNews::Found(finding) = news else { return };
        // It is counted already where it was known.
        if finding.stream.is_some_and(|stream| watch.known.contains(&stream)) {
            return;
        }
        count(finding, &mut rows);
        if let Some(stream) = finding.stream
            && told.insert((finding.view.name, stream))
        {
            differing.insert(stream);
            alarm(finding, stream);
        }
    };
    let summary = check(bench, next, &mut tell).await?;
    bench.app.metrics.drift_checked(summary.streams);
    show(bench, &rows);
    watch.known = differing.into_iter().take(KNOWN).collect();
    Ok(())
}

async fn check(
    bench: &Bench,
    scope: DriftScope<'_>,
    tell: &mut (dyn FnMut(DriftNews<'_>) + Send),
) -> anyhow::Result<DriftSummary> {
    let views = views::ALL.map(|(view, _)| view);
    Ok(bench.app.views.drift(&views, scope, false, tell).await?)
}

fn count(finding: &Finding, rows: &mut Rows) {
    let more = match finding.difference {
        Difference::More { rows } => rows,
        Difference::Missing
        | Difference::TooMany
        | Difference::Columns(_)
        | Difference::Unfoldable { .. } => 1,
    };
    *rows.entry(finding.view.name).or_default() += more;
}

fn show(bench: &Bench, rows: &Rows) {
    for (view, _) in views::ALL {
        bench.app.metrics.drift_rows(view.name, rows.get(view.name).copied().unwrap_or(0));
    }
}

fn alarm(finding: &Finding, stream: StreamId) {
    let view = finding.view.name;
    let copy_id = match stream {
        StreamId::Copy(copy) => Some(copy.to_string()),
        StreamId::Exam(_) | StreamId::Operations(_) | StreamId::Subject(_) => None,
    };
    let to_do = match &copy_id {
        Some(copy) => format!("gradeledger drift {view} --copy {copy} --repair"),
        None => format!("gradeledger drift {view} --repair"),
    };
    tracing::error!(
        view,
        copy_id,
        %stream,
        table = finding.table,
        difference = %finding.difference,
        to_do,
        "rows of a view are not what its events come to"
    );
}
