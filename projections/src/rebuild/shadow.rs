//! The tables that a rebuild fills: made like the live ones, without indexes until they are full.
//!
//! What is done to tables as such is done by functions of the database, with the rights of the tables' owner: the role that
//! keeps the views owns none of them, and can make, replace and drop nothing else in the schema.

use sqlx::PgConnection;

use crate::replace;
use crate::table::{Made, Table, Tables};

/// Throws away what a rebuild that ended has left.
pub(super) async fn discard(connection: &mut PgConnection, tables: &[Table]) -> Result<(), sqlx::Error> {
    for table in tables {
        call(connection, "SELECT discard_view_shadow($1)", table).await?;
    }
    Ok(())
}

/// Makes an empty table like the live one: columns, checks, storage settings and rights; no index.
pub(super) async fn create(connection: &mut PgConnection, table: &Table) -> Result<(), sqlx::Error> {
    call(connection, "SELECT make_view_shadow($1)", table).await
}

/// Makes the indexes of a full table, and has Postgres learn what is in it.
pub(super) async fn index(connection: &mut PgConnection, table: &Table) -> Result<(), sqlx::Error> {
    call(connection, "SELECT index_view_shadow($1)", table).await
}

/// Makes the derived tables, fills them out of the full ones, and makes their indexes.
pub(super) async fn derive(
    connection: &mut PgConnection,
    tables: &'static [Table],
) -> Result<(), sqlx::Error> {
    let derived = || tables.iter().filter(|table| matches!(table.made, Made::Derived { .. }));
    for table in derived() {
        create(connection, table).await?;
    }
    replace::derive(connection, Tables::shadow(tables), tables).await?;
    for table in derived() {
        index(connection, table).await?;
    }
    Ok(())
}

/// Puts the new tables in the place of the live ones, in the caller's transaction, which holds the live ones alone.
pub(super) async fn swap(connection: &mut PgConnection, tables: &[Table]) -> Result<(), sqlx::Error> {
    for table in tables {
        call(connection, "SELECT swap_view_shadow($1)", table).await?;
    }
    Ok(())
}

async fn call(
    connection: &mut PgConnection,
    function: &'static str,
    table: &Table,
) -> Result<(), sqlx::Error> {
    sqlx::query(function).bind(table.name).execute(connection).await.map(drop)
}
