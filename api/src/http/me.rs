//! `GET /api/me`.

use domain::access::Scope;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Answer;
use super::ask;
use super::call::Call;
use super::errors::ApiError;

/// As whom a caller is known.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// The pseudonym under which they act: what an exam enrols, and what stands in events.
    actor_id: Uuid,
    /// admin, grader, clerk, auditor, student or service.
    role: &'static str,
    /// A service's scopes.
    scopes: Vec<&'static str>,
    /// The subject whose results they read, if they are a student.
    subject_id: Option<Uuid>,
}

/// As whom you are known here: whoever signs in at an issuer learns their pseudonym from this.
#[utoipa::path(get, path = "/api/me", tag = "health",
    responses((status = 200, description = "Who calls", body = Me)))]
pub(super) async fn me(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor;
    ask::read(&Me {
        actor_id: actor.id.0,
        role: actor.role.as_str(),
        scopes: actor.scopes.iter().map(Scope::as_str).collect(),
        subject_id: actor.subject.map(|subject| subject.0),
    })
}
