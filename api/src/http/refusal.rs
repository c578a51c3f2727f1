//! From an error of the application to a status and a code: the one place of it.

use domain::copy::{CopyError, LockConflict};
use domain::exam::ExamError;
use domain::operations::OperationsError;
use domain::scheme::InvalidScheme;
use domain::subject::SubjectError;
use http::StatusCode;
use projections::history::HistoryError;

use super::errors::ApiError;
use crate::app::{AppError, OtherEpoch, ViewError};

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let detail = error.to_string();
        match error {
            AppError::Copy { error, current_sequence } => of_copy(&error, detail, current_sequence),
            AppError::Exam { error, current_sequence } => of_exam(&error, detail, current_sequence),
            AppError::Operations { error, current_sequence } => {
                of_operations(&error, detail, current_sequence)
            }
            AppError::Subject { error, current_sequence } => of_subject(&error, detail, current_sequence),
            AppError::View(error) => of_view(&error, detail),
            AppError::AdminsOnly => Self::forbidden("admins_only", detail),
            AppError::LeadsOnly => Self::forbidden("leads_only", detail),
            AppError::NoSuch(_) | AppError::NotYours(_) => Self::not_found(detail),
            AppError::NotThere { code, current_sequence, .. } => {
                Self::conflict(code, detail).with("current_sequence", current_sequence)
            }
            AppError::Box(_) => Self::bad_request("box_outside_page", detail),
            AppError::Form { code, .. } => Self::bad_request(code, detail),
            AppError::Unprocessable { code, .. } => Self::unprocessable(code, detail),
            AppError::Erased(_) => Self::new(StatusCode::GONE, "erased", detail),
            AppError::KeyReused => Self::unprocessable("idempotency_key_reused", detail),
            AppError::Conflict { current_sequence } => {
                Self::conflict("conflict", detail).with("current_sequence", current_sequence)
            }
            AppError::Busy { retry_after } => Self::unavailable("busy", detail, retry_after),
            AppError::OutcomeUnknown { retry_after } => {
                Self::unavailable("outcome_unknown", detail, retry_after)
            }
            AppError::TooManyStreams { retry_after, .. } => {
                Self::unavailable("too_many_streams", detail, retry_after)
            }
            AppError::Behind(lag) => Self::new(StatusCode::GATEWAY_TIMEOUT, "view_behind", detail)
                .with("view", lag.view.name)
                .with("position", lag.position)
                .with("head", lag.head)
                .with("lag_events", lag.wanted - lag.position)
                .with("lag_ms", lag.lag_ms),
            AppError::OldCursor { epoch } => {
                Self::conflict("other_epoch", detail).with("epoch", epoch.to_string())
            }
            AppError::OtherEpoch(other) => of_epoch(&other, detail),
            AppError::PastHead { head, .. } => Self::conflict("other_epoch", detail).with("head", head),
            AppError::Unavailable { retry_after, source } => {
                Self::unavailable("unavailable", detail, retry_after).because(source)
            }
            AppError::ProcessTooOld { retry_after, newer } => {
                Self::unavailable("process_too_old", detail, retry_after).because(newer)
            }
            AppError::History(error) => of_history(&error, detail),
            AppError::Internal(cause) => Self::internal(cause),
        }
    }
}

fn of_epoch(other: &OtherEpoch, detail: String) -> ApiError {
    let answer = ApiError::conflict("other_epoch", detail).with("epoch", other.epoch.to_string());
    match other.next().zip(other.same_up_to) {
        Some((next, same_up_to)) => answer.with("same_up_to", same_up_to).with("next", next.to_string()),
        None => answer,
    }
}

fn of_copy(error: &CopyError, detail: String, current_sequence: u64) -> ApiError {
    let (status, code) = status_and_code(error);
    let answer = ApiError::new(status, code, detail);
    let answer = match error {
        CopyError::StaleRevision { current, .. } => answer.with("current_revision", *current),
        CopyError::Lock(LockConflict::AlreadyLocked { owner, expires_at }) => {
            answer.with("locked_by", owner.to_string()).with("locked_until", expires_at.to_string())
        }
        _ => answer,
    };
    with_sequence(answer, current_sequence)
}

