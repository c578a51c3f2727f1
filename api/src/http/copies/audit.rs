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

/// The audit trail of a copy, the oldest first. File names are shown to admins, and to auditors who say why.
#[utoipa::path(get, path = "/api/copies/{copy}/audit", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id"), WhichLines),
    responses((status = 200, description = "A page of the trail", body = List<AuditLine>)))]
pub(crate) async fn audit(copy: CopyId, query: WhichLines, app: App, call: Call) -> Result<Answer, ApiError> {
    let is_word = |text: &String| {
        text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    if query.action.as_ref().is_some_and(|action| !is_word(action)) {
        let detail = "action takes a word of the trail, such as CREATE_ANN";
        return Err(ApiError::bad_request("invalid_query", detail));
    }
    let asked = AuditAsked {
        copy,
        action: query.action,
        actor: query.actor_id.map(ActorId),
        page: paging::page(query.limit, query.cursor.as_deref())?,
    };
    ask::read(&app.audit_trail(call.sight(), asked, call.seen_position).await?)
}
