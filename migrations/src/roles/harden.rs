//! Setting the roles up: as the owner, as often as one likes.

use sqlx::{Connection as _, PgConnection};

use super::{Difference, Part, RoleName, Roles, Store, differences, recorded, unfit};

/// SQLSTATE 42501.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// What was done to a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardened {
    /// The statements, in order; none where everything stood.
    pub done: Vec<String>,
    /// What this role could not carry out: the owner of what the statements name has to.
    pub left: Vec<Difference>,
}

/// Why roles could not be set up. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum HardenError {
    /// Two parts with one role would be one part.
    #[error("{role} is named for two parts; each takes a role of its own")]
    SameRole {
        /// Which role.
        role: RoleName,
    },
    /// The role that harden runs as has no business as a part's.
    #[error(
        "{role} is the role of this very connection, which owns the ledger: name another one for the {part}"
    )]
    Owner {
        /// Which role.
        role: RoleName,
        /// For which part.
        part: Part,
    },
    /// An existing role can do more than a part may.
    #[error(
        "the role {role} exists and cannot be the {part}: it {}. Take that from it, or name another role",
        found.join(", ")
    )]
    Unfit {
        /// Which role.
        role: RoleName,
        /// For which part.
        part: Part,
        /// What it is or may.
        found: Vec<String>,
    },
    /// The role is not there and cannot be created.
    #[error(
        "the role {role} is not there and this role may not create it: as a superuser, `CREATE ROLE {role} NOLOGIN`, and run \
         this again"
    )]
    MayNotCreate {
        /// Which role.
        role: RoleName,
    },
    /// The database did not answer, or refused.
    #[error("setting up roles: {0}")]
    Database(#[from] sqlx::Error),
}

/// Creates or adopts the roles of a store's parts, gives each what it needs, and takes all else from them and from PUBLIC.
/// To be run as the owner of the store's schema, whose sessions see it. Does what is missing only.
///
/// # Errors
/// A [`HardenError`]; nothing was changed.
pub async fn harden(
    connection: &mut PgConnection,
    store: Store,
    roles: &Roles,
) -> Result<Hardened, HardenError> {
    let mut transaction = connection.begin().await?;
    let (done, former) = set_up(&mut transaction, store, roles).await?;
    // What may not be granted on is told by a warning of the server's, not by an error.
    let left = differences(&mut transaction, store, roles, &former).await?;
    transaction.commit().await?;
    let is_left = |statement: &String| left.iter().any(|left| left.statement == *statement);
    Ok(Hardened { done: done.into_iter().filter(|statement| !is_left(statement)).collect(), left })
}

/// Brings the rights of roles that were set up before to what they are to be now: a migration made tables that nobody may
/// touch yet. None where no roles were set up.
///
/// # Errors
/// As [`harden`].
pub async fn renew(connection: &mut PgConnection, store: Store) -> Result<Option<Hardened>, HardenError> {
    let roles = recorded(connection).await?;
    if roles.is_empty() {
        return Ok(None);
    }
    harden(connection, store, &roles).await.map(Some)
}

/// What was done, and which roles had a part before and have none now.
async fn set_up(
    connection: &mut PgConnection,
    store: Store,
    roles: &Roles,
) -> Result<(Vec<String>, Vec<String>), HardenError> {
    let mut done = Vec::new();
    let me: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut *connection).await?;
    for (part, role) in roles {
        if roles.values().filter(|other| *other == role).count() > 1 {
            return Err(HardenError::SameRole { role: role.clone() });
        }
        if role.as_str() == me {
            return Err(HardenError::Owner { role: role.clone(), part: *part });
        }
        if store.parts().contains(part) {
            done.extend(create_or_adopt(connection, *part, role).await?);
        }
    }
    let before = recorded(connection).await?;
    let former: Vec<String> = before
        .values()
        .filter(|role| !roles.values().any(|now| now == *role))
        .map(RoleName::to_string)
        .collect();
    let present: Vec<String> =
        sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolname = ANY ($1)")
            .bind(former)
            .fetch_all(&mut *connection)
            .await?;
    for Difference { statement, .. } in differences(connection, store, roles, &present).await? {
        sqlx::query(&statement).execute(&mut *connection).await?;
        done.push(statement);
    }
    if before != *roles {
        sqlx::query("DELETE FROM database_roles").execute(&mut *connection).await?;
        for (part, role) in roles {
            sqlx::query("INSERT INTO database_roles (part, role) VALUES ($1, $2)")
                .bind(part.as_str())
                .bind(role.as_str())
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok((done, present))
}

async fn create_or_adopt(
    connection: &mut PgConnection,
    part: Part,
    role: &RoleName,
) -> Result<Option<String>, HardenError> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(role.as_str())
        .fetch_one(&mut *connection)
        .await?;
    if there {
        let found = unfit(connection, role.as_str()).await?;
        if found.is_empty() {
            return Ok(None);
        }
        return Err(HardenError::Unfit { role: role.clone(), part, found });
    }
    let create = format!("CREATE ROLE {role} NOLOGIN");
    match sqlx::query(&create).execute(connection).await {
        Ok(_) => Ok(Some(create)),
        Err(error)
            if error.as_database_error().and_then(|e| e.code()).as_deref()
                == Some(INSUFFICIENT_PRIVILEGE) =>
        {
            Err(HardenError::MayNotCreate { role: role.clone() })
        }
        Err(error) => Err(error.into()),
    }
}
