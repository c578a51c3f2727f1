//! What the log of accesses is told of a request: made when its route is found, ended when its answer is known, and asked for
//! every route alike.
//!
//! Architecture invariant: an answer that is to be recorded leaves here when its row is committed or queued, and not before. Of a
//! stream that is before its first byte.

use domain::access::Act;
use domain::{CopyId, ExamId, SubjectId};
use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;
use warp::Reply as _;
use warp::reply::Response;

use super::answer::IsRead;
use super::call::Call;
use super::errors::ApiError;
use super::request_id::RequestId;
use super::route::Route;
use super::table::named;
use crate::access_log::{Access, AccessLog, Keeping, Outcome, Said, SealedReason, Unrecorded};
use crate::app::AppError;
use crate::tokens::Actor;

/// Stands in the extensions of an answer to a caller who was recognised, for the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfKnown;

/// A request as the log of accesses sees it.
pub(super) struct Visit {
    act: Act,
    keeping: Keeping,
    method: &'static str,
    route: &'static str,
    copy: Option<CopyId>,
    exam: Option<ExamId>,
    subject: Option<SubjectId>,
    request_id: RequestId,
    shows_token: bool,
    caller: Option<Actor>,
    is_not_theirs: bool,
    reason: Option<SealedReason>,
}

impl Visit {
    /// Of this route.
    pub(super) fn of((method, route): (&'static str, &Route), parts: &Parts, request_id: &RequestId) -> Self {
        let id = |parameter| named(route.template(), parts.uri.path(), parameter)?.parse().ok();
        Self {
            act: route.act(),
            keeping: route.keeping(),
            method,
            route: route.template(),
            copy: id("{copy}").map(CopyId),
            exam: id("{exam}").map(ExamId),
            subject: id("{subject}").map(SubjectId),
            request_id: request_id.clone(),
            shows_token: parts.headers.contains_key(AUTHORIZATION),
            caller: None,
            is_not_theirs: false,
            reason: None,
        }
    }

    /// The caller was recognised.
    pub(super) const fn by(&mut self, caller: Actor) {
        self.caller = Some(caller);
    }

    /// The door refused: what is not the caller's is answered like what is not there, and is told from it here alone.
    pub(super) const fn turned_away(&mut self, error: &AppError) {
        self.is_not_theirs = matches!(error, AppError::NotYours(_) | AppError::NoSuch(_));
    }

    /// Takes the reason in, where one was given: sealed before anything is opened for it. It opens the texts of one copy, to
    /// those who may open texts.
    pub(super) async fn says_why(&mut self, call: &Call, log: &AccessLog) -> Result<(), ApiError> {
        let Some(reason) = &call.access_reason else { return Ok(()) };
        if !call.actor.may(Act::OpenTexts) {
            let detail = format!(
                "a reason opens nothing to the role {}: what it may read it reads without; leave X-Access-Reason out",
                call.actor.role
            );
            return Err(ApiError::forbidden("reason_opens_nothing", detail));
        }
        if self.copy.is_none() || self.act.writes() {
            let detail = "a reason opens the texts of one copy, for reading: ask for each copy by itself, or leave X-Access-Reason out";
            return Err(ApiError::bad_request("reason_without_copy", detail));
        }
        let said = Said { actor: call.actor.id, request_id: self.request_id.as_str(), copy: self.copy };
        let sealed = log.seal(said, reason.as_str()).await;
        self.reason = Some(sealed.map_err(|error| unavailable(log, error.into()))?);
        Ok(())
    }

    /// The answer, once the log has what it is to have of it; or that it cannot be given.
    pub(super) async fn recorded(mut self, log: &AccessLog, mut response: Response) -> Response {
        // Of a write there is an event, and of one that appended nothing there is none.
        if response.extensions_mut().remove::<IsRead>().is_some() && self.keeping == Keeping::Nothing {
            self.keeping = Keeping::Queued;
        }
        let status = response.status();
        let code = response.extensions().get::<ApiError>().map(ApiError::code);
        let (outcome, keeping) = self.outcome(status);
        let access = Access {
            caller: self.caller.map(|caller| (caller.id, caller.role)),
            what: Some((self.act, self.method, self.route)),
            copy: self.copy,
            exam: self.exam,
            subject: self.subject,
            outcome,
            answered: Some((status.as_u16(), code)),
            request_id: Some(self.request_id.as_str().to_owned()),
            times: 1,
            reason: self.reason,
        };
        let is_known = self.caller.is_some();
        let recorded = match (outcome, keeping) {
            (_, Keeping::Nothing) => Ok(()),
            (Outcome::Refused, _) => {
                log.refusal(access);
                Ok(())
            }
            (_, Keeping::Queued) => log.queue(access).await,
            (_, Keeping::Committed) => log.commit(access).await,
        };
        let mut response = match recorded {
            Ok(()) => response,
            Err(error) => unavailable(log, error).into_response(),
        };
        if is_known {
            response.extensions_mut().insert(OfKnown);
        }
        response
    }

    /// How it ended, and how surely that is to be recorded.
    fn outcome(&self, status: StatusCode) -> (Outcome, Keeping) {
        let has_said_why = self.reason.is_some();
        let refused = match status {
            // A token that is none any more or never was, or of somebody without a role; too many of them are told otherwise.
            // Without one nobody has tried anything yet.
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS
                if self.caller.is_none() =>
            {
                self.shows_token
            }
            StatusCode::FORBIDDEN => true,
            StatusCode::NOT_FOUND => self.is_not_theirs,
            _ => false,
        };
        match status {
            _ if refused => (Outcome::Refused, Keeping::Queued),
            _ if status.is_success() || status.is_redirection() => {
                (Outcome::Shown, if has_said_why { Keeping::Committed } else { self.keeping })
            }
            _ if has_said_why => (Outcome::Failed, Keeping::Committed),
            _ => (Outcome::Failed, Keeping::Nothing),
        }
    }
}

fn unavailable(log: &AccessLog, error: Unrecorded) -> ApiError {
    let detail = "this is shown to nobody unless it is recorded who read it, and the log of accesses cannot be written just now; \
                  repeat after the time that Retry-After names";
    ApiError::unavailable("access_log_unavailable", detail, log.retry_after()).because(error)
}
