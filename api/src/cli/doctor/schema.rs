//! Whether the ledger's schema is as the migrations of this binary leave it.

use std::collections::{BTreeMap, BTreeSet};

use domain::READER;
use migrations::{MigrationStanding, Trigger};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use super::Patient;
use super::report::Report;

/// What to do where someone changed what keeps the ledger whole.
const CHANGED: &str = "somebody changed the schema by hand: find out who and why, then run `gradeledger verify`, which finds what was done \
                       to events meanwhile. To put back what the migrations define, see docs/OPERATIONS.md, Doctor";

/// Whether the ledger is there: else there is nothing more to ask about it.
pub(super) async fn ledger(patient: &Patient, report: &mut Report) -> bool {
    const CHECK: &str = "migrations";
    let asking = async {
        let mut connection = patient.pool.acquire().await?;
        migrations::ledger_standing(&mut connection).await
    };
    let at = format!("schema {}", patient.schema);
    match tokio::time::timeout(patient.longest, asking).await {
        Ok(Ok(standing)) => {
            told(CHECK, &at, &standing, report);
            // What was never migrated has no tables to look at.
            standing.applied > 0
        }
        Ok(Err(error)) => {
            let missing =
                error.as_database_error().and_then(|error| error.code()).as_deref() == Some("42P01");
            let because = if missing {
                format!("there is no ledger in {at}")
            } else {
                format!("{at} cannot be read: {error}")
            };
            report.fail(
                CHECK,
                because,
                "check DATABASE_URL and --schema; a new ledger is made by `gradeledger migrate`",
            );
            false
        }
        Err(_) => {
            let because = format!("{at} gave no answer within {} s", patient.longest.as_secs_f32());
            report.fail(CHECK, because, "look who holds a lock on _sqlx_migrations, and run it again");
            false
        }
    }
}

/// What migrations say, of either database.
pub(super) fn told(check: &'static str, at: &str, standing: &MigrationStanding, report: &mut Report) {
    let MigrationStanding { applied, missing, unknown, changed, unfinished } = standing;
    let list =
        |numbers: &[i64]| numbers.iter().map(|number| format!("{number:04}")).collect::<Vec<_>>().join(", ");
    if !changed.is_empty() {
        report.fail(
            check,
            format!("{at}: {} applied with another text than this binary's", list(changed)),
            "an applied migration is never edited: use the build that migrated this database, or find out who changed \
             _sqlx_migrations",
        );
    } else if !unfinished.is_empty() {
        report.fail(
            check,
            format!("{at}: {} begun and not finished", list(unfinished)),
            "run `gradeledger migrate` and read what it says",
        );
    } else if !unknown.is_empty() {
        report.fail(
            check,
            format!("{at}: {} unknown to this binary: a newer one migrated", list(unknown)),
            "use that version; this one must not serve the ledger any more",
        );
    } else if !missing.is_empty() {
        report.fail(
            check,
            format!("{at}: {} not applied", list(missing)),
            "run `gradeledger migrate`; `gradeledger serve` does so at its start, too",
        );
    } else {
        report.ok(check, format!("{at}: all {applied} applied, with the texts of this binary"));
    }
}

/// Triggers, functions and indexes.
pub(super) async fn guards(patient: &Patient, report: &mut Report) {
    triggers(patient, report).await;
    functions(patient, report).await;
    indexes(patient, report).await;
}

/// A trigger as Postgres has it.
struct Standing {
    table: String,
    function: String,
    enabled: String,
    kind: i16,
}

async fn triggers(patient: &Patient, report: &mut Report) {
    const CHECK: &str = "triggers";
    let Some(rows) =
        report.asked(CHECK, patient.longest, read(&patient.pool, include_str!("triggers.sql"))).await
    else {
        return;
    };
    let mut found: BTreeMap<String, Standing> = rows.iter().map(standing).collect();
    let mut wrong = Vec::new();
    let defined = migrations::triggers();
    for trigger in &defined {
        match found.remove(trigger.name) {
            None => wrong.push(format!("{} on {} is gone", trigger.name, trigger.table)),
            Some(standing) => wrong.extend(differs(trigger, &standing)),
        }
    }
    for (name, Standing { table, .. }) in found {
        wrong.push(format!("{name} on {table} is not the ledger's own"));
    }
    if wrong.is_empty() {
        report.ok(
            CHECK,
            format!("all {} stand and fire always: what was recorded cannot be changed", defined.len()),
        );
    } else {
        report.fail(CHECK, wrong.join("; "), CHANGED);
    }
}

fn standing(row: &PgRow) -> (String, Standing) {
    let (table, function, enabled) = (row.get("table_name"), row.get("function"), row.get("enabled"));
    (row.get("name"), Standing { table, function, enabled, kind: row.get("kind") })
}

