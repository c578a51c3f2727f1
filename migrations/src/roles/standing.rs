//! What roles may do, held against what they are to.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::wanted::wanted;
use super::{Part, Roles, Store};

/// Kind, name, as it is spelled in SQL, grantee, right.
type Row = (String, String, String, Option<String>, Option<String>);

/// An object, and what is granted on it by grantee.
#[derive(Default)]
struct Object {
    name: String,
    granted: BTreeMap<String, BTreeSet<String>>,
}

/// The statements that would make the rights of these roles, and of PUBLIC, what they are to be; none where they are.
///
/// `former` are roles that had a part once, and are to have nothing.
///
/// # Errors
/// The database did not answer.
pub async fn differences(
    connection: &mut PgConnection,
    store: Store,
    roles: &Roles,
    former: &[String],
) -> Result<Vec<String>, sqlx::Error> {
    let mut grantees: BTreeMap<String, Option<Part>> =
        roles.iter().map(|(part, role)| (role.to_string(), Some(*part))).collect();
    for role in former.iter().map(String::as_str).chain(["PUBLIC"]) {
        grantees.entry(role.to_owned()).or_insert(None);
    }
    let asked: Vec<&String> = grantees.keys().collect();
    let rows: Vec<Row> =
        sqlx::query_as(include_str!("standing.sql")).bind(asked).fetch_all(&mut *connection).await?;
    let mut objects = BTreeMap::<(String, String), Object>::new();
    for (kind, name, spelled, grantee, right) in rows {
        let object = objects.entry((kind, spelled)).or_default();
        object.name = name;
        if let (Some(grantee), Some(right)) = (grantee, right) {
            object.granted.entry(grantee).or_default().insert(right);
        }
    }
    let mut statements = Vec::new();
    for ((kind, spelled), object) in &objects {
        for (grantee, part) in &grantees {
            let wanted: BTreeSet<&str> = part
                .map_or(&[][..], |part| wanted(store, part, kind, &object.name))
                .iter()
                .copied()
                .collect();
            let granted: BTreeSet<&str> =
                object.granted.get(grantee).into_iter().flatten().map(String::as_str).collect();
            statements.extend(statement("REVOKE", &granted - &wanted, kind, spelled, ("FROM", grantee)));
            statements.extend(statement("GRANT", &wanted - &granted, kind, spelled, ("TO", grantee)));
        }
    }
    Ok(statements)
}

fn statement(
    verb: &str,
    rights: BTreeSet<&str>,
    kind: &str,
    spelled: &str,
    (to, grantee): (&str, &str),
) -> Option<String> {
    let rights: Vec<&str> = rights.into_iter().collect();
    (!rights.is_empty()).then(|| format!("{verb} {} ON {kind} {spelled} {to} {grantee}", rights.join(", ")))
}

/// What makes this role more than any part may be, such as that it is a superuser; nothing where it will do.
///
/// # Errors
/// The database did not answer.
pub async fn unfit(connection: &mut PgConnection, role: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(include_str!("unfit.sql")).bind(role).fetch_all(connection).await
}