const fn status_and_code(error: &CopyError) -> (StatusCode, &'static str) {
    use CopyError as E;
    const MALFORMED: StatusCode = StatusCode::BAD_REQUEST;
    const CONFLICT: StatusCode = StatusCode::CONFLICT;
    const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    match error {
        E::Absent | E::NoSuchAnnotation(_) => (StatusCode::NOT_FOUND, "not_found"),
        E::Ttl { .. } => (MALFORMED, "ttl_out_of_range"),
        E::BoxOutsidePage => (MALFORMED, "box_outside_page"),
        E::PointsOutOfRange => (MALFORMED, "points_out_of_range"),
        E::AnonymousIdTaken => (CONFLICT, "anonymous_id_taken"),
        E::Voided => (CONFLICT, "voided"),
        E::WrongStatus { .. } | E::NoLock { .. } => (CONFLICT, "wrong_status"),
        E::IdentifiedAlready => (CONFLICT, "identified_already"),
        E::NotIdentified => (CONFLICT, "not_identified"),
        E::NotAssigned => (CONFLICT, "not_assigned"),
        E::NotImported(_) => (CONFLICT, "not_imported"),
        E::StillTried { .. } => (CONFLICT, "still_tried"),
        E::NothingToRetry { .. } => (CONFLICT, "nothing_to_retry"),
        E::AttemptOver { .. } => (CONFLICT, "attempt_over"),
        E::NotExpired(_) => (CONFLICT, "lock_not_expired"),
        E::AnnotationExists(_) => (CONFLICT, "annotation_exists"),
        E::StaleRevision { .. } => (CONFLICT, "stale_revision"),
        E::NothingToCorrect { .. } => (CONFLICT, "nothing_to_correct"),
        E::OtherBasis { .. } => (CONFLICT, "other_basis"),
        E::NotTheFinalPdf { .. } => (CONFLICT, "not_the_final_pdf"),
        E::Lock(conflict) => of_lock(conflict),
        E::NoSuchPage { .. } => (UNPROCESSABLE, "no_such_page"),
        E::NoSuchQuestion(_) => (UNPROCESSABLE, "no_such_question"),
        E::OutsideScheme { .. } => (UNPROCESSABLE, "outside_scheme"),
        E::TooManyAnnotations(_) => (UNPROCESSABLE, "too_many_annotations"),
        E::ReplacedByItself => (UNPROCESSABLE, "replaced_by_itself"),
        E::Scheme(scheme) => (UNPROCESSABLE, of_scheme(scheme)),
        // Only workers meet these.
        E::NoPages
        | E::TooManyPages { .. }
        | E::EmptyPage { .. }
        | E::NotALabel { .. }
        | E::TooManyWarnings(_)
        | E::MissingPages { .. }
        | E::NoPdf => (UNPROCESSABLE, "refused_work"),
    }
}

/// Whose lock it is, and whether the token is its own, is a question of permission; the rest is one of timing.
const fn of_lock(conflict: &LockConflict) -> (StatusCode, &'static str) {
    match conflict {
        LockConflict::OwnerMismatch | LockConflict::TokenMismatch => {
            (StatusCode::FORBIDDEN, conflict.label())
        }
        LockConflict::AlreadyLocked { .. }
        | LockConflict::Expired
        | LockConflict::Missing
        | LockConflict::AlreadyGraded => (StatusCode::CONFLICT, conflict.label()),
    }
}

const fn of_scheme(error: &InvalidScheme) -> &'static str {
    match error {
        InvalidScheme::Count(_) => "question_count",
        InvalidScheme::Twice(_) => "question_twice",
        InvalidScheme::Maximum(_) => "question_maximum",
    }
}

/// Which moments there are is told beside the sentence, for programs.
fn of_history(error: &HistoryError, detail: String) -> ApiError {
    use HistoryError as E;
    match error {
        E::NoSuchCopy => ApiError::not_found(detail),
        E::NoSuchSequence { last, .. } => {
            ApiError::new(StatusCode::NOT_FOUND, "no_such_sequence", detail).with("last_sequence", *last)
        }
        E::BeforeBeginning { began_at, position } => {
            ApiError::new(StatusCode::NOT_FOUND, "not_begun", detail)
                .with("began_at", began_at.to_string())
                .with("began_position", *position)
        }
        E::SequenceZero => ApiError::bad_request("invalid_moment", detail),
        E::InTheFuture { now } => ApiError::bad_request("in_the_future", detail).with("now", now.to_string()),
        E::Backwards { .. } => ApiError::bad_request("backwards", detail),
        E::PastHead { head, .. } => ApiError::conflict("other_epoch", detail).with("head", *head),
        E::TooLong { events, most } => {
            ApiError::unprocessable("history_too_long", detail).with("events", *events).with("most", *most)
        }
        E::Fold { .. } | E::Replay(_) => ApiError::internal(detail),
    }
}

