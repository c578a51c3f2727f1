//! Law L15 for every role that the service uses: all that is forbidden is tried as each of them, and refused.

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::hardened::Hardened;

/// SQLSTATE insufficient_privilege.
const REFUSED: &str = "42501";

/// Nobody but the owner may do these.
const FOR_NOBODY: [&str; 79] = [
    // What was recorded.
    "INSERT INTO events SELECT * FROM events WHERE false",
    "INSERT INTO commands (principal, key, first_position, last_position, answer) VALUES (gen_random_uuid(), gen_random_uuid(), 1, 1, '{}')",
    "INSERT INTO ledger_epochs (from_position, epoch) VALUES (2, gen_random_uuid())",
    "INSERT INTO ledger_head (epoch) SELECT epoch FROM ledger_epochs",
    "INSERT INTO vault SELECT * FROM vault WHERE false",
    "INSERT INTO event_shapes VALUES ('ExamCopy', 'Forged', '1', 1)",
    "UPDATE events SET payload = '{}'",
    "UPDATE ledger_head SET epoch = gen_random_uuid()",
    "UPDATE ledger_epochs SET from_position = 2",
    "UPDATE commands SET answer = '{}'",
    "UPDATE vault SET sealed = ''",
    "UPDATE event_shapes SET reader = 1",
    "UPDATE database_roles SET role = 'somebody'",
    "DELETE FROM events",
    "DELETE FROM ledger_head",
    "DELETE FROM ledger_epochs",
    "DELETE FROM commands",
    "DELETE FROM vault",
    "DELETE FROM event_shapes",
    "DELETE FROM _sqlx_migrations",
    "MERGE INTO events USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM events RETURNING 1) SELECT * FROM gone",
    "TRUNCATE events",
    "TRUNCATE events CASCADE",
    "TRUNCATE ledger_epochs CASCADE",
    "TRUNCATE projections CASCADE",
    "TRUNCATE commands, vault",
    "TRUNCATE copies_v2",
    "COPY events FROM STDIN",
    "COPY commands FROM STDIN",
    "COPY events TO PROGRAM 'true'",
    "COPY events TO '/tmp/events'",
    "SELECT FROM ledger_head FOR UPDATE",
    "SELECT FROM ledger_head FOR SHARE",
    "SELECT FROM events FOR UPDATE",
    "LOCK TABLE ledger_head IN EXCLUSIVE MODE",
    "LOCK TABLE events IN ACCESS EXCLUSIVE MODE",
    // The guards.
    "SET session_replication_role = replica",
    "ALTER TABLE events DISABLE TRIGGER events_only_grow",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "DROP TRIGGER events_only_grow ON events",
    "ALTER TABLE events OWNER TO CURRENT_USER",
    "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
    "CREATE RULE forge AS ON INSERT TO events DO INSTEAD NOTHING",
    "CREATE TRIGGER forge BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "ALTER FUNCTION append_events SECURITY INVOKER",
    "ALTER FUNCTION refuse_change RENAME TO refuse",
    "DROP FUNCTION refuse_change CASCADE",
    "DROP FUNCTION append_events",
    "DROP TABLE events CASCADE",
    "DROP TABLE ledger_head",
    "DROP TABLE copies_v2",
    "DROP SCHEMA gradeledger CASCADE",
    "ALTER TABLE events RENAME TO old_events",
    "ALTER SCHEMA gradeledger RENAME TO other",
    // What stands in for another thing.
    "CREATE FUNCTION sha256(text) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea'",
    "CREATE FUNCTION gradeledger.refuse_change(integer) RETURNS void LANGUAGE sql AS ''",
    "CREATE OPERATOR <> (LEFTARG = bytea, RIGHTARG = text, FUNCTION = texteq)",
    "CREATE TABLE gradeledger.events_v2 (position bigint)",
    "CREATE VIEW gradeledger.more AS SELECT 1",
    "CREATE TEMP TABLE events (position bigint)",
    "CREATE TEMP VIEW commands AS SELECT 1",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.mine() RETURNS void LANGUAGE sql AS ''",
    "CREATE EXTENSION file_fdw",
    "CREATE PUBLICATION everything FOR TABLE events",
    // The server.
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'hidden')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE ROLE mine SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
    "SET ROLE gradeledger",
    "SET SESSION AUTHORIZATION gradeledger",
    "SELECT * FROM pg_authid",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gradeledger'",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'gradeledger'",
    "SELECT pg_reload_conf()",
];

