//! Events that views cannot fold, put into a ledger past its rules.

use domain::copy::{CopyEvent, Mark, MarkKind};
use domain::{AnnotationId, CopyId, Metadata, PageBox, Role};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::office::someone;

/// The removal of a mark that was never made: `annotations` cannot fold it, and every other view can. Gives its position.
pub(crate) async fn tear(pool: &PgPool, copy: CopyId) -> i64 {
    let event = CopyEvent::AnnotationRemoved {
        annotation: AnnotationId(Uuid::now_v7()),
        from_revision: 1,
        before: Mark {
            area: PageBox { x: 0, y: 0, width: 1_000, height: 1_000 },
            kind: MarkKind::Comment,
            points: None,
            question: None,
            text: None,
        },
    };
    append(pool, copy, event.type_name(), json!(event)).await
}

async fn append(pool: &PgPool, copy: CopyId, event_type: &str, payload: serde_json::Value) -> i64 {
    let metadata = Metadata {
        actor_id: someone(),
        actor_role: Role::Grader,
        request_id: "a-torn-event".to_owned(),
        command_id: Uuid::now_v7(),
        causation_id: None,
        traceparent: None,
    };
    let mut transaction = pool.begin().await.unwrap();
    // As an append does, so that no position is given twice.
    sqlx::query("SELECT FROM ledger_head FOR UPDATE").execute(&mut *transaction).await.unwrap();
    let position = sqlx::query_scalar(include_str!("torn.sql"))
        .bind(copy.to_string())
        .bind(event_type)
        .bind(payload)
        .bind(json!(metadata))
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    position
}
