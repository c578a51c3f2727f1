//! The tables that a rebuild fills: made like the live ones, without indexes until they are full.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::replace;
use crate::table::{Made, Table, Tables, shadow_name};

/// Throws away what a rebuild that ended has left.
pub(super) async fn discard(connection: &mut PgConnection, tables: &[Table]) -> Result<(), sqlx::Error> {
    for table in tables {
        sqlx::query(&format!("DROP TABLE IF EXISTS {}", shadow_name(table.name)))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Makes empty tables like the live ones: columns, checks, storage settings and rights; no index.
pub(super) async fn create(
    connection: &mut PgConnection,
    tables: &'static [Table],
) -> Result<(), sqlx::Error> {
    for table in tables {
        let (live, shadow) = (table.name, Tables::shadow(tables).name(table));
        let like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS INCLUDING STORAGE INCLUDING STATISTICS";
        sqlx::query(&format!("CREATE TABLE {shadow} (LIKE {live} {like})")).execute(&mut *connection).await?;
        let settings: Option<String> =
            sqlx::query_scalar(include_str!("settings.sql")).bind(live).fetch_one(&mut *connection).await?;
        if let Some(settings) = settings {
            sqlx::query(&format!("ALTER TABLE {shadow} SET ({settings})")).execute(&mut *connection).await?;
        }
        let rights: Vec<String> =
            sqlx::query_scalar(include_str!("rights.sql")).bind(live).fetch_all(&mut *connection).await?;
        for right in rights {
            sqlx::query(&right.replace("{table}", &shadow)).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// An index of a live table.
struct Index {
    name: String,
    is_unique: bool,
    is_primary: bool,
    /// What stands behind the table's name in its definition.
    columns: String,
}

async fn indexes(connection: &mut PgConnection, live: &str) -> Result<Vec<Index>, sqlx::Error> {
    let rows: Vec<PgRow> = sqlx::query(include_str!("indexes.sql")).bind(live).fetch_all(connection).await?;
    let index = |row: &PgRow| -> Result<Index, sqlx::Error> {
        let definition: String = row.try_get("definition")?;
        let columns = definition.split_once(" USING ").map(|(_, columns)| columns.to_owned());
        let columns = columns.ok_or_else(|| sqlx::Error::Protocol(format!("no index: {definition}")))?;
        Ok(Index {
            name: row.try_get("name")?,
            is_unique: row.try_get("is_unique")?,
            is_primary: row.try_get("is_primary")?,
            columns,
        })
    };
    rows.iter().map(index).collect()
}

/// Makes the indexes of a full table, and has Postgres learn what is in it.
pub(super) async fn index(connection: &mut PgConnection, table: &Table) -> Result<(), sqlx::Error> {
    let shadow = shadow_name(table.name);
    for Index { name, is_unique, is_primary, columns } in indexes(connection, table.name).await? {
        let (name, unique) = (shadow_name(&name), if is_unique { "UNIQUE " } else { "" });
        sqlx::query(&format!("CREATE {unique}INDEX {name} ON {shadow} USING {columns}"))
            .execute(&mut *connection)
            .await?;
        if is_primary {
            let sql = format!("ALTER TABLE {shadow} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name}");
            sqlx::query(&sql).execute(&mut *connection).await?;
        }
    }
    sqlx::query(&format!("ANALYZE {shadow}")).execute(connection).await?;
    Ok(())
}

/// Fills the derived tables out of the full ones, and makes their indexes.
pub(super) async fn derive(
    connection: &mut PgConnection,
    tables: &'static [Table],
) -> Result<(), sqlx::Error> {
    replace::derive(connection, Tables::shadow(tables), tables).await?;
    for table in tables.iter().filter(|table| matches!(table.made, Made::Derived { .. })) {
        index(connection, table).await?;
    }
    Ok(())
}

/// Puts the new tables in the place of the live ones, in the caller's transaction, which holds the live ones alone.
pub(super) async fn swap(connection: &mut PgConnection, tables: &[Table]) -> Result<(), sqlx::Error> {
    for table in tables {
        let (live, shadow) = (table.name, shadow_name(table.name));
        let names: Vec<String> =
            indexes(connection, live).await?.into_iter().map(|index| index.name).collect();
        let mut statements =
            vec![format!("DROP TABLE {live}"), format!("ALTER TABLE {shadow} RENAME TO {live}")];
        statements
            .extend(names.iter().map(|name| format!("ALTER INDEX {} RENAME TO {name}", shadow_name(name))));
        for statement in statements {
            sqlx::query(&statement).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
