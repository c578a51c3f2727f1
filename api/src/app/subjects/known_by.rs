//! What the key store keeps of a person beside their keys: what lets them in, and who read what is kept of them.

use std::collections::BTreeMap;

use domain::{CopyId, SubjectId};
use projections::views::PageSize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::answers::access::AccessLine;
use super::super::{App, AppError};
use crate::access_log::AccessFilter;
use crate::tokens;

/// Rows of the log of accesses that an export holds, the newest ones: it stands in memory as a whole.
const MOST_ACCESSES: usize = 10_000;

impl App {
    /// The tokens, sign-ins and number of references of a subject, and the rows of the log of accesses that are about them, about
    /// their copies, or about what they read themselves; the newest first.
    pub(super) async fn known_by(&self, subject: SubjectId, copies: &[CopyId]) -> Result<Value, AppError> {
        let mut told = tokens::signs_in(self.vault.keys().pool(), subject).await?;
        let mut rows = BTreeMap::new();
        let mut filters = vec![AccessFilter { subject: Some(subject.0), ..AccessFilter::default() }];
        filters
            .extend(copies.iter().map(|copy| AccessFilter { copy: Some(copy.0), ..AccessFilter::default() }));
        filters.extend(
            actors_of(&told).map(|actor| AccessFilter { actor: Some(actor), ..AccessFilter::default() }),
        );
        let mut is_cut = false;
        for filter in filters {
            is_cut |= !self.gather(filter, &mut rows).await?;
        }
        let newest = rows.into_values().rev().take(MOST_ACCESSES);
        told["accesses"] = json!(newest.collect::<Vec<_>>());
        told["accesses_cut"] = json!(is_cut);
        Ok(told)
    }

    /// The newest rows of a filter, by their numbers; whether that was all of them.
    async fn gather(
        &self,
        filter: AccessFilter,
        rows: &mut BTreeMap<i64, AccessLine>,
    ) -> Result<bool, AppError> {
        let mut before = None;
        for _ in 0..MOST_ACCESSES / usize::from(PageSize::MAX.items()) {
            let page = self.access_log.read(filter, before, PageSize::MAX).await?;
            rows.extend(page.items.into_iter().map(|row| (row.id, AccessLine::from(row))));
            let Some(next) = page.next else { return Ok(true) };
            before = Some(next);
        }
        Ok(false)
    }
}

/// The pseudonyms that a person comes by.
fn actors_of(told: &Value) -> impl Iterator<Item = Uuid> {
    let all = ["tokens", "sign_ins"].into_iter().filter_map(|name| told[name].as_array()).flatten();
    let ids: std::collections::BTreeSet<Uuid> =
        all.filter_map(|it| it["actor_id"].as_str()?.parse().ok()).collect();
    ids.into_iter()
}
