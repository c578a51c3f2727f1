//! Writing the rows of some streams anew.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::projector::Projector;
use crate::rows::JsonRows;
use crate::stream::StreamId;
use crate::table::{Made, Table, Tables};

/// Puts the rows of the given states in the place of whatever rows their streams have, and brings derived tables along.
/// A stream with its default state keeps no row.
///
/// The caller's transaction must hold the view still: the row of `projections` locked, and the states folded up to its
/// position.
///
/// # Errors
/// The database did not answer, or refuses a row.
pub async fn replace<P: Projector>(
    connection: &mut PgConnection,
    tables: Tables,
    states: &[(StreamId, &P::State)],
) -> Result<(), sqlx::Error> {
    let streams: Vec<Uuid> = states.iter().map(|(stream, _)| stream.uuid()).collect();
    let rows = JsonRows::of::<P>(states)?;
    for (index, table) in P::TABLES.iter().enumerate() {
        let Made::Rows { stream } = table.made else { continue };
        let name = tables.name(table);
        sqlx::query(&format!("DELETE FROM {name} WHERE {stream} = ANY ($1)"))
            .bind(&streams)
            .execute(&mut *connection)
            .await?;
        sqlx::query(&format!(
            "INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, $1::json)"
        ))
        .bind(rows.array(index)?)
        .execute(&mut *connection)
        .await?;
    }
    derive(connection, tables, P::TABLES).await
}

/// Makes the derived tables anew from those that they are derived from.
pub(crate) async fn derive(
    connection: &mut PgConnection,
    tables: Tables,
    all: &[Table],
) -> Result<(), sqlx::Error> {
    for table in all {
        let Made::Derived { select } = table.made else { continue };
        let name = tables.name(table);
        sqlx::query(&format!("DELETE FROM {name}")).execute(&mut *connection).await?;
        let insert = format!("INSERT INTO {name} {}", tables.sql(select));
        sqlx::query(&insert).execute(&mut *connection).await?;
    }
    Ok(())
}
