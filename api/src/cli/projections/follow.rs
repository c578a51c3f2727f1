//! What came of what an operator asked for: waited for within a bound, and said.

use std::process::ExitCode;

use projections::{LeftOutStream, Poison, ProjectionStatus, Views};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::app::answers::projections::ProjectionAnswer;
use crate::limits::OperatorLimits;

/// How many left out streams of a view are looked through for the one that was asked about: all that can be parked.
const LOOKED_THROUGH: u32 = domain::operations::MAX_PARKED as u32;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// Another try.
    Retry,
    /// To go on without this stream.
    Park(Uuid),
    /// To take this stream in again.
    Unpark(Uuid),
}

/// What came of it.
enum Came {
    /// It was done.
    Done(ProjectionStatus),
    /// An event stops the view, again or still.
    Stopped(ProjectionStatus, Poison),
    /// Nobody folds the view.
    NoLeader,
    /// Its leader has not come to it.
    Nothing,
}

/// Waits for what comes of it and says so. `before` is how the view stood before it was asked for.
pub(super) async fn follow(
    views: &Views,
    asked: Asked,
    before: &ProjectionStatus,
    limits: OperatorLimits,
) -> anyhow::Result<ExitCode> {
    let name = &before.name;
    Ok(match came(views, asked, before, limits).await? {
        Came::Done(now) => {
            let how = match asked {
                Asked::Retry => "goes on",
                Asked::Park(_) => "goes on without it",
                Asked::Unpark(_) => "has it again",
            };
            println!("{name} {how}: at position {} of {}", now.position, now.head);
            ExitCode::SUCCESS
        }
        Came::Stopped(now, poison) => {
            let again = before.poison.as_ref().is_some_and(|was| was.position == poison.position);
            let how = if again { "is stopped by the same event" } else { "is stopped" };
            println!(
                "{name} {how}: position {}, {} of {}\n  because    {}",
                poison.position, poison.event_type, poison.stream, poison.cause
            );
            if let Some(next) = ProjectionAnswer::from(now).next {
                println!("  next       {next}");
            }
            ExitCode::FAILURE
        }
        Came::NoLeader => {
            println!(
                "recorded; no process leads {name} now, so it is done as soon as one does (`gradeledger serve`)"
            );
            ExitCode::SUCCESS
        }
        Came::Nothing => {
            println!(
                "recorded; the leader of {name} has not taken it up within {} s: `gradeledger status` says how it stands",
                limits.take_up.as_secs()
            );
            ExitCode::FAILURE
        }
    })
}

async fn came(
    views: &Views,
    asked: Asked,
    before: &ProjectionStatus,
    limits: OperatorLimits,
) -> Result<Came, sqlx::Error> {
    let began = Instant::now();
    loop {
        let Some(now) = views.status_named(&before.name).await? else { return Ok(Came::Nothing) };
        let left_out = views.left_out(LOOKED_THROUGH).await?;
        match &now.poison {
            // What stopped it before it was asked for is on its way to being cleared, unless this does not clear it.
            Some(poison) if is_new(poison, before) || matches!(asked, Asked::Unpark(_)) => {
                let poison = poison.clone();
                return Ok(Came::Stopped(now, poison));
            }
            None if is_done(asked, before, &now, &left_out) => return Ok(Came::Done(now)),
            Some(_) | None => {}
        }
        if began.elapsed() >= limits.take_up {
            let led = now.leader.is_some() || now.backend_pid.is_some();
            return Ok(if led { Came::Nothing } else { Came::NoLeader });
        }
        sleep(limits.look).await;
    }
}

fn is_new(poison: &Poison, before: &ProjectionStatus) -> bool {
    before.poison.as_ref().is_none_or(|was| was.at != poison.at)
}

/// Whether a view that is not stopped has done what it was asked for.
fn is_done(
    asked: Asked,
    before: &ProjectionStatus,
    now: &ProjectionStatus,
    left_out: &[LeftOutStream],
) -> bool {
    let of = |stream: Uuid| left_out.iter().find(|it| it.view == now.name && it.stream.id == stream);
    match asked {
        Asked::Park(stream) => of(stream).is_some_and(|it| {
            let from = it.parked.as_ref().map(|parked| parked.from_position);
            it.left_out_from.zip(from).is_some_and(|(left_out, parked)| left_out >= parked)
        }),
        Asked::Unpark(stream) => of(stream).is_none(),
        // What stopped it was the next event, or one of a stream that had been parked and was folded again.
        Asked::Retry => {
            let again = before.poison.as_ref().filter(|poison| poison.position <= before.position);
            match again.and_then(|poison| poison.stream.rsplit(' ').next()?.parse().ok()) {
                Some(stream) => of(stream).is_none(),
                None => now.position > before.position,
            }
        }
    }
}