const ONLY_THE_WRITER: [&str; 4] = [
    "SELECT * FROM vault",
    "SELECT erase_vault_rows('copy', gen_random_uuid())",
    "SELECT append_events_of_one(NULL,NULL,NULL,NULL,'Test','ahead',1,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
    "SELECT append_events('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}')",
];

const ONLY_THE_PROJECTOR: [&str; 9] = [
    "INSERT INTO copies_v2 SELECT * FROM copies_v2",
    "UPDATE projections SET position = 0",
    "DELETE FROM projections",
    "DELETE FROM work_claims",
    "UPDATE work_leaders SET worker = gen_random_uuid()",
    "SELECT discard_view_shadow('copies_v2')",
    "SELECT make_view_shadow('copies_v2')",
    "SELECT index_view_shadow('copies_v2')",
    "SELECT swap_view_shadow('copies_v2')",
];

/// The SQLSTATE of an attempt, rolled back; none where it succeeded.
async fn outcome_of(session: &mut PgConnection, attempt: &str) -> Option<String> {
    let mut transaction = session.begin().await.unwrap();
    let outcome = transaction.execute(attempt).await;
    let code = outcome.err().and_then(|error| error.as_database_error()?.code().map(Into::into));
    transaction.rollback().await.unwrap();
    code
}

