//! Streams that hold events in more than one version, and streams of which a later build has written a part.

use std::sync::Arc;

use cqrs_es::EventStore as _;
use cqrs_es::persist::PersistedEventStore;
use domain::exam::{Duty, Exam, ExamCommand, ExamError};
use domain::leaf::Content;
use domain::upcast::Upcaster;
use domain::{ActorId, ExamId, READER, Reader};
use gradeledger::ledger::verify::{Verdict, verify};
use gradeledger::ledger::{ExecuteError, Executed, Ledger, LedgerError, LedgerLimits, Order};
use postgres_es::PostgresEventRepository;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::office::{Office, by, someone};

const CALL: &str = "SELECT outcome FROM append_events(ARRAY[$1], ARRAY[gen_random_uuid()], ARRAY[NULL]::bytea[], \
                    ARRAY['null'], ARRAY[$2], ARRAY[$3], ARRAY[$4::bigint], ARRAY[NULL]::bytea[], ARRAY[1], ARRAY[$5], \
                    ARRAY[$6], ARRAY[$7], ARRAY[$8], ARRAY[$9], ARRAY[$10], '{}', '{}', '{}', '{}', '{}', '{}', '{}')";

/// Appends an event as another build would: through `append_events`, hashed, in a version of its own.
pub(crate) async fn append_as(
    pool: &PgPool,
    (aggregate_type, id): (&str, Uuid),
    (event_type, event_version): (&str, &str),
    payload: Value,
) {
    let sequence: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(sequence), 0) FROM events WHERE aggregate_type = $1 AND aggregate_id = $2",
    )
    .bind(aggregate_type)
    .bind(id.to_string())
    .fetch_one(pool)
    .await
    .unwrap();
    let (actor, event_id) = (Uuid::now_v7(), Uuid::now_v7());
    let metadata = json!({
        "actor_id": actor, "actor_role": "admin", "request_id": "another-build", "command_id": Uuid::now_v7(),
    });
    let (payload, metadata, aggregate_id) = (payload.to_string(), metadata.to_string(), id.to_string());
    let content = Content {
        event_id,
        aggregate_type,
        aggregate_id: &aggregate_id,
        sequence: sequence + 1,
        event_type,
        event_version,
        metadata: &metadata,
        payload: &payload,
    };
    let outcome: String = sqlx::query_scalar(CALL)
        .bind(actor)
        .bind(aggregate_type)
        .bind(&aggregate_id)
        .bind(sequence)
        .bind(event_id)
        .bind(event_type)
        .bind(event_version)
        .bind(&payload)
        .bind(&metadata)
        .bind(content.hash().0.to_vec())
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(outcome, "applied");
}

/// The reader of the build to come.
pub(crate) const LATER: i32 = READER + 1;

/// What its migration adds: a shape.
pub(crate) async fn ships(pool: &PgPool, [aggregate_type, event_type, event_version]: [&str; 3]) {
    sqlx::query("INSERT INTO event_shapes VALUES ($1, $2, $3, $4)")
        .bind(aggregate_type)
        .bind(event_type)
        .bind(event_version)
        .bind(LATER)
        .execute(pool)
        .await
        .unwrap();
}

fn enrolment(grader: ActorId) -> Value {
    json!({ "GraderEnrolled": { "grader": grader } })
}

async fn enrol(
    ledger: &Ledger,
    exam: ExamId,
    grader: ActorId,
    duty: Duty,
) -> Result<Executed<Exam>, ExecuteError<ExamError>> {
    let order = Order::<Exam> {
        by: by(someone()),
        idempotency: None,
        vault: Vec::new(),
        command: &|_| ExamCommand::EnrolGrader { grader, duty },
        answer: &|_| Value::Null,
    };
    ledger.execute(exam.0, order).await
}

#[tokio::test]
async fn a_stream_of_mixed_versions_is_decided_on_loaded_by_the_stock_store_and_sound() {
    let office = Office::open().await;
    let exam = office.create_exam().await;
    let (first, lead, last) = (someone(), someone(), someone());
    let before_duties = async |grader| {
        append_as(office.pool(), ("Exam", exam.0), ("GraderEnrolled", "1"), enrolment(grader)).await;
    };
    before_duties(first).await;
    // The cache of this process is behind: it decides again on what the other has written.
    enrol(&office.ledger, exam, lead, Duty::Lead).await.unwrap();
    before_duties(last).await;
    let refused = enrol(&office.ledger, exam, last, Duty::Lead).await.unwrap_err();
    assert!(matches!(
        refused,
        ExecuteError::Refused { refusal: ExamError::Enrolled(grader), .. } if grader == last
    ));

    let versions: Vec<String> = sqlx::query_scalar(
        "SELECT event_version FROM events WHERE event_type = 'GraderEnrolled' ORDER BY position",
    )
    .fetch_all(office.pool())
    .await
    .unwrap();
    assert_eq!(versions, ["1", "2", "1"]);
    let repository = PostgresEventRepository::new(office.pool().clone());
    let stock = PersistedEventStore::<_, Exam>::new_event_store(repository)
        .with_upcasters(vec![Box::new(Upcaster { aggregate_type: "Exam" })]);
    let loaded = stock.load_aggregate(&exam.to_string()).await.unwrap().aggregate;
    let ours = Ledger::open(office.pool().clone(), LedgerLimits::default()).await.unwrap();
    let ours = ours.load::<Exam>(exam.0).await.unwrap();
    assert_eq!(loaded, *ours.state);
    let graders = &loaded.state.session().unwrap().graders;
    assert_eq!((graders[&first], graders[&lead], graders[&last]), (Duty::Marker, Duty::Lead, Duty::Marker));
    assert_eq!((graders.len(), ours.sequence), (3, 4));

    // Hashes are over what was written, whatever it is read as.
    let verdict = verify(office.pool(), 2, Arc::new(|_, _| {})).await.unwrap();
    assert_eq!(verdict, Verdict::Sound { events: 4 });
}

#[tokio::test]
async fn a_stream_that_a_later_build_wrote_in_is_refused_as_such_and_one_that_nobody_could_write_is_not() {
    let office = Office::open().await;
    let (later, damaged) = (office.create_exam().await, office.create_exam().await);
    ships(office.pool(), ["Exam", "GraderEnrolled", "3"]).await;
    let grader = someone();
    // Its fields are those of version 2 and one more, so that a reader who asks for no version would take it for that.
    let payload = json!({ "GraderEnrolled": { "grader": grader, "duty": "LEAD", "until": "2026-12-24" } });
    append_as(office.pool(), ("Exam", later.0), ("GraderEnrolled", "3"), payload.clone()).await;
    append_as(office.pool(), ("Exam", damaged.0), ("GraderEnrolled", "4"), payload).await;
    let error = office.ledger.load::<Exam>(later.0).await.unwrap_err();
    let LedgerError::TooOld(newer) = &error else { panic!("{error}") };
    assert_eq!(
        (newer.event_version.as_str(), newer.needs, newer.reader),
        ("3", Reader(LATER), Reader(READER))
    );
    assert_eq!((newer.position, newer.stream.as_str()), (3, format!("Exam {later}").as_str()));
    // Deciding on it is refused as well, though this process has a state of the exam from before in its cache.
    let refused = enrol(&office.ledger, later, someone(), Duty::Marker).await.unwrap_err();
    assert!(matches!(refused, ExecuteError::Ledger(LedgerError::TooOld(_))), "{refused}");
    let error = office.ledger.load::<Exam>(damaged.0).await.unwrap_err();
    assert!(matches!(error, LedgerError::Unreadable { .. }), "{error}");
}
