//! Reading the audit trail.

use domain::{ActorId, CopyId};
use projections::views::audit_trail::{self, AuditFilter, Subject};
use serde_json::Value;

use super::super::answers::audit::AuditLine;
use super::super::execute::json;
use super::super::{App, AppError, Page, Sight};

/// Which lines of a trail are asked for.
#[derive(Clone, Debug)]
pub struct AuditAsked {
    /// Of which copy.
    pub copy: CopyId,
    /// Those of this action.
    pub action: Option<String>,
    /// Those of this actor.
    pub actor: Option<ActorId>,
    /// Which page of them.
    pub page: Page,
}

/// What a reader sees who may not see the name of a file, which may be a student's.
const WITHHELD: &str = "[withheld]";

impl App {
    /// A page of a copy's trail, the oldest first, texts opened.
    ///
    /// # Errors
    /// [`AppError::NoSuch`] where there is no such copy, [`AppError::OldCursor`], [`AppError::Behind`].
    pub async fn audit_trail(
        &self,
        sight: Sight,
        asked: AuditAsked,
        seen: Option<i64>,
    ) -> Result<Value, AppError> {
        self.copy_state(asked.copy).await?;
        self.catch_up(audit_trail::VIEW, seen).await?;
        let filter = AuditFilter { action: asked.action, actor: asked.actor };
        let subject = Subject::Copy(asked.copy);
        let (after, size) = (asked.page.after_number(), asked.page.size);
        let mut slice = audit_trail::of(self.views.pool(), subject, &filter, after, size).await?;
        if !sight.file_names {
            slice.items.iter_mut().for_each(|row| withhold_file_name(&mut row.metadata));
        }
        let lines = self.list(&asked.page, slice, AuditLine::from).await?;
        self.opened(sight, json(&lines)).await
    }
}

fn withhold_file_name(metadata: &mut Value) {
    if let Some(name) = metadata.get_mut("filename").filter(|name| !name.is_null()) {
        *name = WITHHELD.into();
    }
}
