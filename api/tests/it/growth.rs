//! What a request costs does not grow with the ledger: the plans of all that the server really asks of Postgres, told by Postgres
//! itself while it answers requests over HTTP, in a ledger of one size and of four times that.

mod asks;
mod plan;
mod told;

use domain::{CopyId, Role};
use fixtures::database::TestDatabase;
use fixtures::grown::{self, Size};
use futures::future::join_all;
use gradeledger::access_log::AccessLogLimits;
use gradeledger::ledger::LedgerLimits;
use gradeledger::limits::HttpLimits;
use projections::{FeedLimits, RebuildLimits, ViewName, views, work_queue};
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::office::{Office, pages_read};
use crate::routes::world::{Person, World, person};
use asks::Ask;
use plan::Plan;
use told::Told;

const SMALL: Size = Size { exams: 100, subjects: 400, copies: 1_500, events_a_copy: 14, accesses: 10_000 };
const LARGE: Size = Size { exams: 400, subjects: 1_600, copies: 6_000, events_a_copy: 14, accesses: 40_000 };

/// How often each request is sent: after five times Postgres may have settled on a plan for all values.
const REPEATS: usize = 12;
/// Rows of tables that grow which one statement may visit for a page of fifty, whatever the ledger's size; a page of events
/// looks at five thousand positions where only some are asked for.
const MOST_ROWS: f64 = 300.0;

/// Rows by which two plans may differ that are both good: by Postgres's sample of a table, a page of one status is found by an index of
/// that status, or by one of all of them and a filter.
const PAGE_ROWS: f64 = 51.0;

