//! `DELETE /api/subjects/{subject}/holds/{hold}`.

use domain::{HoldId, SubjectId};

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::reasoned::Reasoned;

/// Lift a legal hold. The reason stands in the body: an address is written into logs on its way.
#[utoipa::path(delete, path = "/api/subjects/{subject}/holds/{hold}", tag = "subjects", request_body = Reasoned,
    params(
        ("subject" = Uuid, Path, description = "The subject's pseudonym"),
        ("hold" = Uuid, Path, description = "The hold's id"),
    ),
    responses((status = 200, description = "The subject", body = crate::app::answers::subject::SubjectAnswer)))]
pub(crate) async fn lift_hold(
    subject: SubjectId,
    hold: HoldId,
    app: App,
    call: Call,
    body: JsonBody<Reasoned>,
) -> Result<Answer, ApiError> {
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.lift_hold(&caller, subject, hold, &body.value.reason).await?)
}
