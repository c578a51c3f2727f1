//! Whether the roles of the service's parts still are as `gradeledger db harden` leaves them.

use migrations::roles::{Difference, Roles, Store, differences, recorded, unfit};
use sqlx::PgConnection;

use super::report::Report;

/// What was found of the roles.
struct Found {
    roles: Roles,
    differences: Vec<Difference>,
    unfit: Vec<String>,
}

/// Answers whether parts have roles of their own.
pub(super) async fn examine(
    check: &'static str,
    store: Store,
    connection: &mut PgConnection,
    longest: std::time::Duration,
    report: &mut Report,
) -> bool {
    let Some(found) = report.asked(check, longest, find(connection, store)).await else { return false };
    if found.roles.is_empty() {
        report.ok(check, "none: one role does everything (`gradeledger db harden` gives each part its own)");
        return false;
    }
    told(check, store, &found, report);
    true
}

async fn find(connection: &mut PgConnection, store: Store) -> Result<Found, sqlx::Error> {
    let roles = recorded(connection).await?;
    let mut found = Found { roles, differences: Vec::new(), unfit: Vec::new() };
    if found.roles.is_empty() {
        return Ok(found);
    }
    found.differences = differences(connection, store, &found.roles, &[]).await?;
    for part in store.parts() {
        let Some(role) = found.roles.get(part) else { continue };
        let more = unfit(connection, role.as_str()).await?;
        found.unfit.extend(more.into_iter().map(|more| format!("{role} {more}")));
    }
    Ok(found)
}

fn told(check: &'static str, store: Store, found: &Found, report: &mut Report) {
    let named = store.parts().iter().filter_map(|part| found.roles.get(part)).map(ToString::to_string);
    let named = named.collect::<Vec<_>>().join(", ");
    if !found.unfit.is_empty() {
        report.fail(
            check,
            format!("{}: more than any part may be", found.unfit.join("; ")),
            "take that from the role (ALTER ROLE, REVOKE, or ALTER … OWNER TO the owner), and find out who gave it",
        );
    }
    let statements = |of_server: bool| {
        let those = found.differences.iter().filter(|difference| difference.of_server == of_server);
        those.map(|difference| difference.statement.as_str()).collect::<Vec<_>>().join("; ")
    };
    let (ours, servers) = (statements(false), statements(true));
    if !ours.is_empty() {
        report.fail(
            check,
            format!("rights are not what they are to be: {ours}"),
            "find out who changed them, then run `gradeledger db harden` as the owner, which puts them back",
        );
    }
    if !servers.is_empty() {
        report.warn(
            check,
            format!("anyone may make large objects, which no table's rights hold: {servers}"),
            "have a superuser run these statements in this database",
        );
    }
    if ours.is_empty() && servers.is_empty() && found.unfit.is_empty() {
        report.ok(check, format!("{named}: each may do what it needs and no more"));
    }
}
