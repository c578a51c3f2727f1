//! What a repair writes, and what it leaves.

use projections::{Difference, DriftScope, Projectors, StreamId, copies, copy_locks};
use sqlx::Row;

use super::{all_views, fold_anew, folded, look, look_at_all, run};
use crate::ledger::{PATIENCE, TestLedger, limits};

/// Which version of each row stands where, by its key.
async fn versions(ledger: &TestLedger, table: &str, but: StreamId) -> Vec<(String, String)> {
    let sql = format!(
        "SELECT t::text AS row, ctid::text || ' ' || xmin::text AS version FROM {table} AS t WHERE copy_id <> $1 ORDER BY 1"
    );
    let rows = sqlx::query(&sql).bind(but.uuid()).fetch_all(ledger.pool()).await.unwrap();
    rows.iter().map(|row| (row.get("row"), row.get("version"))).collect()
}

#[tokio::test]
async fn a_repair_writes_the_rows_of_the_copies_that_differ_and_touches_no_other_row() {
    let (ledger, office) = folded(12).await;
    let rows = ledger.dump_all().await;
    let wrong = StreamId::Copy(office.lives[3].id);
    run(&ledger, &format!("UPDATE copies_v2 SET sequence = 0 WHERE copy_id = '{}'", wrong.uuid())).await;
    let others = versions(&ledger, "copies_v2", wrong).await;
    let annotations = versions(&ledger, "annotations_v1", wrong).await;
    let looked = look(&ledger, &all_views(), DriftScope::Whole, true).await;
    assert_eq!(looked.streams(), [wrong]);
    assert_eq!(looked.repaired, [(copies::VIEW, vec![wrong])]);
    assert_eq!(versions(&ledger, "copies_v2", wrong).await, others);
    assert_eq!(versions(&ledger, "annotations_v1", wrong).await, annotations);
    ledger.has_rows(&rows).await;
}

#[tokio::test]
async fn a_row_that_was_deleted_and_one_of_no_copy_are_found_and_repaired_and_so_are_the_counts() {
    let (ledger, office) = folded(13).await;
    let rows = ledger.dump_all().await;
    let (gone, ghost) = (office.lives[1].id, "00000000-0000-4000-8000-000000000bad");
    run(
        &ledger,
        &format!(
            "INSERT INTO copies_v2 SELECT '{ghost}', exam_id, anonymous_id, status, total_hundredths, subject_id, assigned_to, body, last_failure,
                 sequence, position, created_position + 1000000, created_at, updated_at
             FROM copies_v2 WHERE copy_id = '{gone}'"
        ),
    )
    .await;
    run(&ledger, &format!("DELETE FROM copies_v2 WHERE copy_id = '{gone}'")).await;
    run(&ledger, "UPDATE copy_status_counts_v2 SET copies = copies + 7").await;
    let found = look_at_all(&ledger).await;
    let of = |stream: &str| {
        let of_stream =
            |it: &&projections::Finding| it.stream.is_some_and(|found| found.uuid().to_string() == stream);
        found.findings.iter().filter(of_stream).map(|it| it.difference.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(&gone.to_string()), [Difference::Missing]);
    assert_eq!(of(ghost), [Difference::TooMany]);
    assert!(found.findings.iter().any(|it| it.table == "copy_status_counts_v2"), "{:?}", found.findings);
    look(&ledger, &all_views(), DriftScope::Whole, true).await;
    ledger.has_rows(&rows).await;
    assert!(look_at_all(&ledger).await.summary.is_clean());
}

#[tokio::test]
async fn a_leader_forgets_what_it_holds_of_a_view_that_is_repaired() {
    let (ledger, mut office) = folded(14).await;
    let projectors = ledger.start();
    // What the leader holds of these copies is right; the rows are not, and it would write over them one by one.
    office.work(&ledger, 60).await;
    ledger.caught_up().await;
    run(&ledger, "UPDATE copies_v2 SET body = '{}', status = 'READY'").await;
    run(&ledger, "DELETE FROM copy_locks_v1").await;
    look(&ledger, &[copies::VIEW, copy_locks::VIEW], DriftScope::Whole, true).await;
    office.work(&ledger, 60).await;
    ledger.caught_up().await;
    assert_eq!(look_at_all(&ledger).await.findings, vec![]);
    projectors.stop().await;
}

#[tokio::test]
async fn repairs_beside_appends_and_a_leader_leave_what_a_fresh_fold_gives() {
    let (ledger, mut office) = folded(15).await;
    let projectors = Projectors::start(&ledger.views, limits());
    let damage = async {
        for round in 0..8 {
            run(&ledger, "UPDATE copies_v2 SET total_hundredths = 77, body = '{}' WHERE sequence % 2 = 0")
                .await;
            run(&ledger, "UPDATE annotations_v1 SET x = x + 1 WHERE number = 1").await;
            run(&ledger, "UPDATE audit_trail_v1 SET action = 'NOTHING' WHERE position % 5 = 0").await;
            look(&ledger, &all_views(), DriftScope::Whole, true).await;
            let head = ledger.views.head().await.unwrap();
            ledger.views.wait_for(copies::VIEW, head - round, PATIENCE).await.unwrap();
        }
    };
    tokio::join!(damage, office.work(&ledger, 300));
    ledger.caught_up().await;
    // A row that was wrong when its copy was folded on may stand until now.
    look(&ledger, &all_views(), DriftScope::Whole, true).await;
    projectors.stop().await;
    let rows = ledger.dump_all().await;
    fold_anew(&ledger).await;
    ledger.has_rows(&rows).await;
}