/// No table that grows is read from end to end, and the rows that are visited, and so all that could be sorted, are few and stay as
/// many. Asks of [`asks`] with a bound of their own say why.
#[tokio::test]
async fn a_request_reads_as_many_rows_in_a_ledger_four_times_as_long_and_finds_them_by_an_index() {
    let told = Told::default();
    // All tasks of this test's service run on this thread.
    let _listening = crate::listening::listen(told.subscriber());
    let database = TestDatabase::new().await;
    explain(&database).await;
    let world =
        World::on(database, HttpLimits::default(), FeedLimits::default(), AccessLogLimits::default()).await;

    grow(&world, Size::default(), SMALL).await;
    let before = asked(&world, &told).await;
    grow(&world, SMALL, LARGE).await;
    let after = asked(&world, &told).await;

    let mut wrong = Vec::new();
    for ((_, before), (ask, plans)) in before.iter().zip(&after) {
        let name = &ask.name;
        wrong.extend(
            plans.iter().flat_map(|plan| plan.faults(ask.most_rows)).map(|fault| format!("{name}: {fault}")),
        );
        let indexes: Vec<&str> = plans.iter().flat_map(Plan::indexes).collect();
        let missing = ask.by.iter().filter(|index| !indexes.contains(index));
        wrong.extend(missing.map(|index| format!("{name}: does not use {index}, but {indexes:?}")));
        let most = |plans: &[Plan]| plans.iter().map(Plan::rows).fold(0.0, f64::max);
        let (then, now) = (most(before), most(plans));
        let apart = if name.contains("status=") { PAGE_ROWS } else { 10.0 };
        if ask.most_rows <= MOST_ROWS && now > then * 1.5 + apart {
            wrong.push(format!("{name}: {then} rows in the small ledger, {now} in the large one"));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A long queue is one that many wait in: each claim must not look at all of it.
#[tokio::test]
async fn a_claim_looks_at_the_items_that_it_takes_however_long_the_queue_is() {
    let told = Told::default();
    let _listening = crate::listening::listen(told.subscriber());
    let database = TestDatabase::new().await;
    let fill = "INSERT INTO work_queue_v1 SELECT md5(nth::text)::uuid, 'IMPORT', 1, 0, NULL, 'grown', gen_random_uuid(), now(), nth \
                FROM generate_series(5001, 10000) AS nth";
    let done = "INSERT INTO work_claims SELECT nth, md5(nth::text)::uuid, gen_random_uuid(), 1, now(), now(), true \
                FROM generate_series(1, 5000) AS nth";
    for statement in [fill, done, "ANALYZE work_queue_v1", "ANALYZE work_claims"] {
        sqlx::query(statement).execute(database.pool()).await.unwrap();
    }
    explain(&database).await;
    let pool = PgPool::connect_lazy_with(database.connect_options());
    let claim = include_str!("../../src/work/claim.sql").replace("{work_queue}", work_queue::TABLE);
    for nth in 1..=REPEATS {
        let claimed = sqlx::query(&claim).bind(Uuid::nil()).bind(60_000.0).bind(1_000.0).bind(1_000.0);
        let claimed = claimed.fetch_one(&pool).await.unwrap();
        assert_eq!(usize::try_from(claimed.get::<i64, _>("position")), Ok(5_000 + nth));
    }
    let plans: Vec<Plan> = told.take().iter().map(|message| Plan::read(message)).collect();
    assert_eq!(plans.len(), REPEATS);
    // It steps over those that others have in hand.
    for table in [work_queue::TABLE, "work_claims"] {
        let visited: Vec<f64> = plans.iter().map(|plan| plan.rows_of(table)).collect();
        assert!(visited.iter().all(|rows| *rows <= 2.0 * REPEATS as f64), "{table}: {visited:?}");
    }
}

/// The connection that appends keeps its plans; the first are made when there is nothing in the tables.
#[tokio::test]
async fn a_batch_that_was_planned_in_an_empty_ledger_visits_as_few_rows_in_a_longer_one() {
    let told = Told::default();
    let _listening = crate::listening::listen(told.subscriber());
    let database = TestDatabase::new().await;
    explain(&database).await;
    let office = Office::on(database, LedgerLimits::default()).await;
    let import = |count| join_all((0..count).map(|_| office.import()));
    let read = |copies: Vec<CopyId>| join_all(copies.into_iter().map(|copy| office.ask(copy, pages_read())));
    read(vec![office.import().await]).await;
    read(import(BATCH).await).await;
    for _ in 0..10 {
        import(256).await;
    }
    let (copies, lone) = (import(BATCH).await, office.import().await);
    told.take();
    read(copies).await;
    read(vec![lone]).await;
    let plans: Vec<Plan> = told.take().iter().map(|message| Plan::read(message)).collect();
    assert!(plans.iter().any(|plan| plan.is_of("hashed AS MATERIALIZED") && plan.rows_of("events") > 1.0));
    let of_one = "e.aggregate_type = stream_type";
    assert!(plans.iter().any(|plan| plan.is_of(of_one) && plan.rows_of("events") > 0.0));
    for plan in &plans {
        assert_eq!(plan.faults(3.0 * BATCH as f64), Vec::<String>::new());
    }
}

/// Commands that come at the same time, each with a stream of its own.
const BATCH: usize = 16;

/// Has every session of these databases tell the plan of every statement, those within functions too.
async fn explain(database: &TestDatabase) {
    for options in [database.connect_options(), database.keys_connect_options()] {
        let name = options.get_database().unwrap().to_owned();
        let pool = PgPool::connect_lazy_with(options);
        for (setting, value) in [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_level", "notice"),
            ("auto_explain.log_format", "json"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_timing", "off"),
            ("auto_explain.log_nested_statements", "on"),
        ] {
            let set = format!("ALTER DATABASE \"{name}\" SET {setting} = '{value}'");
            sqlx::query(&set).execute(&pool).await.unwrap();
        }
        pool.close().await;
    }
}

async fn grow(world: &World, from: Size, to: Size) {
    grown::grow(world.database.pool(), &world.keys, from, to).await.unwrap();
    let every: Vec<ViewName> = views::ALL.map(|(view, _)| view).to_vec();
    world.app.views.rebuild(&every, RebuildLimits::default(), &mut |_| {}).await.unwrap();
}

/// Requests, each with the plans of all that it asked of Postgres.
type Asked = Vec<(Ask, Vec<Plan>)>;

/// Sends every request, and answers with the plans that Postgres told meanwhile.
async fn asked(world: &World, told: &Told) -> Asked {
    let asks = asks::all(world).await;
    let (mut asked, mut refused) = (Asked::new(), Vec::new());
    for ask in asks {
        told.take();
        for _ in 0..REPEATS {
            refused.extend(ask.send(world).await);
        }
        let plans = told.take().iter().map(|message| Plan::read(message)).collect();
        asked.push((ask, plans));
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    asked
}

/// Somebody whom the grown ledger knows.
async fn known(world: &World, id: Uuid, name: &str) -> Person {
    sqlx::query("INSERT INTO actors (actor_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(id)
        .bind(name)
        .execute(&world.keys)
        .await
        .unwrap();
    person(&world.keys, Role::Grader, name).await
}
