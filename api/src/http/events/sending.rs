//! One open stream: a task that hands its connection what is appended, no faster than that takes it.
//!
//! What waits for a client is one piece in the channel and one in the connection, each within the buffer's limits; behind
//! them nothing is read. A client that takes nothing at all is given up by the kernel
//! ([`stalled_client`](crate::limits::HttpLimits::stalled_client)), which ends the task with the connection.

use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use projections::FeedLimits;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::sse;
use crate::app::{AppError, Following};
use crate::http::errors::ApiError;
use crate::http::request_id::RequestId;
use crate::http::stay::Stay;
use crate::metrics::OpenStream;

/// How long the last event of a stream waits for a client that is slow.
const FAREWELL: Duration = Duration::from_secs(1);

/// All that an open stream has.
pub(super) struct Sending {
    pub(super) following: Following,
    pub(super) stay: Stay,
    pub(super) limits: FeedLimits,
    pub(super) request_id: RequestId,
    pub(super) pieces: mpsc::Sender<Bytes>,
    pub(super) open: OpenStream,
}

/// Why a stream ends.
enum End {
    /// The client is gone.
    Gone,
    /// The server stops.
    Stopping,
    /// The client may read no more, or nobody can say whether it may.
    Token(ApiError),
    /// The ledger tells another history, or cannot be read on.
    Ledger(ApiError),
}

impl End {
    fn why(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Stopping => "stopping",
            Self::Token(_) => "token",
            Self::Ledger(error) if error.status() == StatusCode::CONFLICT => "epoch",
            Self::Ledger(_) => "failed",
        }
    }

    /// The name of the event that says so, and what it says.
    fn told(&self, come_back: Duration) -> Option<(&'static str, ApiError)> {
        match self {
            Self::Gone => None,
            Self::Stopping => {
                let detail = "the server stops; come back with the last id that you received";
                Some(("end", ApiError::unavailable("stopping", detail, come_back)))
            }
            Self::Ledger(error) if self.why() == "epoch" => Some(("epoch", error.clone())),
            Self::Token(error) | Self::Ledger(error) => Some(("end", error.clone())),
        }
    }
}

impl Sending {
    /// Runs until the stream ends, and says why.
    pub(super) async fn run(mut self) {
        let began = Instant::now();
        let mut sent = 0;
        let end = match self.send(&mut sent).await {
            Break(end) => end,
            Continue(never) => match never {},
        };
        if let Some((name, error)) = end.told(self.limits.come_back) {
            let last = sse::farewell(name, error.body(&self.request_id));
            // A client that does not take it finds out when it comes back.
            let _ = timeout(FAREWELL, self.pieces.send(last)).await;
            if error.status() == StatusCode::INTERNAL_SERVER_ERROR {
                tracing::error!(cause = error.chain(), "a stream of events failed");
            }
        }
        self.open.ended(end.why());
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(why = end.why(), events = sent, millis, "a stream of events ended");
    }

    async fn send(&mut self, sent: &mut u64) -> ControlFlow<End, std::convert::Infallible> {
        let Self { following, stay, limits, pieces, open, .. } = self;
        let (recheck, come_back) = (recheck(limits.recheck), limits.come_back);
        let mut line = Line { stay, pieces, recheck, come_back };
        line.room().await?;
        line.hand(sse::beginning(following.place(), come_back)).await?;
        let mut silent_until = Instant::now() + limits.keep_alive;
        loop {
            // A place first: what is not taken is not read on.
            line.room().await?;
            let place = following.place();
            let followed = {
                let mut next = pin!(following.next());
                loop {
                    tokio::select! {
                        followed = &mut next => break followed.map_err(AppError::into),
                        turn = line.turn() => turn?,
                        () = sleep_until(silent_until) => {
                            line.room().await?;
                            line.hand(sse::keep_alive(place)).await?;
                            silent_until = Instant::now() + limits.keep_alive;
                        }
                    }
                }
            };
            let followed = match followed {
                Ok(followed) => followed,
                Err(error) => return Break(End::Ledger(error)),
            };
            // What was passed over is told with the next piece, or when the silence has lasted long enough.
            if followed.events.is_empty() && Instant::now() < silent_until {
                continue;
            }
            let events = followed.events.len() as u64;
            match sse::events(place.epoch, &followed) {
                Ok(piece) => line.hand(piece).await?,
                Err(error) => return Break(End::Ledger(ApiError::internal(error))),
            }
            open.handed(events);
            *sent += events;
            silent_until = Instant::now() + limits.keep_alive;
        }
    }
}

/// The way to the client, with all that can end it.
struct Line<'a> {
    stay: &'a mut Stay,
    pieces: &'a mpsc::Sender<Bytes>,
    recheck: Interval,
    come_back: Duration,
}

impl Line<'_> {
    /// Waits until the connection has taken what it was handed.
    async fn room(&mut self) -> ControlFlow<End> {
        loop {
            tokio::select! {
                room = self.pieces.reserve() => {
                    // Nobody else takes the place meanwhile.
                    return if room.is_ok() { Continue(()) } else { Break(End::Gone) };
                }
                () = self.stay.stopping.told() => return Break(End::Stopping),
                _ = self.recheck.tick() => {}
            }
            self.check().await?;
        }
    }

    async fn hand(&mut self, piece: Bytes) -> ControlFlow<End> {
        if self.pieces.send(piece).await.is_ok() { Continue(()) } else { Break(End::Gone) }
    }

    /// Waits until something ends the stream, or until the token was looked at.
    async fn turn(&mut self) -> ControlFlow<End> {
        tokio::select! {
            () = self.pieces.closed() => return Break(End::Gone),
            () = self.stay.stopping.told() => return Break(End::Stopping),
            _ = self.recheck.tick() => {}
        }
        self.check().await
    }

    async fn check(&self) -> ControlFlow<End> {
        match self.stay.is_allowed().await {
            Ok(true) => Continue(()),
            Ok(false) => Break(End::Token(ApiError::invalid_token(
                "the token is not valid any more: revoked, or past its end",
            ))),
            Err(error) => {
                tracing::warn!(cause = domain::chain(&error), "the token of a stream could not be checked");
                let detail =
                    "the token could not be checked just now; come back with the last id that you received";
                Break(End::Token(ApiError::unavailable("tokens_unavailable", detail, self.come_back)))
            }
        }
    }
}

/// When the token is looked at again.
fn recheck(every: Duration) -> Interval {
    let mut recheck = interval_at(Instant::now() + every, every);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    recheck
}
