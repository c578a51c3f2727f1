//! Every column of every table.

use domain::SubjectId;
use domain::subject::SubjectEvent;
use projections::{Difference, DriftScope, Made, StreamId, Table, ViewName, views};
use uuid::Uuid;

use super::{all_views, folded, look, look_at_all, run};
use crate::ledger::{Row, TestLedger};
use crate::life::sealed;

#[tokio::test]
async fn a_changed_value_is_found_and_named_and_repaired_whichever_column_of_whichever_table_it_is_in() {
    let (ledger, _) = folded(11).await;
    let person = StreamId::Subject(SubjectId(Uuid::from_u128(0x5e)));
    let registered = SubjectEvent::SubjectRegistered { identity: sealed("Anna") };
    ledger.append(person, &[Row::written(&registered)]).await;
    ledger.fold_all().await;
    let clean = look_at_all(&ledger).await;
    assert_eq!(clean.findings, vec![]);
    let rows = ledger.dump_all().await;
    let mut changed = 0;
    for (view, tables) in views::ALL {
        for table in tables {
            for (column, kind) in columns(&ledger, table).await {
                change(&ledger, table, &column, &kind).await;
                found_and_named(&ledger, view, table, &column).await;
                let repaired = look(&ledger, &[view], DriftScope::Whole, true).await;
                assert!(!repaired.repaired.is_empty(), "{}.{column}", table.name);
                ledger.has_rows(&rows).await;
                changed += 1;
            }
        }
    }
    assert!(changed > 50, "{changed} columns");
    assert_eq!(look_at_all(&ledger).await.findings, vec![]);
}

/// The columns of a table and their types. Rules that a changed value would break are taken off it.
async fn columns(ledger: &TestLedger, table: &Table) -> Vec<(String, String)> {
    let checks: Vec<String> = sqlx::query_scalar(
        "SELECT conname::text FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('c', 'f')",
    )
    .bind(table.name)
    .fetch_all(ledger.pool())
    .await
    .unwrap();
    for check in checks {
        run(ledger, &format!("ALTER TABLE {} DROP CONSTRAINT {check}", table.name)).await;
    }
    sqlx::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = $1",
    )
    .bind(table.name)
    .fetch_all(ledger.pool())
    .await
    .unwrap()
}

/// Another value of the same type, in one row.
async fn change(ledger: &TestLedger, table: &Table, column: &str, kind: &str) {
    let other = match kind {
        "uuid" => "gen_random_uuid()".to_owned(),
        "text" => format!("coalesce({column}, '') || 'x'"),
        "bigint" | "integer" => format!("coalesce({column}, 0) + 1000003"),
        "timestamp with time zone" => {
            format!("coalesce({column}, to_timestamp(0)) + interval '1 microsecond'")
        }
        "boolean" => format!("NOT {column}"),
        "json" => "'{\"changed\": true}'".to_owned(),
        "ARRAY" => format!("{column} || {column}[1]"),
        _ => panic!("{}.{column} is of the type {kind}: say how to change it", table.name),
    };
    let name = table.name;
    let one = format!("SELECT ctid FROM {name} ORDER BY ctid LIMIT 1");
    run(ledger, &format!("UPDATE {name} SET {column} = {other} WHERE ctid = ({one})")).await;
}

async fn found_and_named(ledger: &TestLedger, view: ViewName, table: &Table, column: &str) {
    let found = look(ledger, &all_views(), DriftScope::Whole, false).await;
    assert!(found.findings.iter().all(|finding| finding.view == view), "{:?}", found.findings);
    let seen: Vec<&Difference> =
        found.findings.iter().filter(|it| it.table == table.name).map(|it| &it.difference).collect();
    let names_a_stream = matches!(table.made, Made::Rows { stream } if stream.contains(column));
    if table.key.contains(&column) || (names_a_stream && seen.len() > 1) {
        // A row under another key is one that is missing and one too many.
        assert!(seen.contains(&&Difference::Missing), "{}.{column}: {seen:?}", table.name);
        assert!(seen.contains(&&Difference::TooMany), "{}.{column}: {seen:?}", table.name);
        return;
    }
    let names = |difference: &Difference| match difference {
        Difference::Columns(columns) => columns.iter().all(|it| it.name.split('.').next() == Some(column)),
        _ => false,
    };
    assert!(!seen.is_empty() && seen.iter().all(|it| names(it)), "{}.{column}: {seen:?}", table.name);
}
