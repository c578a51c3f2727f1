//! Exams as they stand: the scheme in force, who may mark, and whether the results are out.

use std::collections::{BTreeMap, HashMap};

use domain::exam::{Duty, Exam, ExamState, Scheme};
use domain::{ActorId, ExamCode, ExamId, Timestamp};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, Row};
use uuid::Uuid;

use super::page::{PageSize, Slice};
use super::row;
use crate::projector::{FoldError, Projector, ViewName};
use crate::refold::{begun_before, refold};
use crate::rows::{JsonRows, RowError, RowSink};
use crate::stream::{LedgerEvent, RecordedEvent, ReplayError, StreamId, StreamType};
use crate::table::{Made, Table, Tables};

/// The view. Version 1 had its graders without their duties; its tables are for the builds that read them.
pub const VIEW: ViewName = ViewName { name: "exams", version: 2 };

/// An exam as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExamRow {
    /// Which exam.
    pub exam: ExamId,
    /// The office's code of it.
    pub code: ExamCode,
    /// The scheme in force.
    pub scheme: Option<Scheme>,
    /// Who may mark it, and as what.
    pub graders: BTreeMap<ActorId, Duty>,
    /// Whether students may read their graded copies.
    pub released: bool,
    /// Whether it takes nothing more.
    pub archived: bool,
    /// How many events brought it there.
    pub sequence: u64,
    /// The position of its last event.
    pub position: i64,
    /// The position of its first event, along which lists are cut.
    pub created_position: i64,
    /// When its first event was recorded.
    pub created_at: Timestamp,
    /// When its last event was recorded.
    pub updated_at: Timestamp,
}

/// The exam, if the view has it.
///
/// # Errors
/// The database did not answer, or the row is not one that this build wrote.
pub async fn get(executor: impl PgExecutor<'_>, exam: ExamId) -> Result<Option<ExamRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM exams_v2 WHERE exam_id = $1").bind(exam.0).fetch_optional(executor).await
}

/// A page of exams, the oldest first, after the one whose `created_position` is `after`.
///
/// # Errors
/// As [`get`].
pub async fn list(
    executor: impl PgExecutor<'_>,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<ExamRow>, sqlx::Error> {
    let rows = sqlx::query_as(include_str!("list.sql"))
        .bind(after.unwrap_or(0))
        .bind(size.and_one())
        .fetch_all(executor)
        .await?;
    Ok(Slice::cut(rows, size, |exam: &ExamRow| exam.created_position))
}

/// The same of the exams that this grader is enrolled in.
///
/// # Errors
/// As [`get`].
pub async fn list_of_grader(
    executor: impl PgExecutor<'_>,
    grader: ActorId,
    after: Option<i64>,
    size: PageSize,
) -> Result<Slice<ExamRow>, sqlx::Error> {
    let rows = sqlx::query_as(include_str!("list_of_grader.sql"))
        .bind(after.unwrap_or(0))
        .bind(size.and_one())
        .bind(grader.to_string())
        .fetch_all(executor)
        .await?;
    Ok(Slice::cut(rows, size, |exam: &ExamRow| exam.created_position))
}

/// The fold.
#[derive(Debug)]
pub struct Exams;

/// An exam by the domain's own fold, and when it began and changed.
#[derive(Debug, Default)]
pub struct ExamStanding {
    exam: Exam,
    first: Option<(i64, Timestamp)>,
    last: Option<(i64, Timestamp)>,
}

impl Projector for Exams {
    const VIEW: ViewName = VIEW;
    const TABLES: &'static [Table] =
        &[Table { name: "exams_v2", key: &["exam_id"], made: Made::Rows { stream: "exam_id" } }];
    const FOLLOWS: &'static [StreamType] = &[StreamType::Exam];
    const HELD_BYTES: usize = 8 << 20;
    type State = ExamStanding;

    fn fold(state: &mut ExamStanding, recorded: &RecordedEvent) -> Result<(), FoldError> {
        let LedgerEvent::Exam(event) = &recorded.event else { return Ok(()) };
        if u64::try_from(recorded.sequence) != Ok(state.exam.sequence + 1) {
            return Err(FoldError::OutOfOrder { folded: state.exam.sequence, sequence: recorded.sequence });
        }
        let at = (recorded.position, recorded.recorded_at);
        state.first.get_or_insert(at);
        state.last = Some(at);
        state.exam.fold(event.clone());
        Ok(())
    }

    fn weight(state: &ExamStanding) -> usize {
        let session = state.exam.state.session();
        let questions =
            session.and_then(|session| session.scheme.as_ref()).map_or(0, |it| it.questions.len());
        let graders = session.map_or(0, |session| session.graders.len());
        size_of::<ExamStanding>() + questions * QUESTION_BYTES + graders * GRADER_BYTES
    }

    fn rows(stream: StreamId, state: &ExamStanding, rows: &mut impl RowSink) -> Result<(), RowError> {
        written(stream, state).map_or(Ok(()), |row| rows.row(EXAMS, &row))
    }

    async fn load(
        connection: &mut PgConnection,
        _tables: Tables,
        checkpoint: i64,
        events: &[&RecordedEvent],
    ) -> Result<HashMap<StreamId, ExamStanding>, ReplayError> {
        refold::<Self>(connection, &begun_before(events), checkpoint).await
    }

    async fn save(
        connection: &mut PgConnection,
        tables: Tables,
        changed: &[(StreamId, &ExamStanding)],
    ) -> Result<(), sqlx::Error> {
        let rows = JsonRows::of::<Self>(changed)?;
        let sql = tables.sql(include_str!("save.sql"));
        sqlx::query(&sql).bind(rows.array(EXAMS)?).execute(connection).await?;
        Ok(())
    }
}

/// The index of the only table.
const EXAMS: usize = 0;
/// What a question of a scheme takes in memory, its text included, in bytes.
const QUESTION_BYTES: usize = 64;
/// What a grader takes in a map, in bytes.
const GRADER_BYTES: usize = 32;

/// The columns as they are written, by name.
#[derive(Serialize)]
struct Written<'a> {
    exam_id: Uuid,
    code: &'a ExamCode,
    scheme: Option<&'a Scheme>,
    graders: &'a BTreeMap<ActorId, Duty>,
    released: bool,
    archived: bool,
    sequence: u64,
    position: i64,
    created_position: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

fn written(stream: StreamId, state: &ExamStanding) -> Option<Written<'_>> {
    let session = state.exam.state.session()?;
    let ((created_position, created_at), (position, updated_at)) = (state.first?, state.last?);
    Some(Written {
        exam_id: stream.uuid(),
        code: &session.code,
        scheme: session.scheme.as_ref(),
        graders: &session.graders,
        released: session.released,
        archived: matches!(state.exam.state, ExamState::Archived(_)),
        sequence: state.exam.sequence,
        position,
        created_position,
        created_at,
        updated_at,
    })
}

impl<'r> FromRow<'r, PgRow> for ExamRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            exam: ExamId(row.try_get("exam_id")?),
            code: row::parsed(row, "code")?,
            scheme: row::optional_json(row, "scheme")?,
            graders: row::json(row, "graders")?,
            released: row.try_get("released")?,
            archived: row.try_get("archived")?,
            sequence: row::unsigned(row, "sequence")?,
            position: row.try_get("position")?,
            created_position: row.try_get("created_position")?,
            created_at: row::timestamp(row, "created_at")?,
            updated_at: row::timestamp(row, "updated_at")?,
        })
    }
}
