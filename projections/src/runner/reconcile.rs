//! Bringing what a view leaves out into line with what is parked: going on past what stopped it, and folding again what is
//! parked no more.

use sqlx::{Connection, PgConnection};
use tracing::info;

use super::ProjectorLimits;
use super::held::Held;
use super::lease::Lease;
use super::step::refused_rows;
use crate::left_out::{Behind, LeftOut, clear_gap, note_gap};
use crate::projector::Projector;
use crate::refold::refold;
use crate::replace::replace;
use crate::stream::{NewerEvent, ReplayError, StreamId, Unreadable, first_of, type_at};
use crate::table::Tables;

/// What bringing into line came to.
#[derive(Debug)]
pub(super) enum Line {
    /// The view leaves out what it is to, or stands still before an event that is not left out.
    Stands,
    /// A stream that is parked no more still cannot be folded.
    Poison(Unreadable),
    /// A stream that is parked no more has an event of a later build, whose turn it is to lead.
    Newer(NewerEvent),
    /// Somebody else leads.
    Lost,
}

/// Reads what is parked, and follows.
pub(super) async fn reconcile<P: Projector>(
    connection: &mut PgConnection,
    lease: &mut Lease,
    held: &mut Held<P>,
    left_out: &mut LeftOut,
    limits: &ProjectorLimits,
) -> Result<Line, sqlx::Error> {
    *left_out = LeftOut::read(connection, P::VIEW).await?;
    if let Some(poison) = &lease.poison {
        let (at, Some(stream)) = (poison.position, poison.stream) else { return Ok(Line::Stands) };
        if !left_out.is_parked(stream, at) {
            return Ok(Line::Stands);
        }
        if !lease.clear_poison(connection).await? {
            return Ok(Line::Lost);
        }
        info!(view = %P::VIEW, %stream, position = at, "goes on without a stream that is parked");
    }
    for behind in left_out.behind(lease.position) {
        let Behind { stream, until, .. } = behind;
        match fold_on::<P>(connection, lease, behind, limits).await? {
            Folded::On(gap) => {
                // What is held of it is what it was before the gap.
                drop(held.take(stream));
                match gap {
                    Some(from) => drop(left_out.gaps.insert(stream, from)),
                    None => drop(left_out.gaps.remove(&stream)),
                }
                info!(view = %P::VIEW, %stream, position = until, "folded a stream on that had been left out");
            }
            Folded::Not(poison) => return Ok(Line::Poison(poison)),
            Folded::Newer(newer) => return Ok(Line::Newer(newer)),
            Folded::Lost => return Ok(Line::Lost),
        }
    }
    Ok(Line::Stands)
}

/// What folding a stream on came to.
enum Folded {
    /// Its rows have its events as far as they should, and this is where the view leaves it out from then on.
    On(Option<i64>),
    /// An event of it cannot be folded. Its rows, and its gap, stand as they did.
    Not(Unreadable),
    /// An event of it is of a later build.
    Newer(NewerEvent),
    /// Somebody else leads.
    Lost,
}

/// Folds a stream again from its beginning, and puts its rows in the place of those that it has; with gap and lease in one
/// transaction.
async fn fold_on<P: Projector>(
    connection: &mut PgConnection,
    lease: &Lease,
    Behind { stream, gap, until }: Behind,
    limits: &ProjectorLimits,
) -> Result<Folded, sqlx::Error> {
    let states = match refold::<P>(connection, &[stream], until).await {
        Ok(states) => states,
        Err(ReplayError::Database(error)) => return Err(error),
        Err(ReplayError::Newer(newer)) => return Ok(Folded::Newer(newer)),
        Err(ReplayError::Unreadable { position, cause }) => {
            return Ok(Folded::Not(unfoldable(connection, stream, position, cause).await?));
        }
    };
    let nothing = P::State::default();
    let state = states.get(&stream).unwrap_or(&nothing);
    let mut transaction = connection.begin().await?;
    if let Err(error) = replace::<P>(&mut transaction, Tables::live(P::TABLES), &[(stream, state)]).await {
        let Some(cause) = refused_rows(&error) else { return Err(error) };
        transaction.rollback().await?;
        // Which event the refused rows are of does not show; those before the gap gave rows that were taken.
        return Ok(Folded::Not(unfoldable(connection, stream, gap, cause).await?));
    }
    let next = first_of(&mut transaction, stream, until + 1, lease.position).await?;
    match next {
        Some(from) => note_gap(&mut *transaction, P::VIEW, stream, from).await?,
        None => clear_gap(&mut *transaction, P::VIEW, stream).await?,
    }
    // Which shapes were folded does not show here: whoever leads from now on reads as much as this leader does.
    let at = (lease.position, lease.reader.0);
    if !lease.checkpoint(&mut transaction, at, limits.lease).await? {
        transaction.rollback().await?;
        return Ok(Folded::Lost);
    }
    transaction.commit().await?;
    Ok(Folded::On(next))
}

async fn unfoldable(
    connection: &mut PgConnection,
    stream: StreamId,
    position: i64,
    cause: String,
) -> Result<Unreadable, sqlx::Error> {
    let event_type = type_at(connection, position).await?.unwrap_or_default();
    Ok(Unreadable { position, stream: stream.to_string(), event_type, cause })
}
