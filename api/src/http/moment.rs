//! Reading which moment of a history is asked for.

use projections::history::{Moment, NoMoment};

use super::errors::ApiError;
use crate::app::Seen;
use crate::ledger::Place;

/// A number of the copy's own events.
pub(super) fn sequence(name: &str, text: &str) -> Result<Moment, ApiError> {
    let number = text.parse().map(Moment::Sequence);
    number
        .map_err(|_| wrong(format!("{name} takes a number from 1, the sequence of one of the copy's events")))
}

/// A place of the whole ledger: its number, or with the epoch that it is of.
pub(super) fn position(name: &str, text: &str) -> Result<Seen, ApiError> {
    let seen = match text.parse::<Place>() {
        Ok(Place { epoch, number }) => Some(Seen { epoch: Some(epoch), position: number }),
        Err(_) => text.parse().ok().map(|position| Seen { epoch: None, position }),
    };
    seen.filter(|seen| seen.position >= 1).ok_or_else(|| {
        wrong(format!(
            "{name} takes a position of the ledger, from 1, or a Ledger-Position as it was answered"
        ))
    })
}

/// An instant.
pub(super) fn instant(name: &str, text: &str) -> Result<Moment, ApiError> {
    let instant = text.parse().map(Moment::At);
    instant.map_err(|error: domain::time::InvalidTimestamp| wrong(format!("{name}: {error}")))
}

/// A sequence or an instant, where one is given.
pub(super) fn any(name: &str, text: Option<&str>) -> Result<Option<Moment>, ApiError> {
    let moment = text.map(str::parse).transpose();
    moment.map_err(|error: NoMoment| wrong(format!("{name}: {error}")))
}

fn wrong(detail: String) -> ApiError {
    ApiError::bad_request("invalid_moment", detail)
}
