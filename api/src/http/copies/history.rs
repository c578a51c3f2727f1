//! `GET /api/copies/{copy}/history`.

use domain::CopyId;
use projections::history::Moment;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::app::answers::history::HistoryAnswer;
use crate::http::answer::Answer;
use crate::http::ask;
use crate::http::call::Call;
use crate::http::errors::ApiError;
use crate::http::moment;

/// At which moment; at most one of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichMoment {
    /// After the copy's event with this number, from 1.
    #[param(value_type = Option<u64>)]
    at_sequence: Option<String>,
    /// At this instant: RFC 3339 in UTC, such as 2026-05-18T08:30:00Z.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<String>,
    /// At this position of the whole ledger: the number, or `Ledger-Position` as a write answered with it.
    at_position: Option<String>,
}

impl WhichMoment {
    async fn moment(&self, app: &App) -> Result<Moment, ApiError> {
        match (&self.at_sequence, &self.at, &self.at_position) {
            (None, None, None) => Ok(Moment::Now),
            (Some(sequence), None, None) => moment::sequence("at_sequence", sequence),
            (None, Some(at), None) => moment::instant("at", at),
            (None, None, Some(position)) => {
                let place = moment::position("at_position", position)?;
                app.check_place("at_position", place).await?;
                Ok(Moment::Position(place.position))
            }
            _ => Err(ApiError::bad_request(
                "several_moments",
                "give one of at_sequence, at and at_position, or none of them for the copy as it stands now",
            )),
        }
    }
}

/// The copy as it stood at a moment: its status, pages, marks, totals, outcome, annotations and lock, folded from its
/// events. Without a moment: as it stands now.
#[utoipa::path(get, path = "/api/copies/{copy}/history", tag = "copies",
    params(("copy" = Uuid, Path, description = "The copy's id"), WhichMoment),
    responses(
        (status = 200, description = "The copy then", body = HistoryAnswer),
        (status = 400, description = "More than one moment, no moment, or one that is yet to come",
            body = crate::http::openapi::ErrorBody),
        (status = 404, description = "No such copy or sequence, or the copy had not begun",
            body = crate::http::openapi::ErrorBody),
        (status = 409, description = "A position past the ledger's head", body = crate::http::openapi::ErrorBody),
    ))]
pub(crate) async fn history(
    copy: CopyId,
    query: WhichMoment,
    app: App,
    call: Call,
) -> Result<Answer, ApiError> {
    let moment = query.moment(&app).await?;
    ask::read(&app.copy_history(call.sight(), copy, moment).await?)
}
