//! The events of the ledger over HTTP: in pages and as a stream.

mod ends;
mod many;
mod pages;
mod slow;
mod streams;

use std::sync::Arc;

use domain::copy::{CopyAction, ShownLock};
use domain::{CopyId, ExamId, LockId};
use futures::future::join_all;
use gradeledger::ledger::Ledger;
use http::Method;
use reqwest::RequestBuilder;
use sqlx::PgPool;
use uuid::Uuid;

use crate::office::{a_scan, act, pages_read, questions, score, someone};
use crate::routes::world::{Person, World};

/// A copy that takes scores, of an exam that nobody created: the ledger itself does not mind.
pub(crate) struct Marked {
    pub(crate) copy: CopyId,
    pub(crate) exam: ExamId,
    actor: domain::ActorId,
    shown: ShownLock,
}

impl Marked {
    pub(crate) async fn new(ledger: &Ledger) -> Self {
        let ((copy, scan), actor) = (a_scan(), someone());
        let CopyAction::RequestImport { exam, .. } = scan else { panic!("a scan is an import") };
        let lock = LockId(Uuid::now_v7());
        let steps = [
            scan,
            pages_read(),
            CopyAction::Validate { scheme_version: 1, questions: questions() },
            CopyAction::AcquireLock { lock, ttl_seconds: 3_600 },
        ];
        for step in steps {
            act(ledger, actor, copy, step, None, Vec::new()).await.unwrap();
        }
        Self { copy, exam, actor, shown: ShownLock::Of(lock) }
    }

    /// One event more.
    pub(crate) async fn score(&self, ledger: &Ledger, hundredths: i64) -> i64 {
        let scored =
            act(ledger, self.actor, self.copy, score(self.shown, hundredths), None, Vec::new()).await;
        scored.unwrap().last_position
    }
}

/// Appends `each` events to each of `copies` copies, many at once, and gives the last position.
pub(crate) async fn append(ledger: &Ledger, copies: usize, each: i64) -> i64 {
    let copies = join_all((0..copies).map(|_| Marked::new(ledger))).await;
    score_all(ledger, Arc::new(copies), each).await
}

pub(crate) async fn score_all(ledger: &Ledger, copies: Arc<Vec<Marked>>, each: i64) -> i64 {
    let marking = (0..copies.len()).map(|nth| {
        let (ledger, copies) = (ledger.clone(), Arc::clone(&copies));
        tokio::spawn(async move {
            for points in 1..=each {
                copies[nth].score(&ledger, points).await;
            }
        })
    });
    for done in join_all(marking).await {
        done.unwrap();
    }
    ledger.standing().await.unwrap().head
}

pub(crate) fn stream(world: &World, who: &Person, query: &str) -> RequestBuilder {
    world.ask(who, Method::GET, &format!("/api/events/stream{query}"))
}

/// What the table itself says of the positions that a condition holds for.
pub(crate) async fn positions_where(pool: &PgPool, condition: &str) -> Vec<i64> {
    sqlx::query_scalar(&format!("SELECT position FROM events WHERE {condition} ORDER BY position"))
        .fetch_all(pool)
        .await
        .unwrap()
}

/// The conditions that filters stand for, in words of SQL that know nothing of the feed's own.
pub(crate) fn filters(marked: &Marked, real: (ExamId, CopyId)) -> Vec<(String, String)> {
    let of_exam = |exam: ExamId| {
        format!(
            "(aggregate_id = '{exam}' OR aggregate_id IN (SELECT aggregate_id FROM events WHERE payload::jsonb @@ \
             '$.CopyImportRequested.exam == \"{exam}\"'))"
        )
    };
    let (exam, copy) = real;
    vec![
        (String::new(), "true".to_owned()),
        ("type=QuestionScored".to_owned(), "event_type = 'QuestionScored'".to_owned()),
        (
            "type=LockAcquired,ExamCreated".to_owned(),
            "event_type IN ('ExamCreated', 'LockAcquired')".to_owned(),
        ),
        ("type=CopyVoided".to_owned(), "false".to_owned()),
        (format!("exam={exam}"), of_exam(exam)),
        (format!("exam={}", marked.exam), of_exam(marked.exam)),
        (format!("exam={}", Uuid::nil()), "false".to_owned()),
        (format!("copy={copy}"), format!("aggregate_id = '{copy}'")),
        (
            format!("copy={}&type=QuestionScored", marked.copy),
            format!("aggregate_id = '{}' AND event_type = 'QuestionScored'", marked.copy),
        ),
        (
            format!("exam={}&type=CopyImported", marked.exam),
            format!("{} AND event_type = 'CopyImported'", of_exam(marked.exam)),
        ),
        (format!("exam={exam}&copy={}", marked.copy), "false".to_owned()),
    ]
}
