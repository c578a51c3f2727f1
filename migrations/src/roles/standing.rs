//! What roles may do, held against what they are to.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::wanted::wanted;
use super::{Part, Roles, Store};

/// Kind, name, as it is spelled in SQL, whether it is Postgres's own, grantee, right.
type Row = (String, String, String, bool, Option<String>, Option<String>);

/// Something that a role may do and is not to, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What would put it right.
    pub statement: String,
    /// Whether only a superuser can, since it is about a function of Postgres itself.
    pub of_server: bool,
}

/// An object, and what is granted on it by grantee.
#[derive(Default)]
struct Object {
    name: String,
    of_server: bool,
    granted: BTreeMap<String, BTreeSet<String>>,
}

/// What would make the rights of these roles, and of PUBLIC, what they are to be; nothing where they are.
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
) -> Result<Vec<Difference>, sqlx::Error> {
    let mut grantees: BTreeMap<String, Option<Part>> =
        roles.iter().map(|(part, role)| (role.to_string(), Some(*part))).collect();
    for role in former.iter().map(String::as_str).chain(["PUBLIC"]) {
        grantees.entry(role.to_owned()).or_insert(None);
    }
    let asked: Vec<&String> = grantees.keys().collect();
    let rows: Vec<Row> =
        sqlx::query_as(include_str!("standing.sql")).bind(asked).fetch_all(&mut *connection).await?;
    let mut objects = BTreeMap::<(String, String), Object>::new();
    for (kind, name, spelled, of_server, grantee, right) in rows {
        let object = objects.entry((kind, spelled)).or_default();
        (object.name, object.of_server) = (name, of_server);
        if let (Some(grantee), Some(right)) = (grantee, right) {
            object.granted.entry(grantee).or_default().insert(right);
        }
    }
    let mut differences = Vec::new();
    for ((kind, spelled), object) in &objects {
        for (grantee, part) in &grantees {
            let wanted: BTreeSet<&str> = part
                .map_or(&[][..], |part| wanted(store, part, kind, &object.name))
                .iter()
                .copied()
                .collect();
            let granted: BTreeSet<&str> =
                object.granted.get(grantee).into_iter().flatten().map(String::as_str).collect();
            let too_much = statement("REVOKE", &granted - &wanted, kind, spelled, ("FROM", grantee));
            let missing = statement("GRANT", &wanted - &granted, kind, spelled, ("TO", grantee));
            let of_server = object.of_server;
            let found = [too_much, missing].into_iter().flatten();
            differences.extend(found.map(|statement| Difference { statement, of_server }));
        }
    }
    Ok(differences)
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
