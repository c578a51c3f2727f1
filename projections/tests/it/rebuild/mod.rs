//! A view is folded anew beside the live one, and nobody who reads or writes notices.

mod complete;
mod in_use;
mod second;
mod upgrade;

use projections::{Proof, RebuildError, RebuildLimits, RebuildNews, ViewName, views};
use std::time::Duration;

use crate::ledger::TestLedger;
use crate::life::Office;

pub(crate) fn every_view() -> Vec<ViewName> {
    views::ALL.map(|(view, _)| view).to_vec()
}

/// Short times, and parcels and batches so small that a few hundred events fill many.
pub(crate) fn limits() -> RebuildLimits {
    RebuildLimits {
        workers: 2,
        settle_every: 16,
        copy_bytes: 2_000,
        batch_events: 50,
        swap_rest: Duration::from_millis(20),
        lease: Duration::from_millis(1_500),
        renew_every: Duration::from_millis(100),
        ..RebuildLimits::default()
    }
}

pub(crate) async fn rebuild(
    ledger: &TestLedger,
    views: &[ViewName],
    limits: RebuildLimits,
) -> Result<Vec<Proof>, RebuildError> {
    ledger.views.rebuild(views, limits, &mut |_| {}).await
}

/// The tables that a rebuild has left beside the live ones.
pub(crate) async fn left_over(ledger: &TestLedger) -> i64 {
    ledger.count("SELECT count(*) FROM pg_tables WHERE tablename LIKE '%\\_shadow'").await
}

/// What Postgres says of the tables of all views: columns, indexes, checks and settings.
async fn shapes(ledger: &TestLedger) -> Vec<String> {
    let mut shapes = vec![];
    for table in views::ALL.into_iter().flat_map(|(_, tables)| tables) {
        let shape: Vec<String> = sqlx::query_scalar(include_str!("shape.sql"))
            .bind(table.name)
            .fetch_all(ledger.pool())
            .await
            .unwrap();
        assert!(shape.len() > 3, "{}", table.name);
        shapes.extend(shape);
    }
    shapes
}

#[tokio::test]
async fn a_rebuilt_view_has_the_rows_and_the_shape_that_it_had() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(8, 11);
    office.open(&ledger).await;
    office.work(&ledger, 600).await;
    let person = projections::StreamId::Subject(domain::SubjectId(uuid::Uuid::from_u128(0x5e)));
    let identity = crate::life::sealed("Anna");
    let registered = domain::subject::SubjectEvent::SubjectRegistered { identity };
    ledger.append(person, &[crate::ledger::Row::written(&registered)]).await;
    ledger.fold_all().await;
    let (rows, shape) = (ledger.dump_all().await, shapes(&ledger).await);
    assert!(rows.iter().all(|(table, rows)| *table == "parked_v1" || !rows.is_empty()));
    for table in views::ALL.into_iter().flat_map(|(_, tables)| tables) {
        sqlx::query(&format!("DELETE FROM {}", table.name)).execute(ledger.pool()).await.unwrap();
    }
    let head = ledger.views.head().await.unwrap();
    let mut news = vec![];
    let proofs = ledger.views.rebuild(&every_view(), limits(), &mut |told| news.push(told)).await.unwrap();
    for (proof, (view, _)) in proofs.iter().zip(views::ALL) {
        let Proof { version, events, position, .. } = *proof;
        assert_eq!((proof.view.as_str(), version), (view.name, view.version));
        assert_eq!((events, position), (head, head));
        assert!(news.contains(&RebuildNews::Swapped(proof.clone())));
    }
    assert_eq!(proofs.len(), views::ALL.len());
    ledger.has_rows(&rows).await;
    assert_eq!(shapes(&ledger).await, shape);
    assert_eq!(left_over(&ledger).await, 0);
    assert_eq!(ledger.count("SELECT count(*) FROM rebuilds").await, 0);
}

#[tokio::test]
async fn one_view_is_rebuilt_and_the_others_are_left_alone() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(4, 12);
    office.open(&ledger).await;
    office.work(&ledger, 100).await;
    ledger.fold_all().await;
    let rows = ledger.dump_all().await;
    for table in ["copies_v2", "copy_locks_v1", "exams_v2"] {
        sqlx::query(&format!("DELETE FROM {table}")).execute(ledger.pool()).await.unwrap();
    }
    let views = [projections::copies::VIEW, projections::exams::VIEW];
    assert_eq!(rebuild(&ledger, &views, limits()).await.unwrap().len(), 2);
    for (table, rows) in &rows {
        let now = ledger.dump(table).await;
        if *table == "copy_locks_v1" {
            assert!(now.is_empty());
        } else {
            assert_eq!(now, *rows, "{table}");
        }
    }
}

