//! The HTTP API. This is the page that lists every route.
//!
//! The way of a request: [`Server`] takes the connection; [`Frame`] gives it a request id, finds its route in the
//! [`Table`], its caller by token, and reads what the headers say into a [`Call`]; the route's warp filter
//! takes out path, call, query and body; the handler turns them into a use case of `app` and answers with an
//! [`Answer`] or an [`ApiError`]; the frame has the log of accesses record it, renders errors, sets `X-Request-ID`, writes
//! the log line and counts.
//!
//! To add a route:
//! 1. write the handler, one file a verb, in `http/<resource>/`:
//!    `pub(in crate::http) async fn acquire(copy: CopyId, call: Call, body: JsonBody<Acquire>, app: App) -> Result<Answer, ApiError>`,
//!    under a `#[utoipa::path(post, path = "/api/copies/{copy}/lock", ...)]`. It describes its own answers; 400, 401, 403,
//!    404 and the rest of the frame's are added for it;
//! 2. add one line to [`routes`], whose filter hands over the arguments in order:
//!    `Route::new(POST, at!("api" / "copies" / copy: CopyId / "lock"), MarkCopies,
//!    |path| path.and(call()).and(json()).and(with(app)).then(lock::acquire))`. The [`Act`](domain::access::Act) says who may. What takes a
//!    PDF ends with `.takes_pdf()` and uses `pdf(&uploads)` in place of `json()`; a query is `warp::query()`;
//! 3. name the handler in `paths(...)` of `openapi.rs`. A test fails while the page and the document differ.
//!
//! Name the parameter of a copy's id `copy`: the frame finds it by that name for the log.

mod access_log;
mod admission;
mod annotations;
mod answer;
mod ask;
mod body;
mod call;
mod callers;
mod copies;
mod errors;
mod events;
mod exams;
mod figures;
mod frame;
mod guarded;
mod health;
mod lock;
mod me;
mod moment;
mod openapi;
mod paging;
mod prefer;
mod projections;
mod reasoned;
mod refusal;
mod request_id;
mod results;
mod route;
mod scores;
mod server;
mod status;
mod stay;
mod subjects;
mod table;
mod trace;
mod visit;
mod who;

pub use admission::{InvalidProxy, TrustedProxy};
pub use answer::{Answer, LEDGER_POSITION};
pub use body::{BodyError, JsonBody, PdfUpload, Uploads, json, pdf};
pub use call::{Call, IDEMPOTENCY_KEY, X_ACCESS_REASON, X_LOCK_TOKEN};
pub use callers::Callers;
pub use errors::ApiError;
pub use figures::Figures;
pub use frame::Frame;
pub use health::{Check, Readiness};
pub use openapi::of as openapi;
pub use request_id::{RequestId, X_REQUEST_ID};
pub use route::{At, BodySize, Route, call, with};
pub use server::{BindError, DEFAULT_ADDRESS, Server};
pub use table::Table;

use domain::access::Act;
use domain::{ActorId, AnnotationId, CopyId, ExamId, HoldId, QuestionId, SubjectId, ViewName};
use http::Method;
use warp::Filter as _;
use warp::header::headers_cloned;
use warp::query;

use crate::app::App;
use crate::at;
use Act::{
    ArchiveExams, AssignCopies, CorrectGrades, CreateExams, EnrolGraders, EraseSubjects, ExportCopies,
    ExportSubjects, FollowEvents, HoldSubjects, IdentifyCopies, ImportCopies, MarkCopies, Open,
    PrepareCopies, PublishScheme, ReadAccessLog, ReadApi, ReadCopies, ReadExams, ReadFinalPdfs, ReadMarks,
    ReadOwnResults, ReadPages, ReadSubjects, RegisterSubjects, ReleaseResults, RepairViews,
    RetryFinalisations, Scrape, SeeService, SignStudentsIn, TakeLocks, VoidCopies,
};
use copies::pages::PagePng;

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// The routes that every process has, whichever parts it runs: whether it lives, and its figures.
#[must_use]
pub fn routes_of_every_process(readiness: &Readiness, figures: &Figures) -> Vec<Route> {
    vec![
        Route::new(GET, at!("api" / "health" / "live"), Open, |path| path.then(health::live)),
        Route::new(GET, at!("api" / "health" / "ready"), Open, |path| {
            path.and(with(readiness)).then(health::ready)
        }),
        Route::new(GET, at!("metrics"), Scrape, |path| {
            path.and(headers_cloned()).and(with(figures)).then(figures::scrape)
        }),
    ]
}

