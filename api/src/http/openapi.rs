//! The OpenAPI 3.1 document. What a handler's annotation says is completed by what the page of routes knows: who
//! may call, and the errors that the frame itself answers with.

use bytes::Bytes;
use domain::Role;
use domain::access::{Act, Scopes, may};
use http::Method;
use serde::Serialize;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};
use warp::Filter as _;

use super::answer::Answer;
use super::errors::ApiError;
use super::route::{BodySize, Route, with};
use super::who;
use crate::at;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "gradeledger",
        description = "An event-sourced ledger for grading scanned exam copies. Times are RFC 3339 in UTC; points are \
                       decimals with at most two places; boxes are fractions of the page. Every answer carries \
                       X-Request-ID."
    ),
    paths(
        super::health::live,
        super::health::ready,
        super::figures::scrape,
        super::me::me,
        document,
        super::status::status,
        super::projections::list::list,
        super::projections::retry::retry,
        super::projections::park::park,
        super::projections::unpark::unpark,
        super::events::list::list,
        super::events::stream::stream,
        super::exams::create::create,
        super::exams::list::list,
        super::exams::get::get,
        super::exams::scheme::publish,
        super::exams::graders::enrol,
        super::exams::graders::remove,
        super::exams::dispatch::dispatch,
        super::exams::archive::archive,
        super::exams::release::release,
        super::exams::withdraw::withdraw,
        super::copies::import::import,
        super::copies::list::list_of_exam,
        super::copies::list::list,
        super::copies::get::get,
        super::copies::pages::page,
        super::copies::audit::audit,
        super::copies::history::history,
        super::copies::history_diff::history_diff,
        super::copies::ready::ready,
        super::copies::identify::identify,
        super::copies::unidentify::unidentify,
        super::copies::assign::assign,
        super::copies::retry_import::retry,
        super::copies::void::void,
        super::lock::acquire::acquire,
        super::lock::status::status,
        super::lock::heartbeat::heartbeat,
        super::lock::release::release,
        super::lock::force_release::force_release,
        super::annotations::list::list,
        super::annotations::create::create,
        super::annotations::get::get,
        super::annotations::patch::patch,
        super::annotations::delete::delete,
        super::scores::score::put,
        super::scores::remark::put,
        super::scores::appreciation::put,
        super::copies::finalise::finalise,
        super::copies::retry_finalisation::retry,
        super::copies::final_pdf::final_pdf,
        super::copies::export::export,
        super::copies::correct::correct,
        super::copies::reopen::reopen,
        super::results::list::list,
        super::results::get::get,
        super::results::final_pdf::final_pdf,
        super::subjects::register::register,
        super::subjects::list::list,
        super::subjects::get::get,
        super::subjects::rectify::rectify,
        super::subjects::hold::hold,
        super::subjects::lift_hold::lift_hold,
        super::subjects::request_erasure::request_erasure,
        super::subjects::approve_erasure::approve_erasure,
        super::subjects::withdraw_erasure::withdraw_erasure,
        super::subjects::export::export,
        super::subjects::give_token::give_token,
        super::subjects::revoke_tokens::revoke_tokens,
        super::subjects::set_references::set_references,
        super::access_log::list,
    ),
    components(schemas(ErrorBody))
)]
struct Document;

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    /// A sentence for people.
    detail: String,
    /// A word for programs.
    code: String,
    /// What leads to the log.
    request_id: String,
    /// On a 409 about a sequence: the one that the copy has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_sequence: Option<i64>,
}

/// The name of the security scheme in the document.
const TOKEN: &str = "token";

/// The route of the document itself, which describes `others` and this one.
pub(super) fn route(others: &[Route]) -> Route {
    let with_text = |text: &Bytes| {
        let text = text.clone();
        Route::new(Method::GET, at!("api" / "openapi.json"), Act::ReadApi, move |path| {
            path.and(with(&text)).then(document)
        })
    };
    // What it describes of itself does not depend on the text that it will hold.
    let own = with_text(&Bytes::new());
    let routes: Vec<Route> = others.iter().cloned().chain([own]).collect();
    with_text(&serde_json::to_vec(&of(&routes)).unwrap_or_default().into())
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "health",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)))]
pub(super) async fn document(text: Bytes) -> Result<Answer, ApiError> {
    Ok(Answer::bytes("application/json", text))
}

/// The document of these routes.
#[must_use]
pub fn of(routes: &[Route]) -> OpenApi {
    let mut document = Document::openapi();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme(TOKEN, scheme);
    for route in routes {
        let item = document.paths.paths.get_mut(route.template());
        if let Some(operation) = item.and_then(|item| operation_of(item, route.method())) {
            complete(operation, route);
        }
    }
    document
}

fn operation_of<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}

/// Adds what every such route has; what the annotation says itself stays as it is.
fn complete(operation: &mut Operation, route: &Route) {
    let who = format!("Who may: {}.", who::may(route.act()));
    operation.description = Some(match operation.description.take() {
        Some(said) => format!("{said}\n\n{who}"),
        None => who,
    });
    let guarded = route.act() != Act::Open;
    if guarded {
        let empty: [&str; 0] = [];
        operation.security = Some(vec![SecurityRequirement::new(TOKEN, empty)]);
    }
    let id_in_path = route.template().contains('{');
    let takes_body = operation.request_body.is_some();
    let upload = route.body() == BodySize::Pdf;
    let writes = *route.method() != Method::GET;
    let parameters = operation.parameters.get_or_insert_default();
    let opens = may(route.act(), Role::Auditor, Scopes::NONE) && route.template().contains("{copy}");
    if opens && !writes {
        parameters.push(header(
            "X-Access-Reason",
            "Why you open what is sealed to you otherwise, as texts are to an auditor: 3 to 500 characters, as UTF-8 or, behind \
             `UTF-8''`, percent-encoded; it is recorded",
        ));
    }
    // What students sign in with is no event, and a repeat is not told from another request.
    if writes && route.act() != Act::SignStudentsIn {
        parameters.push(header(
            "Idempotency-Key",
            "A repeat with the same key and body does nothing more and gets the first answer (1 to 128 characters)",
        ));
    } else if guarded && !writes {
        parameters.push(header(
            "Ledger-Position",
            "What is read shows at least this: what a write answered with, `epoch.position`; the position alone is taken too",
        ));
    }
    let errors = [
        (guarded, "400", "Malformed, or against a rule of form; the detail names the member or header"),
        (guarded, "401", "No token, or none that is valid"),
        (guarded, "403", "The role may not"),
        (id_in_path, "404", "Nothing with this id"),
        (takes_body, "408", "The body came too slowly"),
        (
            guarded,
            "409",
            "Refused as things stand: status, lock, revision; current_sequence says where it stands. Or a position or cursor of \
             another history",
        ),
        (takes_body, "413", "The body is too large"),
        (takes_body, "415", "The body is of another type"),
        (writes, "422", "Well formed, and against a rule; or the key was used with another body"),
        (true, "429", "Too many; Retry-After says when"),
        (true, "500", "Our fault; the request id leads to it in the log"),
        (guarded || upload, "503", "Not now; Retry-After says when"),
        (true, "504", "Not in time"),
    ];
    for (_, status, description) in errors.into_iter().filter(|(applies, ..)| *applies) {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| error(description).into());
    }
}

fn header(name: &str, description: &str) -> RefOr<Parameter> {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .schema(Some(text))
        .build()
        .into()
}

fn error(description: &str) -> utoipa::openapi::Response {
    let schema = Ref::from_schema_name("ErrorBody");
    let body = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/json", body).build()
}