#[tokio::test]
async fn rights_on_a_view_outlive_its_rebuild() {
    let ledger = TestLedger::new().await;
    let role = format!("reader_{}", uuid::Uuid::now_v7().simple());
    for sql in [
        format!("CREATE ROLE {role}"),
        format!("GRANT SELECT ON copies_v2 TO {role} WITH GRANT OPTION"),
        "GRANT SELECT ON copies_v2 TO PUBLIC".to_owned(),
    ] {
        sqlx::query(&sql).execute(ledger.pool()).await.unwrap();
    }
    let rights = "SELECT array_to_string(array(SELECT a::text FROM pg_class, unnest(relacl) AS a \
                  WHERE oid = 'copies_v2'::regclass ORDER BY 1), ' ')";
    let before: String = sqlx::query_scalar(rights).fetch_one(ledger.pool()).await.unwrap();
    rebuild(&ledger, &[projections::copies::VIEW], limits()).await.unwrap();
    let after: String = sqlx::query_scalar(rights).fetch_one(ledger.pool()).await.unwrap();
    assert!(before.contains(&role));
    assert_eq!(after, before);
    for sql in [format!("DROP OWNED BY {role}"), format!("DROP ROLE {role}")] {
        sqlx::query(&sql).execute(ledger.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn states_that_do_not_fit_into_memory_are_folded_share_by_share() {
    let ledger = TestLedger::new().await;
    let mut office = Office::new(30, 13);
    office.open(&ledger).await;
    office.work(&ledger, 1_000).await;
    let roomy = rebuild(&ledger, &every_view(), limits()).await.unwrap();
    let rows = ledger.dump_all().await;
    let positions = |proofs: &[Proof]| proofs.iter().map(|proof| proof.position).collect::<Vec<_>>();
    // With several workers, none keeps what it has of a share that another one finds too large.
    for workers in [1, 3] {
        // A small part of what the states of all streams weigh together, and a little more than the largest of one.
        let tight = RebuildLimits { workers, memory_bytes: 60_000, ..limits() };
        let proofs = rebuild(&ledger, &every_view(), tight).await.unwrap();
        assert_eq!(positions(&proofs), positions(&roomy));
        ledger.has_rows(&rows).await;
    }
    let none = RebuildLimits { workers: 1, memory_bytes: 2_000, ..limits() };
    assert!(matches!(rebuild(&ledger, &every_view(), none).await, Err(RebuildError::TooLarge { .. })));
    ledger.has_rows(&rows).await;
    assert_eq!(left_over(&ledger).await, 0);
}

#[tokio::test]
async fn rows_that_postgres_refuses_end_a_rebuild_with_its_words_and_the_live_view_stands() {
    let ledger = TestLedger::new().await;
    Office::new(10, 17).work(&ledger, 500).await;
    ledger.fold_all().await;
    let rows = ledger.dump_all().await;
    let never = "ALTER TABLE audit_trail_v1 ADD CONSTRAINT never CHECK (position < 400) NOT VALID";
    sqlx::query(never).execute(ledger.pool()).await.unwrap();
    let error = rebuild(&ledger, &every_view(), limits()).await.unwrap_err();
    assert!(error.to_string().contains("violates check constraint \"never\""), "{error}");
    ledger.has_rows(&rows).await;
    assert_eq!(left_over(&ledger).await, 0);
}

#[tokio::test]
async fn rows_that_are_long_in_coming_do_not_cost_the_transaction_that_waits_for_them() {
    let ledger = TestLedger::new().await;
    Office::new(10, 15).work(&ledger, 1_000).await;
    // A session that does nothing within a transaction is ended almost at once.
    let hasty = (*ledger.pool().connect_options()).clone();
    let hasty = hasty.options([("idle_in_transaction_session_timeout", "5")]);
    let views = projections::Views::new(sqlx::PgPool::connect_lazy_with(hasty));
    views.rebuild(&[projections::copies::VIEW], limits(), &mut |_| {}).await.unwrap();
}

/// Postgres would sort a share whole before it sends the first event of it, and on disk, unless it is kept from it.
#[tokio::test]
async fn events_are_read_in_their_order_and_never_sorted() {
    let ledger = TestLedger::new().await;
    Office::new(10, 16).work(&ledger, 1_000).await;
    // No room to sort anything in memory: every sort would be seen.
    let cramped = (*ledger.pool().connect_options()).clone().options([("work_mem", "64kB")]);
    let views = projections::Views::new(sqlx::PgPool::connect_lazy_with(cramped));
    views.rebuild(&every_view(), limits(), &mut |_| {}).await.unwrap();
    // What a session has done is counted when it ends.
    crate::ledger::until("the end of the sessions", || async {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'gradeledger rebuild%' \
                        AND datname = current_database()";
        (ledger.count(sessions).await == 0).then_some(())
    })
    .await;
    let sorted = "SELECT temp_files FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(ledger.count(sorted).await, 0, "files to sort in");
}

#[tokio::test]
async fn an_empty_ledger_is_rebuilt_too() {
    let ledger = TestLedger::new().await;
    for proof in rebuild(&ledger, &every_view(), limits()).await.unwrap() {
        assert_eq!((proof.events, proof.position), (0, 0));
    }
    Office::new(2, 14).work(&ledger, 20).await;
    ledger.fold_all().await;
}