/// Every route that a server of the API has.
#[must_use]
pub fn routes(app: &App, uploads: &Uploads, readiness: &Readiness, figures: &Figures) -> Vec<Route> {
    let app = || with(app).and(call());
    let mut routes = routes_of_every_process(readiness, figures);
    routes.extend([
        Route::new(GET, at!("api" / "status"), SeeService, |path| path.and(app()).then(status::status)),
        Route::new(GET, at!("api" / "projections"), SeeService, |path| {
            path.and(app()).then(projections::list::list)
        }),
        Route::new(POST, at!("api" / "projections" / view: ViewName / "retry"), RepairViews, |path| {
            path.and(app()).and(json()).then(projections::retry::retry)
        }),
        Route::new(POST, at!("api" / "projections" / view: ViewName / "park"), RepairViews, |path| {
            path.and(app()).and(json()).then(projections::park::park)
        }),
        Route::new(POST, at!("api" / "projections" / view: ViewName / "unpark"), RepairViews, |path| {
            path.and(app()).and(json()).then(projections::unpark::unpark)
        }),
        Route::new(GET, at!("api" / "events"), FollowEvents, |path| {
            path.and(query()).and(app()).then(events::list::list)
        }),
        Route::new(GET, at!("api" / "events" / "stream"), FollowEvents, |path| {
            path.and(query())
                .and(headers_cloned())
                .and(warp::ext::get())
                .and(app())
                .then(events::stream::stream)
        })
        .goes_on(),
        Route::new(POST, at!("api" / "exams"), CreateExams, |path| {
            path.and(app()).and(json()).then(exams::create::create)
        }),
        Route::new(GET, at!("api" / "exams"), ReadExams, |path| {
            path.and(query()).and(app()).then(exams::list::list)
        }),
        Route::new(GET, at!("api" / "exams" / exam: ExamId), ReadExams, |path| {
            path.and(app()).then(exams::get::get)
        }),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "scheme"), PublishScheme, |path| {
            path.and(app()).and(json()).then(exams::scheme::publish)
        }),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "graders"), EnrolGraders, |path| {
            path.and(app()).and(json()).then(exams::graders::enrol)
        }),
        Route::new(
            DELETE,
            at!("api" / "exams" / exam: ExamId / "graders" / grader: ActorId),
            EnrolGraders,
            |path| path.and(app()).then(exams::graders::remove),
        ),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "dispatch"), AssignCopies, |path| {
            path.and(app()).and(json()).then(exams::dispatch::dispatch)
        }),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "archive"), ArchiveExams, |path| {
            path.and(app()).and(json()).then(exams::archive::archive)
        }),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "release"), ReleaseResults, |path| {
            path.and(app()).and(json()).then(exams::release::release)
        }),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "withdraw"), ReleaseResults, |path| {
            path.and(app()).and(json()).then(exams::withdraw::withdraw)
        }),
        Route::new(POST, at!("api" / "exams" / exam: ExamId / "copies" / "import"), ImportCopies, |path| {
            path.and(query()).and(app()).and(pdf(uploads)).then(copies::import::import)
        })
        .takes_pdf(),
        Route::new(GET, at!("api" / "exams" / exam: ExamId / "copies"), ReadCopies, |path| {
            path.and(query()).and(app()).then(copies::list::list_of_exam)
        }),
        Route::new(GET, at!("api" / "copies"), ReadCopies, |path| {
            path.and(query()).and(app()).then(copies::list::list)
        }),
        Route::new(GET, at!("api" / "copies" / copy: CopyId), ReadCopies, |path| {
            path.and(app()).then(copies::get::get)
        }),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "pages" / page: PagePng), ReadPages, |path| {
            path.and(query()).and(headers_cloned()).and(app()).then(copies::pages::page)
        }),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "audit"), ReadMarks, |path| {
            path.and(query()).and(app()).then(copies::audit::audit)
        }),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "history"), ReadMarks, |path| {
            path.and(query()).and(app()).then(copies::history::history)
        }),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "history" / "diff"), ReadMarks, |path| {
            path.and(query()).and(app()).then(copies::history_diff::history_diff)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "ready"), PrepareCopies, |path| {
            path.and(app()).and(json()).then(copies::ready::ready)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "identify"), IdentifyCopies, |path| {
            path.and(app()).and(json()).then(copies::identify::identify)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "unidentify"), IdentifyCopies, |path| {
            path.and(app()).and(json()).then(copies::unidentify::unidentify)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "assign"), AssignCopies, |path| {
            path.and(app()).and(json()).then(copies::assign::assign)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "import" / "retry"), PrepareCopies, |path| {
            path.and(app()).and(json()).then(copies::retry_import::retry)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "void"), VoidCopies, |path| {
            path.and(app()).and(json()).then(copies::void::void)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "lock"), MarkCopies, |path| {
            path.and(app()).and(json()).then(lock::acquire::acquire)
        }),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "lock" / "status"), ReadCopies, |path| {
            path.and(app()).then(lock::status::status)
        })
        .shows_no_marks(),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "lock" / "heartbeat"), MarkCopies, |path| {
            path.and(app()).and(json()).then(lock::heartbeat::heartbeat)
        }),
        Route::new(DELETE, at!("api" / "copies" / copy: CopyId / "lock" / "release"), MarkCopies, |path| {
            path.and(app()).then(lock::release::release)
        }),
        Route::new(
            POST,
            at!("api" / "copies" / copy: CopyId / "lock" / "force-release"),
            TakeLocks,
            |path| path.and(app()).and(json()).then(lock::force_release::force_release),
        ),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "annotations"), ReadMarks, |path| {
            path.and(query()).and(app()).then(annotations::list::list)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "annotations"), MarkCopies, |path| {
            path.and(app()).and(json()).then(annotations::create::create)
        }),
        Route::new(
            GET,
            at!("api" / "copies" / copy: CopyId / "annotations" / annotation: AnnotationId),
            ReadMarks,
            |path| path.and(app()).then(annotations::get::get),
        ),
        Route::new(
            PATCH,
            at!("api" / "copies" / copy: CopyId / "annotations" / annotation: AnnotationId),
            MarkCopies,
            |path| path.and(headers_cloned()).and(app()).and(json()).then(annotations::patch::patch),
        ),
        Route::new(
            DELETE,
            at!("api" / "copies" / copy: CopyId / "annotations" / annotation: AnnotationId),
            MarkCopies,
            |path| path.and(query()).and(headers_cloned()).and(app()).then(annotations::delete::delete),
        ),
        Route::new(
            PUT,
            at!("api" / "copies" / copy: CopyId / "scores" / question: QuestionId),
            MarkCopies,
            |path| path.and(app()).and(json()).then(scores::score::put),
        ),
        Route::new(
            PUT,
            at!("api" / "copies" / copy: CopyId / "remarks" / question: QuestionId),
            MarkCopies,
            |path| path.and(app()).and(json()).then(scores::remark::put),
        ),
        Route::new(PUT, at!("api" / "copies" / copy: CopyId / "appreciation"), MarkCopies, |path| {
            path.and(app()).and(json()).then(scores::appreciation::put)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "finalize"), MarkCopies, |path| {
            path.and(app()).and(json()).then(copies::finalise::finalise)
        }),
        Route::new(
            POST,
            at!("api" / "copies" / copy: CopyId / "finalize" / "retry"),
            RetryFinalisations,
            |path| path.and(app()).and(json()).then(copies::retry_finalisation::retry),
        ),
        Route::new(GET, at!("api" / "copies" / copy: CopyId / "final-pdf"), ReadFinalPdfs, |path| {
            path.and(app()).then(copies::final_pdf::final_pdf)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "export"), ExportCopies, |path| {
            path.and(app()).and(json()).then(copies::export::export)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "correct"), CorrectGrades, |path| {
            path.and(app()).and(json()).then(copies::correct::correct)
        }),
        Route::new(POST, at!("api" / "copies" / copy: CopyId / "reopen"), CorrectGrades, |path| {
            path.and(app()).and(json()).then(copies::reopen::reopen)
        }),
        Route::new(GET, at!("api" / "results"), ReadOwnResults, |path| {
            path.and(app()).then(results::list::list)
        }),
        Route::new(GET, at!("api" / "results" / copy: CopyId), ReadOwnResults, |path| {
            path.and(app()).then(results::get::get)
        }),
        Route::new(GET, at!("api" / "results" / copy: CopyId / "final-pdf"), ReadOwnResults, |path| {
            path.and(app()).then(results::final_pdf::final_pdf)
        }),
        Route::new(POST, at!("api" / "subjects"), RegisterSubjects, |path| {
            path.and(app()).and(json()).then(subjects::register::register)
        }),
        Route::new(GET, at!("api" / "subjects"), ReadSubjects, |path| {
            path.and(query()).and(app()).then(subjects::list::list)
        }),
        Route::new(GET, at!("api" / "subjects" / subject: SubjectId), ReadSubjects, |path| {
            path.and(app()).then(subjects::get::get)
        }),
        Route::new(PATCH, at!("api" / "subjects" / subject: SubjectId), RegisterSubjects, |path| {
            path.and(app()).and(json()).then(subjects::rectify::rectify)
        }),
        Route::new(POST, at!("api" / "subjects" / subject: SubjectId / "holds"), HoldSubjects, |path| {
            path.and(app()).and(json()).then(subjects::hold::hold)
        }),
        Route::new(
            DELETE,
            at!("api" / "subjects" / subject: SubjectId / "holds" / hold: HoldId),
            HoldSubjects,
            |path| path.and(app()).and(json()).then(subjects::lift_hold::lift_hold),
        ),
        Route::new(POST, at!("api" / "subjects" / subject: SubjectId / "erasure"), EraseSubjects, |path| {
            path.and(app()).and(json()).then(subjects::request_erasure::request_erasure)
        }),
        Route::new(
            POST,
            at!("api" / "subjects" / subject: SubjectId / "erasure" / "approve"),
            EraseSubjects,
            |path| path.and(app()).and(json()).then(subjects::approve_erasure::approve_erasure),
        ),
        Route::new(DELETE, at!("api" / "subjects" / subject: SubjectId / "erasure"), EraseSubjects, |path| {
            path.and(app()).and(json()).then(subjects::withdraw_erasure::withdraw_erasure)
        }),
        Route::new(GET, at!("api" / "subjects" / subject: SubjectId / "export"), ExportSubjects, |path| {
            path.and(app()).then(subjects::export::export)
        }),
        Route::new(POST, at!("api" / "subjects" / subject: SubjectId / "tokens"), SignStudentsIn, |path| {
            path.and(app()).and(json()).then(subjects::give_token::give_token)
        }),
        Route::new(DELETE, at!("api" / "subjects" / subject: SubjectId / "tokens"), SignStudentsIn, |path| {
            path.and(app()).then(subjects::revoke_tokens::revoke_tokens)
        }),
        Route::new(
            PUT,
            at!("api" / "subjects" / subject: SubjectId / "references"),
            SignStudentsIn,
            |path| path.and(app()).and(json()).then(subjects::set_references::set_references),
        ),
        Route::new(GET, at!("api" / "me"), ReadApi, |path| path.and(call()).then(me::me)),
        Route::new(GET, at!("api" / "access-log"), ReadAccessLog, |path| {
            path.and(query()).and(app()).then(access_log::list)
        }),
    ]);
    routes.push(openapi::route(&routes));
    routes
}
