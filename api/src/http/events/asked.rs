//! Reading which events are asked for.

use domain::{CopyId, ExamId};
use projections::FeedFilter;
use uuid::Uuid;

use crate::app::Seen;
use crate::http::errors::ApiError;
use crate::ledger::Place;

/// The conditions of a query.
pub(super) fn filter(
    types: Option<&str>,
    exam: Option<Uuid>,
    copy: Option<Uuid>,
) -> Result<FeedFilter, ApiError> {
    let mut filter = FeedFilter { types: Vec::new(), exam: exam.map(ExamId), copy: copy.map(CopyId) };
    for name in types.into_iter().flat_map(|types| types.split(',')) {
        let Some(known) = FeedFilter::known_type(name) else {
            let detail = format!(
                "type takes names of event types with commas between them, of {}",
                FeedFilter::known_types().join(", ")
            );
            return Err(ApiError::bad_request("invalid_type", detail));
        };
        if !filter.types.contains(&known) {
            filter.types.push(known);
        }
    }
    Ok(filter)
}

/// A place to begin after: as it was answered, or a position alone; 0 is the ledger's beginning.
pub(super) fn after(name: &str, text: &str) -> Result<Seen, ApiError> {
    let whole =
        text.parse().ok().map(|Place { epoch, number }| Seen { epoch: Some(epoch), position: number });
    let bare = || text.parse().ok().filter(|position| *position >= 0);
    whole.or_else(|| bare().map(|position| Seen { epoch: None, position })).ok_or_else(|| {
        let detail = format!("{name} takes a place as it was answered: epoch, full stop and position");
        ApiError::bad_request("invalid_place", detail)
    })
}
