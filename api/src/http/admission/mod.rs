//! Who comes in, and how fast: asked of every request before anything is done for it.
//!
//! A caller who is known has a pace of their own, and nothing that others at the same address do takes it from them. Tokens that
//! were not looked at yet share a pace of the address that they come from, and requests without one share another. Tokens that
//! are not valid are counted by address on top of that: beyond a few in a quarter of an hour they are no longer told from
//! too many.

mod pace;
mod sender;
mod shares;

pub(in crate::http) use sender::{Address, Proxies, Sender};
pub use sender::{InvalidProxy, TrustedProxy};
pub(in crate::http) use shares::{Share, Shares};

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{ActorId, Digest};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use quick_cache::sync::Cache;

use self::pace::Pace;
use super::callers::{bearer, is_token};
use super::errors::ApiError;
use crate::limits::HttpLimits;
use crate::metrics::{Metrics, TooMany};

/// When a caller who follows too many streams is told to come back.
const STREAM_WAIT: Duration = Duration::from_secs(5);

/// The paces of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Admission(Arc<Paces>);

#[derive(Debug)]
struct Paces {
    proxies: Proxies,
    connections: Shares<Address>,
    /// Tokens that were found valid, whose they are, and when that was; by the digest of what was sent.
    known: Cache<Digest, (Instant, ActorId)>,
    known_for: Duration,
    callers: Pace<ActorId>,
    streams: Shares<ActorId>,
    newcomers: Pace<Address>,
    strangers: Pace<Address>,
    failures: Pace<Address>,
    metrics: Metrics,
}

/// Someone who was let in as far as the door.
#[derive(Clone, Copy)]
pub(super) struct Guest {
    pub(super) sender: Sender,
    /// The digest of the token that was sent, if one was.
    shown: Option<Digest>,
    /// Whether it was known, and its caller's pace was asked.
    is_known: bool,
}

impl Admission {
    pub(super) fn new(limits: &HttpLimits, proxies: Proxies, metrics: Metrics) -> Self {
        let kept = limits.paced;
        Self(Arc::new(Paces {
            proxies,
            connections: Shares::of(limits.connections_per_address),
            known: Cache::new(kept),
            known_for: limits.known_caller,
            callers: Pace::a_second(limits.caller_requests, limits.caller_burst, kept),
            streams: Shares::of(limits.streams_per_caller),
            newcomers: Pace::a_second(limits.newcomer_requests, limits.newcomer_burst, kept),
            strangers: Pace::a_second(limits.stranger_requests, limits.stranger_burst, kept),
            failures: Pace::within(limits.failed_sign_ins_within, limits.failed_sign_ins, kept),
            metrics,
        }))
    }

    /// A place for one more connection from this address; a trusted proxy stands for many, and has no share.
    ///
    /// # Errors
    /// That the address has no place left.
    pub(super) fn connection(&self, peer: IpAddr) -> Result<Option<Share<Address>>, Full> {
        let paces = &self.0;
        if paces.proxies.trusts(peer) {
            return Ok(None);
        }
        match paces.connections.now(peer.into()) {
            Some(share) => Ok(Some(share)),
            None => {
                paces.metrics.too_many(TooMany::Connections);
                Err(Full)
            }
        }
    }

    /// Lets a request in as far as the door.
    ///
    /// # Errors
    /// 429, where its caller or, for want of one, its address comes too often.
    pub(super) fn enter(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Guest, ApiError> {
        let paces = &self.0;
        let token = headers.get(AUTHORIZATION).map(shown_in);
        // Of the token itself: however a header is written around it, it is one.
        let shown = token.map(|(token, _)| Digest::of(token));
        let known = shown.and_then(|shown| self.known(shown));
        let guest = Guest { sender: paces.proxies.sender(peer, headers), shown, is_known: known.is_some() };
        match (known, token) {
            (Some(caller), _) => self.pace_of(caller)?,
            (None, Some((_, true))) => paces.newcomers.one_more(guest.sender.address).map_err(|wait| {
                let detail = "too many tokens that were not looked at yet come from this address; send this one again after \
                              Retry-After";
                self.too_many(TooMany::OfNewcomers, detail, wait)
            })?,
            (None, _) => paces.strangers.one_more(guest.sender.address).map_err(|wait| {
                let detail = "too many requests without a token come from this address; send this one again after Retry-After";
                self.too_many(TooMany::OfStrangers, detail, wait)
            })?,
        }
        Ok(guest)
    }

    /// The token that was shown is valid, and this caller's.
    ///
    /// # Errors
    /// 429, where the caller comes too often: another of their tokens is no other pace.
    pub(super) fn recognised(&self, guest: Guest, caller: ActorId) -> Result<(), ApiError> {
        if let Some(shown) = guest.shown {
            self.0.known.insert(shown, (Instant::now(), caller));
        }
        if guest.is_known { Ok(()) } else { self.pace_of(caller) }
    }

    /// A place for one more stream of this caller.
    ///
    /// # Errors
    /// 429, where they follow as many as they may.
    pub(super) fn stream(&self, caller: ActorId) -> Result<Share<ActorId>, ApiError> {
        self.0.streams.now(caller).ok_or_else(|| {
            let detail = "this caller follows as many streams as one may; end one of them, or share it";
            self.too_many(TooMany::Streams, detail, STREAM_WAIT)
        })
    }

    fn pace_of(&self, caller: ActorId) -> Result<(), ApiError> {
        self.0.callers.one_more(caller).map_err(|wait| {
            let detail =
                "this caller sends too many requests: slow down, and send this one again after Retry-After";
            self.too_many(TooMany::OfCaller, detail, wait)
        })
    }

    /// The answer to a guest who was refused: where they showed a token that nobody was given, it counts, and beyond the pace of
    /// such tokens the answer no longer says that this one is not.
    pub(super) fn refused(&self, guest: Guest, error: ApiError) -> ApiError {
        let Some(shown) = guest.shown.filter(|_| error.status() == StatusCode::UNAUTHORIZED) else {
            return error;
        };
        self.0.known.remove(&shown);
        // Tokens of an issuer end every few minutes, behind one address as many as there are people.
        if !error.may_be_a_guess() {
            return error;
        }
        match self.0.failures.one_more(guest.sender.address) {
            Ok(()) => error,
            Err(wait) => {
                let detail = "the token is not valid, like too many before it from this address: use one that is valid, which is \
                              taken at any time; whether another is valid is told again after Retry-After";
                self.too_many(TooMany::SignIns, detail, wait)
            }
        }
    }

    fn known(&self, shown: Digest) -> Option<ActorId> {
        let (since, caller) = self.0.known.get(&shown)?;
        (since.elapsed() < self.0.known_for).then_some(caller)
    }

    fn too_many(&self, what: TooMany, detail: &'static str, wait: Duration) -> ApiError {
        self.0.metrics.too_many(what);
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, what.code(), detail).retry_after(wait)
    }
}

/// What a header shows, and whether it has the form of a token of ours or of an issuer.
fn shown_in(header: &HeaderValue) -> (&[u8], bool) {
    match bearer(header) {
        Some(token) => (token.as_bytes(), is_token(token)),
        None => (header.as_bytes(), false),
    }
}

/// An address has as many connections as it may.
#[derive(Debug)]
pub(super) struct Full;
