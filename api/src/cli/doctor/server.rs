//! Version and settings of the server, as far as a ledger stands on them.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::Patient;
use super::report::Report;
use crate::limits::Limits;

/// What is asked for by name.
const SETTINGS: [&str; 9] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "max_connections",
    "superuser_reserved_connections",
    "default_transaction_read_only",
    "default_transaction_isolation",
];
/// Sessions that a process holds beside its pools: one for each view, one that listens, one that appends, one that looks where
/// streams stand, one that notifies.
const SESSIONS_BESIDE_POOLS: u32 = 12;

/// Settings by name.
struct Settings(BTreeMap<String, String>);

impl Settings {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

pub(super) async fn examine(patient: &Patient, limits: &Limits, report: &mut Report) {
    let asking = sqlx::query("SELECT name, setting FROM pg_settings WHERE name = ANY ($1)")
        .bind(SETTINGS)
        .fetch_all(&patient.pool);
    let Some(rows) = report.asked("settings", patient.longest, asking).await else { return };
    let of = Settings(rows.iter().map(|row| (row.get(0), row.get(1))).collect());
    // That it is recent enough was found when it was reached.
    report.ok(
        "Postgres",
        format!("{}, {} or later will do", of.get("server_version"), migrations::OLDEST_SERVER_MAJOR),
    );
    durability(&of, report);
    standby(patient, &of, report).await;
    connections(patient, limits, &of, report).await;
    role_settings(patient, report).await;
}

fn durability(of: &Settings, report: &mut Report) {
    const CHECK: &str = "durability";
    let (fsync, commit, pages) = (of.get("fsync"), of.get("synchronous_commit"), of.get("full_page_writes"));
    let detail = format!("fsync {fsync}, synchronous_commit {commit}, full_page_writes {pages}");
    if fsync == "off" {
        report.fail(
            CHECK,
            format!("{detail}: a crash of the machine can lose or damage the whole ledger"),
            "set fsync = on in postgresql.conf and reload: `ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()`",
        );
    } else if commit == "off" {
        report.fail(
            CHECK,
            format!("{detail}: what was acknowledged can be lost in a crash of the server"),
            "set synchronous_commit to on (or remote_apply, with a standby) where it was turned off: postgresql.conf, \
             or `ALTER ROLE … RESET synchronous_commit`, or `ALTER DATABASE … RESET synchronous_commit`",
        );
    } else if pages == "off" {
        report.warn(
            CHECK,
            format!("{detail}: a page that was half written stays damaged, unless the file system writes pages whole"),
            "set full_page_writes = on in postgresql.conf and reload",
        );
    } else {
        report.ok(CHECK, detail);
    }
    let level = of.get("wal_level");
    if level == "minimal" {
        report.warn(
            "WAL",
            "wal_level minimal: no standby, and no restore to a moment between two backups",
            "set wal_level = replica in postgresql.conf and restart Postgres",
        );
    } else {
        report.ok("WAL", format!("wal_level {level}"));
    }
}

async fn standby(patient: &Patient, of: &Settings, report: &mut Report) {
    const CHECK: &str = "writable";
    let asking = sqlx::query_scalar::<_, bool>("SELECT pg_is_in_recovery()").fetch_one(&patient.pool);
    let Some(recovering) = report.asked(CHECK, patient.longest, asking).await else { return };
    if recovering {
        report.fail(
            CHECK,
            "the server is a standby: nothing can be appended here",
            "point DATABASE_URL at the primary, or promote this server if the primary is lost for good; then \
             `gradeledger ledger new-epoch` where events may have been lost",
        );
    } else if of.get("default_transaction_read_only") == "on" {
        report.fail(
            CHECK,
            "default_transaction_read_only is on: every append is refused",
            "find where it is set: `SELECT source, sourcefile FROM pg_settings WHERE name = 'default_transaction_read_only'`, \
             and reset it there",
        );
    } else if of.get("default_transaction_isolation") != "read committed" {
        report.fail(
            CHECK,
            format!(
                "default_transaction_isolation is {}: append_events refuses it",
                of.get("default_transaction_isolation")
            ),
            "reset it for the role and the database: `ALTER ROLE … RESET default_transaction_isolation`",
        );
    } else {
        report.ok(CHECK, "a primary, and transactions may write");
    }
}

/// Whether the pools of the processes that are alive fit into what the server takes.
async fn connections(patient: &Patient, limits: &Limits, of: &Settings, report: &mut Report) {
    const CHECK: &str = "connections";
    let asking = sqlx::query_as::<_, (i64, i64)>(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'gradeledger%')",
    )
    .fetch_one(&patient.pool);
    let Some((open, ours)) = report.asked(CHECK, patient.longest, asking).await else { return };
    let number = |name| of.get(name).parse::<i64>().unwrap_or(0);
    let most = number("max_connections") - number("superuser_reserved_connections");
    let pools = &limits.database;
    let of_roles =
        if patient.under_roles { pools.projector_connections + pools.reader_connections } else { 0 };
    let of_keys = pools.keys_connections + limits.access_log.connections;
    let of_a_process = pools.ledger_connections + of_roles + of_keys + SESSIONS_BESIDE_POOLS;
    let detail = format!(
        "{open} of {most} are open, {ours} of them gradeledger's; a process takes up to {of_a_process} (room for {} more)",
        (most - open).max(0) / i64::from(of_a_process)
    );
    if most - open < i64::from(of_a_process) {
        report.warn(
            CHECK,
            detail,
            "raise max_connections and restart Postgres, or make the pools smaller: `--limit database.ledger_connections=8`",
        );
    } else {
        report.ok(CHECK, detail);
    }
}

/// What the role or the database sets for every session.
async fn role_settings(patient: &Patient, report: &mut Report) {
    const CHECK: &str = "role settings";
    /// Those that a session of the ledger sets itself, so that they do no harm.
    const OVERRIDDEN: [&str; 4] =
        ["search_path", "statement_timeout", "idle_in_transaction_session_timeout", "application_name"];
    /// Those that are looked at apart.
    const TOLD: [&str; 3] =
        ["default_transaction_read_only", "default_transaction_isolation", "synchronous_commit"];
    let asking = sqlx::query_scalar::<_, String>(
        "SELECT setting FROM pg_db_role_setting, unnest(setconfig) AS setting
         WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
           AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))",
    )
    .fetch_all(&patient.pool);
    let Some(set) = report.asked(CHECK, patient.longest, asking).await else { return };
    let name = |setting: &String| setting.split('=').next().unwrap_or_default().to_owned();
    let odd: Vec<&String> = set
        .iter()
        .filter(|setting| {
            !OVERRIDDEN.contains(&name(setting).as_str()) && !TOLD.contains(&name(setting).as_str())
        })
        .collect();
    let timed = odd.iter().any(|setting| name(setting).ends_with("_timeout"));
    if timed {
        let told: Vec<&str> = odd.iter().map(|setting| setting.as_str()).collect();
        report.warn(
            CHECK,
            format!("role or database set {}", told.join(", ")),
            "a timeout that is shorter than the ledger's own ends its work in the middle: `ALTER ROLE … RESET …`, unless it is \
             meant",
        );
        return;
    }
    let detail = if set.is_empty() {
        "none".to_owned()
    } else {
        format!("{}: nothing that does harm", set.join(", "))
    };
    report.ok(CHECK, detail);
}