fn of_exam(error: &ExamError, detail: String, current_sequence: u64) -> ApiError {
    let (status, code) = match error {
        ExamError::Absent => (StatusCode::NOT_FOUND, "not_found"),
        ExamError::Exists => (StatusCode::CONFLICT, "exam_exists"),
        ExamError::Archived => (StatusCode::CONFLICT, "archived"),
        ExamError::NoScheme => (StatusCode::CONFLICT, "no_scheme"),
        ExamError::Enrolled(_) => (StatusCode::CONFLICT, "enrolled"),
        ExamError::NoGraders => (StatusCode::CONFLICT, "no_graders"),
        ExamError::NotEnrolled(_) => (StatusCode::NOT_FOUND, "not_found"),
        ExamError::Released => (StatusCode::CONFLICT, "released"),
        ExamError::NotReleased => (StatusCode::CONFLICT, "not_released"),
        ExamError::TooManyGraders(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_graders"),
        ExamError::Scheme(scheme) => (StatusCode::UNPROCESSABLE_ENTITY, of_scheme(scheme)),
    };
    with_sequence(ApiError::new(status, code, detail), current_sequence)
}

fn of_operations(error: &OperationsError, detail: String, current_sequence: u64) -> ApiError {
    let (status, code) = match error {
        OperationsError::Parked { .. } => (StatusCode::CONFLICT, "parked"),
        OperationsError::NotParked { .. } => (StatusCode::CONFLICT, "not_parked"),
        OperationsError::TooManyParked(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_parked"),
        OperationsError::NoPosition => (StatusCode::UNPROCESSABLE_ENTITY, "no_position"),
    };
    with_sequence(ApiError::new(status, code, detail), current_sequence)
}

fn of_subject(error: &SubjectError, detail: String, current_sequence: u64) -> ApiError {
    let (status, code) = match error {
        SubjectError::Absent | SubjectError::NoSuchHold(_) => (StatusCode::NOT_FOUND, "not_found"),
        SubjectError::Erased => (StatusCode::GONE, "erased"),
        SubjectError::SameAdmin => (StatusCode::FORBIDDEN, "same_admin"),
        SubjectError::Exists => (StatusCode::CONFLICT, "subject_exists"),
        SubjectError::Held(_) => (StatusCode::CONFLICT, "legal_hold"),
        SubjectError::HoldExists(_) => (StatusCode::CONFLICT, "hold_exists"),
        SubjectError::AlreadyRequested => (StatusCode::CONFLICT, "erasure_requested"),
        SubjectError::AlreadyApproved => (StatusCode::CONFLICT, "erasure_approved"),
        SubjectError::NotRequested => (StatusCode::CONFLICT, "erasure_not_requested"),
        SubjectError::NotApproved => (StatusCode::CONFLICT, "erasure_not_approved"),
        SubjectError::NotStarted => (StatusCode::CONFLICT, "erasure_not_started"),
        SubjectError::TooManyHolds => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_holds"),
        SubjectError::TooManyCopies => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_copies"),
    };
    with_sequence(ApiError::new(status, code, detail), current_sequence)
}

fn of_view(error: &ViewError, detail: String) -> ApiError {
    match error {
        ViewError::NotStopped { .. } => ApiError::conflict("not_stopped", detail),
        ViewError::StoppedByAnother { position, stream, .. } => {
            ApiError::conflict("stopped_by_another", detail)
                .with("position", *position)
                .with("stream_type", stream.sort.as_str())
                .with("stream_id", stream.id.to_string())
        }
        ViewError::NoStream { position, .. } => {
            ApiError::conflict("no_stream_to_park", detail).with("position", *position)
        }
        ViewError::NotParked { .. } => ApiError::conflict("not_parked", detail),
        ViewError::SaysWhatIsParked { .. } => ApiError::unprocessable("says_what_is_parked", detail),
    }
}

/// Where the stream stands helps only who was refused for that.
fn with_sequence(answer: ApiError, current_sequence: u64) -> ApiError {
    if answer.status() == StatusCode::CONFLICT {
        answer.with("current_sequence", current_sequence)
    } else {
        answer
    }
}
