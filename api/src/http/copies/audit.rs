//! `GET /api/copies/{copy}/audit`.

use domain::{ActorId, CopyId};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::answers::audit::AuditLine;
use crate::app::answers::list::List;
use crate::app::{App, AuditAsked};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::paging;

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichLines {
    /// Those of this action, such as `CREATE_ANN`.
    action: Option<String>,
    /// Those of this actor.
    actor_id: Option<Uuid>,
    /// 1 to 200; 50 where nothing is said.
    limit: Option<u16>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// The audit trail of a copy, the oldest first. File names are shown to admins and auditors only.
#[utoipa::path(get, path = "/api/copies/{copy}/audit", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id"), WhichLines),
    responses((status = 200, description = "A page of the trail", body = List<AuditLine>)))]
pub(crate) async fn audit(copy: CopyId, query: WhichLines, app: App, call: Call) -> Result<Answer, ApiError> {
    let asked = AuditAsked {
        copy,
        action: query.action,
        actor: query.actor_id.map(ActorId),
        page: paging::page(query.limit, query.cursor.as_deref())?,
    };
    ask::read(&app.audit_trail(call.sight(), asked, call.seen_position).await?)
}
