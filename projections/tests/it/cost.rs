//! What a batch costs, counted: statements and written rows, never time.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use domain::copy::CopyEvent;
use projections::{Projector, ProjectorLimits, Projectors, Views};
use tokio::sync::oneshot;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::ledger::{PATIENCE, TestLedger, limits, until};
use crate::story::{annotated, annotation, copy_id, mark, to_locked};

/// The statements that sqlx tells of on a thread.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Summary(self));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Summary<'a>(&'a Statements);

impl Visit for Summary<'_> {
    fn record_str(&mut self, field: &Field, text: &str) {
        let listens = ["LISTEN", "UNLISTEN", "SELECT current_schema"].iter().any(|of| text.starts_with(of));
        // Listening for appends takes its turn beside the projector.
        if field.name() == "summary" && !listens {
            self.0.0.lock().unwrap().push(text.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// While there is only one subscriber, tracing asks that of whatever thread comes by a statement first, which may have none, and
/// remembers the answer. With this one there are always two.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Statements::default()));

/// Nothing is looked at because time has passed.
fn unhurried() -> ProjectorLimits {
    let long = Duration::from_secs(600);
    ProjectorLimits { lease: long, renew_every: long, poll_every: long, ..limits() }
}

/// Reading, at most two to load states, writing, the checkpoint, and the commit.
const MOST: usize = 6;

/// Of a batch that does not concern a view: reading, and the checkpoint.
const UNCONCERNED: usize = 2;

/// The statements of a batch: those of a projector that finds the ledger as it is and folds to its head, from its first look at
/// the events to its last commit. It has a thread of its own, so that nothing else is counted.
async fn statements_of<P: Projector>(ledger: &TestLedger) -> Vec<String> {
    LazyLock::force(&ANOTHER);
    let (stop, stopped) = oneshot::channel::<()>();
    let projecting = std::thread::spawn({
        let views: Views = ledger.views.clone();
        move || {
            let statements = Statements::default();
            let _counted = tracing::subscriber::set_default(statements.clone());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut projectors = Projectors::none(&views, unhurried());
                projectors.run::<P>();
                let _ = stopped.await;
                projectors.stop().await;
            });
            std::mem::take(&mut *statements.0.lock().unwrap())
        }
    });
    let head = ledger.views.head().await.unwrap();
    ledger.views.wait_for(P::VIEW, head, PATIENCE).await.unwrap();
    stop.send(()).unwrap();
    let mut statements = projecting.join().unwrap();
    let first = statements.iter().position(|statement| statement.starts_with("-- The next events"));
    // What it looks for when it is woken after that may come or not before it stops.
    let last = statements.iter().rposition(|statement| {
        statement == "COMMIT" || statement.starts_with("UPDATE projections SET position")
    });
    statements.drain(first.expect("it reads")..=last.expect("it commits")).collect()
}

/// A ledger with copies in hand, all folded, and after them so many events of marking, by turns of a hundred.
async fn behind(events: u128) -> TestLedger {
    let ledger = TestLedger::new().await;
    let names: Vec<String> = (0..5).map(|nth| format!("A-{nth}")).collect();
    for name in &names {
        ledger.copy(copy_id(name), &to_locked(name)).await;
    }
    ledger.fold_all().await;
    let marks: Vec<CopyEvent> = (1..=events).map(|nth| annotated(nth, -25)).collect();
    for (name, marks) in names.iter().zip(marks.chunks(100)) {
        ledger.copy(copy_id(name), marks).await;
    }
    ledger
}

macro_rules! the_same_statements {
    ($($law:ident: $projector:ty, at most $most:expr);+ $(;)?) => {$(
        #[tokio::test]
        async fn $law() {
            let (few, many) = (behind(1).await, behind(500).await);
            let of_one = statements_of::<$projector>(&few).await;
            assert!(of_one.len() <= $most, "{of_one:?}");
            assert_eq!(statements_of::<$projector>(&many).await, of_one);
        }
    )+};
}

the_same_statements! {
    a_batch_of_500_events_takes_the_statements_of_one_in_copies: projections::copies::Copies, at most MOST;
    a_batch_of_500_events_takes_the_statements_of_one_in_copy_locks: projections::copy_locks::CopyLocks, at most UNCONCERNED;
    a_batch_of_500_events_takes_the_statements_of_one_in_annotations: projections::annotations::Annotations, at most MOST;
    a_batch_of_500_events_takes_the_statements_of_one_in_audit_trail: projections::audit_trail::AuditTrail, at most MOST;
    a_batch_of_500_events_takes_the_statements_of_one_in_work_queue: projections::work_queue::WorkQueue, at most UNCONCERNED;
    a_batch_of_500_events_takes_the_statements_of_one_in_exams: projections::exams::Exams, at most UNCONCERNED;
    a_batch_of_500_events_takes_the_statements_of_one_in_parked: projections::parked::Parked, at most UNCONCERNED;
    a_batch_of_500_events_takes_the_statements_of_one_in_subjects: projections::subjects::Subjects, at most UNCONCERNED;
}

#[tokio::test]
async fn a_batch_writes_the_row_of_a_copy_once_however_many_of_its_events_it_has() {
    let ledger = behind(500).await;
    let updated = "SELECT pg_stat_get_tuples_updated('copies_v2'::regclass)";
    let before = ledger.count(updated).await;
    statements_of::<projections::copies::Copies>(&ledger).await;
    // A session tells the statistics when it ends, which may come a moment after its last answer.
    let written = until("the statistics of the projector's session", || async {
        let written = ledger.count(updated).await - before;
        (written > 0).then_some(written)
    });
    assert_eq!(written.await, 5, "500 events of five copies");
}

/// A leader keeps its plans, and may have made them when there was nothing: here known to be empty, which is worse than unknown.
#[tokio::test]
async fn whoever_folds_reads_no_table_of_its_view_whole_though_it_was_empty_when_it_came() {
    const REVISED: u128 = 40;
    let ledger = TestLedger::new().await;
    sqlx::query("VACUUM ANALYZE annotations_v1").execute(ledger.pool()).await.unwrap();
    let projectors = ledger.start();
    let revised = |nth, from_revision| CopyEvent::AnnotationRevised {
        annotation: annotation(nth),
        from_revision,
        before: mark(Some(-25)),
        after: mark(Some(-50)),
    };
    // The first copy's events have every statement planned, and planned for good.
    for (name, marks) in [("A-0", 1), ("A-1", 500)] {
        ledger.copy(copy_id(name), &to_locked(name)).await;
        ledger.copy(copy_id(name), &(1..=marks).map(|nth| annotated(nth, -25)).collect::<Vec<_>>()).await;
        ledger.caught_up().await;
        for nth in 1..=REVISED {
            let (nth, from_revision) = if marks == 1 { (1, u32::try_from(nth).unwrap()) } else { (nth, 1) };
            ledger.copy(copy_id(name), &[revised(nth, from_revision)]).await;
            ledger.caught_up().await;
        }
    }
    projectors.stop().await;
    let of = |counter| format!("SELECT pg_stat_get_{counter}('annotations_v1'::regclass)");
    until("the statistics of the projector's session", || async {
        (ledger.count(&of("tuples_updated")).await >= 2 * i64::try_from(REVISED).unwrap()).then_some(())
    })
    .await;
    assert_eq!(ledger.count(&of("numscans")).await, 0, "scans of the whole table");
    // By an index a table can be read whole as well: 40 times 500 rows and more.
    let by_index = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'annotations_v1'";
    let rows = ledger.count(by_index).await;
    assert!(rows <= 501 + 20 * i64::try_from(REVISED).unwrap(), "{rows} rows");
}
