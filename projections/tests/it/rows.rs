//! What a state stands for, and what stands in the tables, are the same rows.

use projections::annotations::Annotations;
use projections::audit_trail::AuditTrail;
use projections::copies::Copies;
use projections::copy_locks::CopyLocks;
use projections::exams::Exams;
use projections::parked::Parked;
use projections::work_queue::WorkQueue;
use projections::{Made, Projector, RowError, RowSink, StreamId, Table, Tables, refold, replace};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::ledger::TestLedger;
use crate::life::Office;
use crate::parked::acts_about_nothing;

/// Rows as JSON objects, by table; as text, so that the members of a document keep their order.
struct Objects(Vec<Vec<Box<RawValue>>>);

impl RowSink for Objects {
    fn row(&mut self, table: usize, row: &impl Serialize) -> Result<(), RowError> {
        self.0[table]
            .push(serde_json::value::to_raw_value(row).map_err(|error| RowError(error.to_string()))?);
        Ok(())
    }
}

/// Every stream of the ledger.
async fn streams(ledger: &TestLedger) -> Vec<StreamId> {
    let kinds = projections::StreamType::ALL;
    let mut streams = vec![];
    for kind in kinds {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT aggregate_id FROM events WHERE aggregate_type = $1")
                .bind(kind.as_str())
                .fetch_all(ledger.pool())
                .await
                .unwrap();
        streams.extend(ids.into_iter().map(|id| kind.with_id(id.parse().unwrap())));
    }
    streams
}

/// Holds every table of the view to the rows that its streams, folded from their beginning, stand for.
async fn holds<P: Projector>(ledger: &TestLedger) {
    let mut connection = ledger.pool().acquire().await.unwrap();
    let head = ledger.views.head().await.unwrap();
    let states = refold::<P>(&mut connection, &streams(ledger).await, head).await.unwrap();
    let mut objects = Objects(P::TABLES.iter().map(|_| vec![]).collect());
    for (stream, state) in &states {
        P::rows(*stream, state, &mut objects).unwrap();
    }
    for (table, rows) in P::TABLES.iter().zip(objects.0) {
        assert_eq!(apart(ledger, table, rows).await, 0, "{}", table.name);
    }
}

async fn apart(ledger: &TestLedger, table: &Table, rows: Vec<Box<RawValue>>) -> i64 {
    let (name, key) = (table.name, table.key.join(", "));
    let expected = match table.made {
        Made::Rows { .. } => format!("SELECT * FROM json_populate_recordset(NULL::{name}, $1::text::json)"),
        Made::Derived { select } => format!("SELECT * FROM ({select}) AS derived WHERE $1::text IS NOT NULL"),
    };
    let sql = format!(
        "SELECT count(*) FROM {name} AS live FULL JOIN ({expected}) AS folded USING ({key}) \
         WHERE live IS NULL OR folded IS NULL OR live::text <> folded::text"
    );
    sqlx::query_scalar(&sql)
        .bind(serde_json::to_string(&rows).unwrap())
        .fetch_one(ledger.pool())
        .await
        .unwrap()
}

async fn all_hold(ledger: &TestLedger) {
    holds::<Copies>(ledger).await;
    holds::<CopyLocks>(ledger).await;
    holds::<Annotations>(ledger).await;
    holds::<AuditTrail>(ledger).await;
    holds::<WorkQueue>(ledger).await;
    holds::<Exams>(ledger).await;
    holds::<Parked>(ledger).await;
}

#[tokio::test]
async fn live_rows_are_the_rows_of_streams_folded_from_their_beginning() {
    for seed in [31, 32, 33] {
        let ledger = TestLedger::new().await;
        let mut office = Office::new(9, seed);
        office.open(&ledger).await;
        office.work(&ledger, 300).await;
        ledger.acts(&acts_about_nothing()).await;
        ledger.fold_all().await;
        all_hold(&ledger).await;
    }
}

#[tokio::test]
async fn rows_that_were_changed_behind_the_view_are_put_right_by_replacing_their_streams() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(9, 34);
    office.open(&ledger).await;
    office.work(&ledger, 300).await;
    ledger.acts(&acts_about_nothing()).await;
    ledger.fold_all().await;
    let before = ledger.dump_all().await;
    for sql in [
        "UPDATE copies_v2 SET status = 'GRADED', total_hundredths = 12",
        "DELETE FROM copy_status_counts_v2",
        "UPDATE annotations_v1 SET x = x + 1",
        "DELETE FROM audit_trail_v1 WHERE position % 3 = 0",
        "DELETE FROM copy_locks_v1",
        "UPDATE exams_v2 SET released = NOT released",
        "UPDATE work_queue_v1 SET attempt = 9",
        "UPDATE parked_v1 SET from_position = 9",
    ] {
        sqlx::query(sql).execute(ledger.pool()).await.unwrap();
    }
    put_right::<Copies>(&ledger).await;
    put_right::<CopyLocks>(&ledger).await;
    put_right::<Annotations>(&ledger).await;
    put_right::<AuditTrail>(&ledger).await;
    put_right::<WorkQueue>(&ledger).await;
    put_right::<Exams>(&ledger).await;
    put_right::<Parked>(&ledger).await;
    ledger.has_rows(&before).await;
}

async fn put_right<P: Projector>(ledger: &TestLedger) {
    let mut transaction = ledger.pool().begin().await.unwrap();
    let head = ledger.views.head().await.unwrap();
    let states = refold::<P>(&mut transaction, &streams(ledger).await, head).await.unwrap();
    let states: Vec<(StreamId, &P::State)> = states.iter().map(|(stream, state)| (*stream, state)).collect();
    replace::<P>(&mut transaction, Tables::live(P::TABLES), &states).await.unwrap();
    transaction.commit().await.unwrap();
}
