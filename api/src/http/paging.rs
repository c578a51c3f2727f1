//! Reading what a list is asked for.

use domain::copy::CopyStatus;
use projections::views::PageSize;
use projections::views::copies::Standing;

use super::errors::ApiError;
use crate::app::Page;
use crate::ledger::InvalidPlace;

/// Where a page begins and how long it is.
pub(super) fn page(limit: Option<u16>, cursor: Option<&str>) -> Result<Page, ApiError> {
    let size = limit.map_or(Ok(PageSize::DEFAULT), PageSize::new);
    let size = size.map_err(|error| ApiError::bad_request("invalid_limit", error.to_string()))?;
    let cursor = cursor.map(str::parse).transpose();
    let after = cursor.map_err(|_: InvalidPlace| {
        ApiError::bad_request("invalid_cursor", "a cursor is the `next` of a page as it was answered")
    })?;
    Ok(Page { size, after })
}

/// Where a copy stands, by the word for it.
pub(super) fn standing(text: &str) -> Result<Standing, ApiError> {
    if text == crate::app::answers::copy::VOIDED {
        return Ok(Standing::Voided);
    }
    let status = CopyStatus::ALL.into_iter().find(|status| status.as_str() == text);
    status.map(Standing::Status).ok_or_else(|| {
        let known: Vec<_> = CopyStatus::ALL.into_iter().map(CopyStatus::as_str).collect();
        ApiError::bad_request("invalid_status", format!("status is one of {}, VOIDED", known.join(", ")))
    })
}
