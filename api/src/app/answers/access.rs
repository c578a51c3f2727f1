//! A row of the log of accesses as answers show it.

use domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access_log::AccessRow;

/// Who read what, or was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Access)]
pub struct AccessLine {
    /// Its number; later ones are larger.
    pub id: i64,
    /// When, by the clock of the key store's Postgres.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The pseudonym of who; null where nobody was recognised, or where it is about many.
    pub actor_id: Option<Uuid>,
    /// In which role.
    pub role: Option<String>,
    /// What they wanted to do, as the table of permissions names it; null where it is about many.
    pub act: Option<String>,
    /// The method of the route.
    pub method: Option<String>,
    /// The route, as a template.
    pub route: Option<String>,
    /// The copy that the path named.
    pub copy_id: Option<Uuid>,
    /// The exam that the path named.
    pub exam_id: Option<Uuid>,
    /// The subject that the path named.
    pub subject_id: Option<Uuid>,
    /// `shown`, `refused`, `failed` where a reason was given and nothing could be shown, `left_out` where refusals were only
    /// counted, `pruned` where rows were deleted by their age.
    pub outcome: String,
    /// The status that it was answered with.
    pub status: Option<i16>,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// How many accesses, refusals or rows it is about.
    pub times: i64,
    /// Why, as it was said; `[erased]` where that went with the person whom it could name.
    pub reason: Option<String>,
}

impl From<AccessRow> for AccessLine {
    fn from(row: AccessRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor_id: row.actor,
            role: row.role,
            act: row.act,
            method: row.method,
            route: row.route,
            copy_id: row.copy,
            exam_id: row.exam,
            subject_id: row.subject,
            outcome: row.outcome,
            status: row.status,
            code: row.code,
            request_id: row.request_id,
            times: row.times,
            reason: row.reason,
        }
    }
}