/// What of these a part may do, or is refused for another reason than that it may not.
async fn succeeded(session: &mut PgConnection, attempts: &[&'static str]) -> Vec<String> {
    let mut succeeded = Vec::new();
    for attempt in attempts {
        match outcome_of(session, attempt).await.as_deref() {
            Some(REFUSED) => {}
            other => succeeded.push(format!("{attempt}: {other:?}")),
        }
    }
    succeeded
}

#[tokio::test]
async fn l15_every_role_of_the_service_is_refused_all_that_is_forbidden() {
    let hardened = Hardened::new().await;
    let mut found = Vec::new();
    for part in ["writer", "projector", "reader"] {
        let mut session = hardened.session(part).await;
        let mut attempts = FOR_NOBODY.to_vec();
        if part != "writer" {
            attempts.extend(ONLY_THE_WRITER);
        }
        if part != "projector" {
            attempts.extend(ONLY_THE_PROJECTOR);
        }
        found.extend(
            succeeded(&mut session, &attempts).await.into_iter().map(|what| format!("{part}: {what}")),
        );
        // In no transaction, which would refuse it before anyone looked who asks.
        let refused = session.execute("ALTER SYSTEM SET fsync = off").await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some(REFUSED));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn what_only_one_role_may_do_it_may_do() {
    let hardened = Hardened::new().await;
    for (part, attempts) in [("writer", &ONLY_THE_WRITER[..]), ("projector", &ONLY_THE_PROJECTOR[..5])] {
        let mut session = hardened.session(part).await;
        for attempt in attempts {
            assert_eq!(outcome_of(&mut session, attempt).await, None, "{attempt} as {part}");
        }
    }
}

/// The functions that rebuild views have their owner's rights, and take no other table.
#[tokio::test]
async fn what_rebuilds_views_with_the_owners_rights_reaches_no_other_table() {
    let hardened = Hardened::new().await;
    hardened.owner("CREATE TABLE public.other_v1 (id int)").await;
    let mut session = hardened.session("projector").await;
    let names =
        ["events", "vault", "ledger_head", "projections", "other_v1", "pg_class", "events; --", "\"Events\""];
    for function in ["discard_view_shadow", "make_view_shadow", "index_view_shadow", "swap_view_shadow"] {
        for name in names {
            let attempt = format!("SELECT {function}('{name}')");
            assert_eq!(outcome_of(&mut session, &attempt).await.as_deref(), Some(REFUSED), "{attempt}");
        }
    }
}

/// The attack: Postgres looks for tables in a session's temporary schema first, unless the path names it last.
#[tokio::test]
async fn a_temporary_table_does_not_stand_in_for_one_that_is_written_with_the_owners_rights() {
    let hardened = Hardened::new().await;
    // Were the right to make one given back some day.
    let database = hardened.place.database.connect_options().get_database().unwrap().to_owned();
    hardened.owner(&format!("GRANT TEMPORARY ON DATABASE {database} TO {}", hardened.role("writer"))).await;
    let mut session = hardened.session("writer").await;
    for sql in [
        "CREATE TEMP TABLE vault (owner_kind text, owner_id uuid)",
        "CREATE FUNCTION pg_temp.steal() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN DROP TABLE gradeledger.events CASCADE; RETURN OLD; END $$",
        "CREATE TRIGGER steal BEFORE DELETE ON vault FOR EACH ROW EXECUTE FUNCTION pg_temp.steal()",
        "INSERT INTO pg_temp.vault VALUES ('copy', '00000000-0000-0000-0000-000000000001')",
        "SELECT erase_vault_rows('copy', '00000000-0000-0000-0000-000000000001')",
    ] {
        session.execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_temp.vault").fetch_one(&mut session).await.unwrap();
    assert_eq!(left, 1, "the function took the caller's table for the vault");
    let pinned: Vec<String> = sqlx::query_scalar(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'gradeledger'::regnamespace AND prosecdef
         AND NOT proconfig @> ARRAY['search_path=gradeledger, pg_temp']",
    )
    .fetch_all(hardened.place.pool())
    .await
    .unwrap();
    assert!(pinned.is_empty(), "{pinned:?}");
}

#[tokio::test]
async fn the_roles_of_the_ledger_have_no_way_into_the_key_store_nor_that_of_the_keys_into_the_ledger() {
    use sqlx::ConnectOptions as _;
    let hardened = Hardened::new().await;
    let code = async |options: sqlx::postgres::PgConnectOptions| {
        let refused = options.connect().await.unwrap_err();
        refused.as_database_error().and_then(|error| error.code()).map(std::borrow::Cow::into_owned)
    };
    for part in ["writer", "projector", "reader"] {
        let options = hardened.as_part(hardened.place.database.keys_connect_options(), part);
        assert_eq!(code(options).await.as_deref(), Some(REFUSED), "{part}");
    }
    let options = hardened.as_part(hardened.place.database.connect_options(), "keys");
    assert_eq!(code(options).await.as_deref(), Some(REFUSED));
    let mut keys =
        hardened.as_part(hardened.place.database.keys_connect_options(), "keys").connect().await.unwrap();
    let attempts = [
        "UPDATE data_keys SET wrapped = ''",
        "UPDATE master_key SET check_value = ''",
        "DELETE FROM master_key",
        "TRUNCATE data_keys",
        "DROP TABLE data_keys",
        "CREATE TEMP TABLE data_keys (key_id uuid)",
        "UPDATE access_log SET outcome = 'shown'",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
        "DROP TABLE access_log",
        "SELECT FROM access_log FOR UPDATE",
        "SELECT prune_access_log('29 days', 1000)",
        "SELECT prune_access_log(NULL, 1000)",
        "CREATE TABLE mine (id int)",
        "SELECT lo_create(0)",
    ];
    assert_eq!(succeeded(&mut keys, &attempts).await, Vec::<String>::new());
    for attempt in [
        "INSERT INTO access_log (act, outcome) VALUES ('read marks', 'shown')",
        "SELECT * FROM access_log",
        "SELECT prune_access_log('365 days', 1000)",
        "SELECT erase_access_reasons('copy', gen_random_uuid())",
    ] {
        assert_eq!(outcome_of(&mut keys, attempt).await, None, "{attempt}");
    }
}