/// What of a trigger is not as the migrations define it.
fn differs(trigger: &Trigger, standing: &Standing) -> Option<String> {
    let Trigger { name, table, fired_by, by_row, function, always } = trigger;
    // pg_trigger.tgtype: a row's 1, before 2, and one bit an operation (catalog/pg_trigger.h).
    let bits = [("DELETE", 8), ("UPDATE", 16), ("TRUNCATE", 32)];
    let fires: BTreeSet<&str> = bits
        .into_iter()
        .filter(|(_, bit)| standing.kind & bit != 0)
        .map(|(operation, _)| operation)
        .collect();
    let said = match standing.enabled.as_str() {
        "D" => "is switched off",
        "A" => "",
        _ if *always => "does not fire always: a restore or a copy gets past it",
        _ => "",
    };
    if !said.is_empty() {
        return Some(format!("{name} on {table} {said}"));
    }
    let same = fires == *fired_by
        && (standing.kind & 1 != 0) == *by_row
        && standing.kind & 2 != 0
        && standing.function == *function
        && standing.table == *table;
    (!same).then(|| format!("{name} on {table} was replaced by another trigger"))
}

async fn functions(patient: &Patient, report: &mut Report) {
    const CHECK: &str = "functions";
    let Some(rows) =
        report.asked(CHECK, patient.longest, read(&patient.pool, include_str!("functions.sql"))).await
    else {
        return;
    };
    let found: Vec<(String, String, Option<Vec<String>>, bool)> = rows
        .iter()
        .map(|row| (row.get("name"), row.get("body"), row.get("settings"), row.get("as_owner")))
        .collect();
    let as_owner = migrations::functions_as_owner();
    let mut wrong = Vec::new();
    let defined = migrations::functions();
    for (name, body) in &defined {
        let of_name: Vec<_> = found.iter().filter(|(found, ..)| found == name).collect();
        match of_name.as_slice() {
            [] => wrong.push(format!("{name} is gone")),
            [(_, standing, settings, runs_as_owner)] => {
                let is_to = as_owner.contains(name);
                // What runs with its owner's rights looks for no table among its caller's temporary ones.
                let pinned = format!("search_path={}", patient.schema);
                let pinned_whole = format!("{pinned}, pg_temp");
                let is_pinned = settings
                    .iter()
                    .flatten()
                    .any(|setting| *setting == pinned_whole || (!is_to && *setting == pinned));
                if standing != body {
                    wrong.push(format!("{name} has another body than the migrations gave it"));
                }
                if !is_pinned {
                    wrong.push(format!("{name} does not pin its search_path"));
                }
                if *runs_as_owner != is_to {
                    let but =
                        if is_to { "its caller's rights, not its owner's" } else { "its owner's rights" };
                    wrong.push(format!("{name} runs with {but}"));
                }
            }
            [_, ..] => wrong.push(format!("{name} is there more than once")),
        }
    }
    if wrong.is_empty() {
        report.ok(CHECK, format!("all {} have the bodies of this binary's migrations", defined.len()));
    } else {
        report.fail(CHECK, wrong.join("; "), CHANGED);
    }
}

async fn indexes(patient: &Patient, report: &mut Report) {
    const CHECK: &str = "indexes";
    let Some(rows) =
        report.asked(CHECK, patient.longest, read(&patient.pool, include_str!("indexes.sql"))).await
    else {
        return;
    };
    let broken: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
    if broken.is_empty() {
        report.ok(CHECK, "all valid");
    } else {
        let again: Vec<String> =
            broken.iter().map(|name| format!("REINDEX INDEX {}.{name}", patient.schema)).collect();
        let told = format!("not valid, so that nothing is found by them: {}", broken.join(", "));
        report.fail(CHECK, told, format!("build them anew: `{}`", again.join("; ")));
    }
}

/// Whether this binary can read all that is there.
pub(super) async fn readers(patient: &Patient, report: &mut Report) {
    const CHECK: &str = "reader";
    let asking = sqlx::query_as::<_, (i32, i32, Option<String>)>(include_str!("readers.sql"))
        .bind(READER)
        .fetch_one(&patient.pool);
    let Some((shapes, views, names)) = report.asked(CHECK, patient.longest, asking).await else { return };
    let advice = "use the newer version: this one stands aside where it meets events that it does not know";
    if let Some(names) = names.filter(|_| views > READER) {
        let told = format!("this binary is reader {READER}, and these views need {views}: {names}");
        report.fail(CHECK, told, advice);
    } else if shapes > READER {
        report.warn(
            CHECK,
            format!("this binary is reader {READER}; a newer one has announced events of reader {shapes}"),
            advice,
        );
    } else {
        report
            .ok(CHECK, format!("this binary is reader {READER} and can read every event that there may be"));
    }
}

async fn read(pool: &PgPool, sql: &str) -> Result<Vec<PgRow>, sqlx::Error> {
    sqlx::query(sql).fetch_all(pool).await
}
