//! Reading the image of a page.

use bytes::Bytes;
use domain::copy::state::Import;
use domain::copy::{CopyState, ExamCopy, Page};
use domain::{CopyId, Digest};

use super::super::{App, AppError, Found};

/// The image of a page.
#[derive(Clone)]
pub struct PageImage {
    /// The PNG.
    pub png: Bytes,
    /// Its SHA-256.
    pub sha256: Digest,
}

crate::redacted::debug_without_the_rest! { PageImage { sha256 } }

impl App {
    /// The SHA-256 of page `index`, from 0.
    ///
    /// # Errors
    /// [`AppError::NotThere`] before the import is done, [`AppError::NoSuch`] past the last page.
    pub async fn page_digest(
        &self,
        found: Option<&Found>,
        copy: CopyId,
        index: usize,
    ) -> Result<Digest, AppError> {
        let standing = self.found_copy(found, copy).await?;
        let Some(pages) = pages_of(&standing) else {
            let detail = "the copy's pages are not there: its import is not done, or the copy was voided";
            let current_sequence = standing.sequence;
            return Err(AppError::NotThere { code: "not_imported", detail, current_sequence });
        };
        pages.get(index).map(|page| page.sha256).ok_or(AppError::NoSuch("page; pages are numbered from 0"))
    }

    /// The image with this digest.
    ///
    /// # Errors
    /// [`AppError::Erased`] where it was erased.
    pub async fn page_image(&self, copy: CopyId, sha256: Digest) -> Result<PageImage, AppError> {
        Ok(PageImage { png: self.blob(copy, sha256, "page").await?, sha256 })
    }
}

fn pages_of(copy: &ExamCopy) -> Option<&[Page]> {
    match &copy.state {
        CopyState::Staging(staging) => match &staging.import {
            Import::Done { pages } => Some(pages),
            Import::Pending { .. } | Import::Failed { .. } => None,
        },
        state => state.paper().map(|paper| paper.pages.as_slice()),
    }
}
