//! `POST /api/exams/{exam}/dispatch`.

use domain::{ActorId, ExamId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::{App, Dealing};
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::body::JsonBody;
use crate::http::call::Call;
use crate::http::errors::ApiError;

/// The largest seed: the largest integer that every reader of JSON keeps (RFC 8259, section 6).
const MAX_SEED: u64 = (1 << 53) - 1;

/// How copies are dealt out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewDispatch {
    /// What the order is drawn by, up to 2^53 − 1; drawn at random where nothing is said. It is recorded.
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    seed: Option<u64>,
    /// The pseudonyms of those who are dealt to; every grader of the exam but its leads where nothing is said.
    #[schema(min_items = 1, max_items = 10_000)]
    graders: Option<Vec<Uuid>>,
}

/// Deal out the exam's copies that are for nobody in particular: balanced, in an order drawn by the seed. From the first run
/// on, graders of the exam mark what is assigned to them and nothing else; run it again for copies that come later.
#[utoipa::path(post, path = "/api/exams/{exam}/dispatch", tag = "exams", request_body = NewDispatch,
    params(("exam" = Uuid, Path, description = "The exam's id")),
    responses((status = 200, description = "What was dealt out", body = crate::app::answers::dispatch::DispatchAnswer)),
)]
pub(crate) async fn dispatch(
    exam: ExamId,
    app: App,
    call: Call,
    body: JsonBody<NewDispatch>,
) -> Result<Answer, ApiError> {
    let NewDispatch { seed, graders } = body.value;
    if seed.is_some_and(|seed| seed > MAX_SEED) {
        return Err(ApiError::bad_request("seed_out_of_range", format!("a seed is at most {MAX_SEED}")));
    }
    if graders.as_ref().is_some_and(|graders| graders.is_empty() || graders.len() > domain::exam::MAX_GRADERS)
    {
        let detail =
            "graders names at least one of the exam's graders; leave it out to deal to all but the leads";
        return Err(ApiError::bad_request("no_graders_named", detail));
    }
    let graders = graders.map(|graders| graders.into_iter().map(ActorId).collect());
    let caller = ask::caller(&call, &body.digest);
    ask::written(&app.dispatch(&caller, exam, &Dealing { seed, graders }).await?)
}
