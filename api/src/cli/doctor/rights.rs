//! What the role that connects may do: all that the service needs, and nothing to what was recorded.

use std::collections::BTreeSet;

use migrations::roles::Store;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::Patient;
use super::report::Report;

/// What the migrations keep for themselves.
const BOOKKEEPING: &str = "_sqlx_migrations";

/// A table, and what the role may do to it.
struct Rights {
    table: String,
    owned: bool,
    may: BTreeSet<&'static str>,
}

pub(super) async fn examine(patient: &Patient, restricted: bool, report: &mut Report) {
    role(patient, report).await;
    let parts_have_roles = match patient.pool.acquire().await {
        Ok(mut connection) => {
            let check = "database roles";
            super::roles::examine(check, Store::Ledger, &mut connection, patient.longest, report).await
        }
        // The next question fails as this one does, and says so.
        Err(_) => false,
    };
    let asking = sqlx::query(include_str!("rights.sql")).fetch_all(&patient.pool);
    let Some(rows) = report.asked("rights", patient.longest, asking).await else { return };
    let rights: Vec<Rights> = rows.iter().map(of_row).collect();
    // What each part needs was held against its role, which this need not be.
    if !parts_have_roles {
        needed(patient, &rights, report).await;
    }
    recorded(patient, &rights, restricted, report);
}

fn of_row(row: &PgRow) -> Rights {
    let rights = [
        ("SELECT", "may_select"),
        ("INSERT", "may_insert"),
        ("UPDATE", "may_update"),
        ("DELETE", "may_delete"),
        ("TRUNCATE", "may_truncate"),
    ];
    let may = rights.into_iter().filter(|(_, column)| row.get(*column)).map(|(right, _)| right).collect();
    Rights { table: row.get("name"), owned: row.get("owned"), may }
}

async fn role(patient: &Patient, report: &mut Report) {
    const CHECK: &str = "role";
    let asking = sqlx::query_as::<_, (String, bool)>(
        "SELECT rolname::text, rolsuper FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&patient.pool);
    let Some((name, superuser)) = report.asked(CHECK, patient.longest, asking).await else { return };
    if superuser && !patient.is_private {
        report.warn(
            CHECK,
            format!("{name} is a superuser: nothing in the server stands between it and the ledger"),
            "let a role of its own own the ledger and no superuser (`CREATE ROLE gradeledger LOGIN`), and have the service run under \
             roles that own nothing: `gradeledger db harden`",
        );
    } else if superuser {
        report
            .ok(CHECK, format!("{name}, of the private Postgres, which only this machine's folder lets in"));
    } else {
        report.ok(CHECK, format!("{name}, no superuser"));
    }
}

/// What the service does to a table: where it only adds, it need not change.
fn needs(table: &str, guarded: &BTreeSet<&str>) -> &'static [&'static str] {
    match table {
        BOOKKEEPING | "event_shapes" | "database_roles" => &["SELECT"],
        // Its row is locked before every append, which takes the right to change it.
        "ledger_head" => &["SELECT", "UPDATE"],
        "vault" => &["SELECT", "INSERT", "DELETE"],
        _ if guarded.contains(table) => &["SELECT", "INSERT"],
        _ => &["SELECT", "INSERT", "UPDATE", "DELETE"],
    }
}

async fn needed(patient: &Patient, rights: &[Rights], report: &mut Report) {
    const CHECK: &str = "rights";
    let asking = sqlx::query_scalar::<_, bool>(
        "SELECT count(*) = 2 AND bool_and(has_function_privilege(oid, 'EXECUTE')) FROM pg_proc
         WHERE pronamespace = current_schema()::regnamespace AND proname IN ('append_events', 'append_events_of_one')",
    )
    .fetch_one(&patient.pool);
    let Some(may_append) = report.asked(CHECK, patient.longest, asking).await else { return };
    let defined = migrations::triggers();
    let guarded: BTreeSet<&str> = defined.iter().map(|trigger| trigger.table).collect();
    let mut missing = Vec::new();
    if !may_append {
        missing.push("EXECUTE on function append_events or append_events_of_one".to_owned());
    }
    for Rights { table, may, .. } in rights {
        let lacks: Vec<&str> =
            needs(table, &guarded).iter().copied().filter(|right| !may.contains(right)).collect();
        if !lacks.is_empty() {
            missing.push(format!("{} on {table}", lacks.join(", ")));
        }
    }
    if missing.is_empty() {
        report.ok(CHECK, "all that the service needs, append_events among it");
    } else {
        let advice = "GRANT them to the role, as the owner of the tables, or connect as that owner; what lacks a right fails \
                      where it is needed, not at the start";
        report.fail(CHECK, format!("missing: {}", missing.join("; ")), advice);
    }
}

/// Whether the role could change what was recorded, were there no triggers.
fn recorded(patient: &Patient, rights: &[Rights], restricted: bool, report: &mut Report) {
    const CHECK: &str = "append only";
    let Some(events) = rights.iter().find(|rights| rights.table == "events") else {
        report.fail(CHECK, "there is no table events", "see what the check `migrations` says");
        return;
    };
    let changes: Vec<&str> =
        ["UPDATE", "DELETE", "TRUNCATE"].into_iter().filter(|right| events.may.contains(right)).collect();
    if !events.owned && changes.is_empty() {
        report.ok(CHECK, "the role owns no events and may not change them: only the owner could");
        return;
    }
    let how = if events.owned { "it owns them".to_owned() } else { format!("it has {}", changes.join(", ")) };
    if restricted {
        report.fail(
            CHECK,
            format!("the role could change events, were the triggers switched off: {how}"),
            "run `gradeledger db harden` as the owner, and serve under the roles that it sets up",
        );
        return;
    }
    let stands =
        if patient.is_private { "as it must on a private Postgres" } else { "as with one role for all" };
    report.ok(
        CHECK,
        format!("the triggers keep events; the role itself could switch them off ({how}, {stands})"),
    );
}
