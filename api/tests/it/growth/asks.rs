//! The requests of this test, with the indexes that answer them.

use fixtures::grown;
use http::Method;
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use super::MOST_ROWS;
use crate::routes::world::{Person, World, heard};

/// Rows for a page of fifty where one in ten is of it, and Postgres walks along them all.
const WALKED: f64 = 1_000.0;

/// A request, and how it is to be answered.
pub(super) struct Ask {
    pub(super) name: String,
    who: Person,
    method: Method,
    path: String,
    body: Option<Value>,
    /// Indexes that its statements use.
    pub(super) by: &'static [&'static str],
    /// Rows that one statement may visit.
    pub(super) most_rows: f64,
}

impl Ask {
    /// Sends it; what it is refused with is told.
    pub(super) async fn send(&self, world: &World) -> Option<String> {
        let mut request = world.ask(&self.who, self.method.clone(), &self.path);
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let said = heard(request).await;
        (said.status >= 300).then(|| format!("{}: {}", self.name, String::from_utf8_lossy(&said.bytes)))
    }
}

/// Every kind of list, at its beginning and from its middle on; what is read of one copy; and a command.
pub(super) async fn all(world: &World) -> Vec<Ask> {
    let middle = Middle::of(world).await;
    let (copy, exam) = (middle.copy, grown::exam(1));
    let mut asks = Vec::new();
    let mut read = |who: &Person, by: &'static [&'static str], most_rows: f64, path: String| {
        let who = Person { id: who.id, token: who.token.clone() };
        let name = format!("{} {path}", who.id);
        asks.push(Ask { name, who, method: Method::GET, path, body: None, by, most_rows });
    };
    let (admin, auditor) = (&world.admin, &world.auditor);
    let grader = super::known(world, grown::newcomer(), "Nova").await;
    let lead = super::known(world, grown::grader(1), "Lea").await;
    let clerk = world.clerk().await;

    for from in ["", middle.copies.as_str()] {
        for (list, by) in [
            ("", &["copies_v2_created"] as &[_]),
            // Nearly all are.
            ("&status=GRADED", &[]),
            ("&status=READY", &["copies_v2_status"]),
            ("&status=VOIDED", &["copies_v2_status"]),
        ] {
            read(admin, by, MOST_ROWS, format!("/api/copies?limit=50{list}{from}"));
        }
        // Of an exam that has a tenth of all copies, Postgres may walk over the others.
        for list in ["", "&status=GRADED"] {
            read(admin, &[], WALKED, format!("/api/exams/{exam}/copies?limit=50{list}{from}"));
        }
        for list in ["&status=READY", "&status=VOIDED"] {
            let by = &["copies_v2_exam_status"];
            read(admin, by, MOST_ROWS, format!("/api/exams/{exam}/copies?limit=50{list}{from}"));
        }
        for list in ["", "&status=GRADED", "&status=READY", "&status=VOIDED"] {
            read(&grader, &["exams_v2_graders"], MOST_ROWS, format!("/api/copies?limit=50{list}{from}"));
            read(&lead, &["copies_v2_created"], f64::MAX, format!("/api/copies?limit=50{list}{from}"));
            read(&grader, &[], MOST_ROWS, format!("/api/exams/{exam}/copies?limit=50{list}{from}"));
        }
        read(&clerk, &["subjects_v1_created"], MOST_ROWS, format!("/api/subjects?limit=50{from}"));
        read(admin, &["exams_v2_created"], MOST_ROWS, format!("/api/exams?limit=50{from}"));
    }
    read(&grader, &["exams_v2_graders"], MOST_ROWS, "/api/exams?limit=50".to_owned());

    read(auditor, &["audit_trail_v1_copy"], MOST_ROWS, format!("/api/copies/{copy}/audit"));
    read(auditor, &["audit_trail_v1_copy"], MOST_ROWS, format!("/api/copies/{copy}/audit?action=CREATE_ANN"));
    read(
        auditor,
        &["events_aggregate_type_aggregate_id_sequence_key"],
        MOST_ROWS,
        format!("/api/copies/{copy}/history"),
    );
    read(auditor, &["copies_v2_pkey"], MOST_ROWS, format!("/api/copies/{copy}"));
    read(auditor, &["annotations_v1_pkey"], MOST_ROWS, format!("/api/copies/{copy}/annotations"));
    read(&clerk, &["subjects_v1_pkey"], MOST_ROWS, format!("/api/subjects/{}", grown::subject(7)));
    read(
        &world.student(domain::SubjectId(grown::subject(7))).await,
        &["copies_v2_subject"],
        MOST_ROWS,
        "/api/results".to_owned(),
    );

    for from in ["", middle.accesses.as_str()] {
        read(auditor, &["access_log_pkey"], MOST_ROWS, format!("/api/access-log?limit=50{from}"));
        read(
            auditor,
            &["access_log_outcome"],
            MOST_ROWS,
            format!("/api/access-log?limit=50&outcome=refused{from}"),
        );
        read(
            auditor,
            &["access_log_copy"],
            MOST_ROWS,
            format!("/api/access-log?limit=50&copy_id={copy}{from}"),
        );
        let actor = grown::grader(1);
        read(
            auditor,
            // Of one who is behind each sixtieth row, Postgres may walk over the others.
            &[],
            f64::MAX,
            format!("/api/access-log?limit=50&actor_id={actor}{from}"),
        );
    }
    read(auditor, &["access_log_at_id"], MOST_ROWS, format!("/api/access-log?limit=50&until={}", middle.at));

    let events = ["events_pkey"].as_slice();
    read(auditor, events, 1_000.0, format!("/api/events?limit=50&after={}", middle.position));
    // So many positions are looked at, each with the first event of its stream.
    read(
        auditor,
        events,
        11_000.0,
        format!("/api/events?limit=50&type=CopyVoided&after={}", middle.position),
    );
    let of_copy = ["events_aggregate_type_aggregate_id_sequence_key"].as_slice();
    read(auditor, of_copy, MOST_ROWS, format!("/api/events?limit=50&copy={copy}"));
    read(admin, &["copies_v2_failed"], MOST_ROWS, "/api/status".to_owned());
    read(admin, &[], MOST_ROWS, "/api/projections".to_owned());

    asks.push(Ask {
        name: "a command".to_owned(),
        who: Person { id: world.admin.id, token: world.admin.token.clone() },
        method: Method::POST,
        path: format!("/api/exams/{exam}/scheme"),
        body: Some(json!({"questions": [{"id": "1", "maximum": 10}]})),
        // Whether its key was there before is found by the insert itself, which is no part of a plan.
        by: &["events_aggregate_type_aggregate_id_sequence_key", "events_pkey"],
        most_rows: MOST_ROWS,
    });
    asks
}

/// Where the lists are entered in their middle.
struct Middle {
    copies: String,
    accesses: String,
    at: String,
    position: i64,
    copy: Uuid,
}

impl Middle {
    async fn of(world: &World) -> Self {
        let epoch = world.app.ledger.epoch().await.unwrap();
        let copy = sqlx::query(
            "SELECT copy_id, created_position FROM copies_v2 WHERE exam_id = $1 AND status = 'GRADED' ORDER BY created_position \
             OFFSET (SELECT count(*) / 2 FROM copies_v2 WHERE exam_id = $1 AND status = 'GRADED') LIMIT 1",
        )
        .bind(grown::exam(1))
        .fetch_one(world.database.pool())
        .await
        .unwrap();
        let access = sqlx::query(
            "SELECT id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS at FROM access_log \
             ORDER BY id OFFSET (SELECT count(*) / 2 FROM access_log) LIMIT 1",
        )
        .fetch_one(&world.keys)
        .await
        .unwrap();
        let position: i64 = copy.get("created_position");
        Self {
            copies: format!("&cursor={epoch}.{position}"),
            accesses: format!("&cursor={epoch}.{}", access.get::<i64, _>("id")),
            at: access.get("at"),
            position,
            copy: copy.get("copy_id"),
        }
    }
}
